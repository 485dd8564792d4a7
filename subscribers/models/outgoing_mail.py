"""Mails that go to one person each: the columns by which they are sent once, and service mails."""

from django.db import models
from django.db.models import SET_NULL
from django.utils import timezone

from subscribers import addresses, tokens


class OutgoingMail(models.Model):
    """A row that asks for a mail. How far it has come stands here and nowhere else; see ``outbox.py``."""

    class MailState(models.TextChoices):
        """What became of its mail."""

        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        SKIPPED = "skipped", "None needed"
        REFUSED = "refused", "Refused by its mail server"
        GIVEN_UP = "given_up", "Given up"

    public_id = models.CharField(max_length=24, unique=True, default=tokens.nobody, editable=False)
    mail_state = models.CharField(max_length=8, choices=MailState, default=MailState.WAITING)
    due_at = models.DateTimeField(default=timezone.now, editable=False)
    # When due_at was written: in the future, it was by a clock that was set back since.
    due_set_at = models.DateTimeField(default=timezone.now, editable=False)
    # The worker that is sending it. It is that worker's own as long as the worker has a heartbeat.
    claimed_by = models.CharField(max_length=32, blank=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    # Whether it took the one mail a day that its address may get.
    counted = models.BooleanField(default=False, editable=False)
    # Whether a process died while sending it.
    interrupted = models.BooleanField(default=False, editable=False)
    mailed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True


class ServiceMail(OutgoingMail):
    """A mail to a subscriber that follows from what they did: written anew when it is sent, never kept."""

    class Kind(models.TextChoices):
        WELCOME = "welcome", "Welcome"
        LEFT = "left", "You have left"
        MOVED = "moved", "Your address was changed"

    kind = models.CharField(max_length=7, choices=Kind)
    subscriber = models.ForeignKey("Subscriber", on_delete=models.CASCADE, related_name="service_mails")
    asked_at = models.DateTimeField("asked", default=timezone.now, db_index=True)
    # Where it goes, if not to the subscriber's own address; emptied once it is settled.
    address = models.CharField(max_length=addresses.MAX_LENGTH, blank=True)
    # The tip that a welcome names, in the ledger.
    delivery = models.OneToOneField("Delivery", null=True, on_delete=SET_NULL, related_name="service_mail")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["mail_state", "id"], name="service_mail_by_state")]

    def __str__(self) -> str:
        return f"Service mail {self.pk}"

    @property
    def address_folded(self) -> str:
        """The address it goes to, in the form in which addresses are compared."""
        return addresses.folded(self.to)

    @property
    def to(self) -> str:
        """The address it goes to."""
        return self.address or self.subscriber.address
