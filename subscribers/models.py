"""People who asked, and only they: what is kept of them, and why somebody gets nothing."""

import secrets

from django.db import models
from django.db.models import Q
from django.utils import timezone

from subscribers import addresses, tokens


def new_handle():
    """Return a random name for a row, for use in links."""
    return secrets.token_urlsafe(12)


class SignupRequest(models.Model):
    """An address that somebody typed. Nothing follows from it until its owner confirms; else it vanishes."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        USED = "used", "Used"

    class Mail(models.TextChoices):
        """What became of its confirmation mail."""

        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        SKIPPED = "skipped", "None needed"
        REFUSED = "refused", "Refused by its mail server"
        GIVEN_UP = "given_up", "Given up"

    handle = models.CharField(max_length=24, unique=True, default=new_handle, editable=False)
    address = models.CharField(max_length=addresses.MAX_LENGTH)
    folded = models.CharField(max_length=addresses.MAX_LENGTH, db_index=True, editable=False)
    first_name = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=4, choices=State, default=State.OPEN)
    asked_at = models.DateTimeField("asked", default=timezone.now, db_index=True)
    wording_version = models.PositiveSmallIntegerField()
    wording = models.TextField(help_text="What the form said that the person agrees to.")
    page = models.CharField(max_length=200, blank=True, help_text="The page on which the form stood.")
    region = models.CharField(max_length=50, blank=True, help_text="The network it came from, cut short.")

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
        ordering = ["-id"]
        indexes = [models.Index(fields=["mail", "id"], name="signup_by_mail")]
        verbose_name = "sign-up request"

    def __str__(self):
        return f"Sign-up request {self.pk}"

    def save(self, *args, **kwargs):
        self.folded = addresses.folded(self.address)
        super().save(*args, **kwargs)

    @property
    def token(self):
        """A new token for the link that confirms."""
        return tokens.make(tokens.Purpose.CONFIRM, self.handle)


class SubscriberQuerySet(models.QuerySet):
    def confirmed(self):
        """Return those who confirmed and have not left. Whether mail may go is asked of suppressions too."""
        return self.filter(state=Subscriber.State.CONFIRMED)


class Subscriber(models.Model):
    """One address whose owner said, by mail, that they want the tips."""

    class State(models.TextChoices):
        CONFIRMED = "confirmed", "Confirmed"
        LEFT = "left", "Left"

    handle = models.CharField(max_length=24, unique=True, default=new_handle, editable=False)
    address = models.CharField(max_length=addresses.MAX_LENGTH)
    folded = models.CharField(max_length=addresses.MAX_LENGTH, unique=True, editable=False)
    first_name = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.CONFIRMED, db_index=True)
    joined_at = models.DateTimeField("joined", default=timezone.now)
    left_at = models.DateTimeField("left", null=True, blank=True)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="subscriber_left_has_a_time",
                condition=Q(state="confirmed", left_at__isnull=True) | Q(state="left", left_at__isnull=False),
            )
        ]

    def __str__(self):
        return f"Subscriber {self.pk}"

    def save(self, *args, **kwargs):
        self.folded = addresses.folded(self.address)
        super().save(*args, **kwargs)

    @property
    def leave_token(self):
        """A new token for the link that leaves."""
        return tokens.make(tokens.Purpose.LEAVE, self.handle)


class Suppression(models.Model):
    """One reason why an address gets nothing. It names the address by a keyed hash only."""

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        BOUNCED = "bounced", "Bounced"
        COMPLAINED = "complained", "Complained"
        BLOCKED = "blocked", "Blocked"
        ERASED = "erased", "Erased"

    key = models.CharField(max_length=64, editable=False)
    reason = models.CharField(max_length=12, choices=Reason)
    since = models.DateTimeField(default=timezone.now)
    evidence = models.CharField(max_length=200, blank=True, help_text="How we know; no personal data.")

    class Meta:
        ordering = ["-since"]
        constraints = [models.UniqueConstraint("key", "reason", name="suppressed_once_a_reason")]

    def __str__(self):
        return f"{self.get_reason_display()} since {self.since:%Y-%m-%d}"


class ConsentEvent(models.Model):
    """What a person agreed to or withdrew, in the words they saw. Rows are added, never changed."""

    class Kind(models.TextChoices):
        CONFIRMED = "confirmed", "Confirmed"
        LEFT = "left", "Left"

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="consents")
    kind = models.CharField(max_length=9, choices=Kind)
    at = models.DateTimeField(default=timezone.now)
    asked_at = models.DateTimeField("asked", null=True)
    wording_version = models.PositiveSmallIntegerField(null=True)
    wording = models.TextField(blank=True)
    page = models.CharField(max_length=200, blank=True)
    region = models.CharField("coarse origin", max_length=50, blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self):
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"

    def save(self, *args, **kwargs):
        if self.pk is not None:
            raise TypeError("A consent event is a record; add a new one instead of changing it.")
        super().save(*args, **kwargs)
