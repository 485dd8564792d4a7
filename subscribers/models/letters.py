"""Mails that go to one person each: the columns by which they are sent once, and the letters."""

from django.db import models
from django.utils import timezone

from subscribers import addresses, tokens


def new_handle():
    """Return a random name for a row, for use in links."""
    return tokens.nobody()


class Outgoing(models.Model):
    """A row that asks for a mail. How far it has come stands here and nowhere else; see ``outbox.py``."""

    class Mail(models.TextChoices):
        """What became of its mail."""

        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        SKIPPED = "skipped", "None needed"
        REFUSED = "refused", "Refused by its mail server"
        GIVEN_UP = "given_up", "Given up"

    handle = models.CharField(max_length=24, unique=True, default=new_handle, editable=False)
    mail = models.CharField(max_length=8, choices=Mail, default=Mail.WAITING)
    due_at = models.DateTimeField(default=timezone.now, editable=False)
    claimed_at = models.DateTimeField(null=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    # Whether it took the one mail a day that its address may get.
    counted = models.BooleanField(default=False, editable=False)
    # Whether a process died while sending it.
    interrupted = models.BooleanField(default=False, editable=False)
    mailed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True


class Letter(Outgoing):
    """A mail to a subscriber that follows from what they did: written anew when it is sent, never kept."""

    class Kind(models.TextChoices):
        WELCOME = "welcome", "Welcome"
        LEFT = "left", "You have left"
        MOVED = "moved", "Your address was changed"

    kind = models.CharField(max_length=7, choices=Kind)
    subscriber = models.ForeignKey("Subscriber", on_delete=models.CASCADE, related_name="letters")
    asked_at = models.DateTimeField("asked", default=timezone.now, db_index=True)
    # Where it goes, if not to the subscriber's own address; emptied once it is settled.
    address = models.CharField(max_length=addresses.MAX_LENGTH, blank=True)
    # The tip that a welcome names, in the ledger.
    delivery = models.OneToOneField("Delivery", null=True, on_delete=models.SET_NULL)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["mail", "id"], name="letter_by_mail")]

    def __str__(self):
        return f"Letter {self.pk}"

    @property
    def folded(self):
        """The address it goes to, in the form in which addresses are compared."""
        return addresses.folded(self.to)

    @property
    def to(self):
        """The address it goes to."""
        return self.address or self.subscriber.address
