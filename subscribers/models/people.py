"""Subscribers, what they agreed to, and why an address gets nothing."""

from datetime import date
from typing import Any

from django.db import models
from django.db.models import CheckConstraint, Exists, Index, OuterRef, Q
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.functional import cached_property

from subscribers import addresses, tokens
from tips import dates


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def confirmed(self) -> "SubscriberQuerySet":
        """Return those who confirmed and have not left. Whether mail may go is asked of suppressions too."""
        return self.filter(state=Subscriber.State.CONFIRMED)

    def reachable(self, on: date) -> "SubscriberQuerySet":
        """Return those to whom mail may go on a day: confirmed, not paused, and not suppressed."""
        reasons = Suppression.objects.filter(address_hash=OuterRef("address_hash"))
        awake = Q(paused_until=None) | Q(paused_until__lte=on)
        return self.confirmed().filter(awake, ~Exists(reasons))


class Subscriber(models.Model):
    """One address whose owner said, by mail, that they want the tips."""

    class State(models.TextChoices):
        CONFIRMED = "confirmed", "Confirmed"
        LEFT = "left", "Left"

    class Source(models.TextChoices):
        FORM = "form", "Sign-up form"
        IMPORT = "import", "Import"

    public_id = models.CharField(max_length=24, unique=True, default=tokens.nobody, editable=False)
    address = models.CharField(max_length=addresses.MAX_LENGTH)
    address_folded = models.CharField(max_length=addresses.MAX_LENGTH, unique=True, editable=False)
    # By which suppressions know the address; see addresses.keyed_hash.
    address_hash = models.CharField(max_length=64, unique=True, editable=False)
    first_name = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.CONFIRMED, db_index=True)
    source = models.CharField(max_length=6, choices=Source, default=Source.FORM)
    joined_at = models.DateTimeField("joined", default=timezone.now, db_index=True)
    left_at = models.DateTimeField("left", null=True, blank=True)
    paused_until = models.DateField(
        null=True, blank=True, help_text="No tip is sent before this day, on which they begin again."
    )

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            CheckConstraint(
                name="subscriber_left_has_a_time",
                condition=Q(state="confirmed", left_at__isnull=True) | Q(state="left", left_at__isnull=False),
            )
        ]
        permissions = [
            (f"{verb}_subscriber", f"Can {verb} subscribers") for verb in ("export", "import", "erase")
        ]

    def __str__(self) -> str:
        return f"Subscriber {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.address_folded = addresses.folded(self.address)
        self.address_hash = addresses.keyed_hash(self.address)
        super().save(*args, **kwargs)

    @cached_property
    def suppressions(self) -> list["Suppression"]:
        """Why the address gets nothing, the oldest reason first. Lists fill this in for a page."""
        return list(Suppression.objects.filter(address_hash=self.address_hash).order_by("since"))

    def is_paused(self, on: date) -> bool:
        """Tell whether no tip is sent to them on a day."""
        return self.paused_until is not None and self.paused_until > on

    @property
    def leave_token(self) -> str:
        """A new token for the link that leaves."""
        return tokens.make(tokens.Purpose.LEAVE, self.public_id)


class Suppression(models.Model):
    """One reason why an address gets nothing. It names the address by a keyed hash only."""

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        BOUNCED = "bounced", "Bounced"
        COMPLAINED = "complained", "Complained"
        BLOCKED = "blocked", "Blocked"
        ERASED = "erased", "Erased"

    address_hash = models.CharField(max_length=64, editable=False)
    reason = models.CharField(max_length=12, choices=Reason)
    since = models.DateTimeField(default=timezone.now)
    evidence = models.CharField(max_length=200, blank=True, help_text="How we know; no personal data.")
    # Whether the journal outside the database has it; the clock writes there what is not.
    journaled = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["-since"]
        constraints = [models.UniqueConstraint("address_hash", "reason", name="suppressed_once_a_reason")]
        indexes = [Index(fields=["id"], name="suppression_not_journaled", condition=Q(journaled=False))]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} since {dates.short_day(self.since)}"


class ConsentEvent(models.Model):
    """What a person agreed to or withdrew, in the words they saw. Rows are added, never changed."""

    class Kind(models.TextChoices):
        CONFIRMED = "confirmed", "Confirmed"
        IMPORTED = "imported", "Brought over"
        LEFT = "left", "Left"
        RETURNED = "returned", "Undid leaving"
        MOVED = "moved", "Changed address"

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="consents")
    kind = models.CharField(max_length=9, choices=Kind)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    asked_at = models.DateTimeField("asked", null=True)
    wording_version = models.PositiveSmallIntegerField(null=True)
    wording = models.TextField(blank=True)
    page = models.CharField(max_length=200, blank=True)
    region = models.CharField("coarse origin", max_length=50, blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {dates.short(self.at)}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("A consent event is a record; add a new one instead of changing it.")
        super().save(*args, **kwargs)


def new_receipt() -> str:
    """Return a random number for a receipt, in signs that nobody mistakes when reading it out."""
    return "-".join(get_random_string(4, "23456789ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(3))


class Erasure(models.Model):
    """The receipt of an erasure: that somebody was erased, when, and from which places. Names nobody."""

    number = models.CharField(max_length=14, unique=True, default=new_receipt, editable=False)
    at = models.DateTimeField(default=timezone.now)
    was_confirmed = models.BooleanField()
    # {place: how many things were deleted there}
    places = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Erasure {self.number}"
