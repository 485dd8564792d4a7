"""The ledger: what was mailed to whom.

A mailing is prepared, shown, frozen and sent by ``subscribers.mailings`` and ``subscribers.delivery``; here
stand the rows and what the database holds them to.
"""

from django.conf import settings
from django.db import models
from django.db.models import CASCADE, PROTECT, SET_NULL, CheckConstraint, Index, Q, UniqueConstraint
from django.utils import timezone
from django.utils.functional import cached_property

from subscribers.models.delivery_counts import DeliveryCount
from tips.models import Tip


class Mailing(models.Model):
    """A tip on its way to everyone, or a correction of one that was."""

    class Kind(models.TextChoices):
        TIP = "tip", "Tip"
        CORRECTION = "correction", "Correction"

    class State(models.TextChoices):
        PREPARED = "prepared", "Prepared"
        BUILDING = "building", "Being built"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        PAUSED = "paused", "Paused"
        CANCELLED = "cancelled", "Cancelled"
        HELD = "held", "Held"

    class Cause(models.TextChoices):
        """Why it stands still, where the program goes by that: ``reason`` beside it is for people."""

        # It may have been mailed, or have gone on, after the backup that this database was restored from.
        RESTORED = "restored", "Restored from a backup"

    # Something is still to come of it, or may be.
    UNFINISHED = (State.PREPARED, State.HELD, State.BUILDING, State.SENDING, State.PAUSED)
    # What is uncertain of it may be sent once more.
    SENDS_AGAIN = (State.SENDING, State.SENT, State.PAUSED)
    # The value of audience_up_to when everybody has their row: no id is larger.
    ALL = 2**63 - 1

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TIP)
    tip = models.ForeignKey(Tip, on_delete=PROTECT, related_name="mailings")
    corrects = models.ForeignKey("self", null=True, blank=True, on_delete=PROTECT, related_name="corrections")
    state = models.CharField(max_length=9, choices=State, default=State.PREPARED, db_index=True)
    # Why it is paused, held or cancelled, in a sentence for staff.
    reason = models.CharField(max_length=300, blank=True)
    cause = models.CharField(max_length=8, choices=Cause, blank=True)
    # What keeps it from going on by itself, such as a mail server that is away; empty when all is well.
    trouble = models.CharField(max_length=200, blank=True)
    # What a correction says on top, about what was wrong.
    note = models.TextField(blank=True)
    # Who last told it what to do; nobody, where it did so by itself.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=SET_NULL, related_name="+")
    created_at = models.DateTimeField("created", default=timezone.now)
    starts_at = models.DateTimeField("begins", default=timezone.now)
    started_at = models.DateTimeField("begun", null=True)
    # Refusals before this moment stop it no more: a person has looked at them.
    watched_from = models.DateTimeField(null=True)
    # The first of the refusals that stopped it: with what followed, it gets a second chance on resume.
    tripped_from = models.DateTimeField(null=True)
    # How often it stopped for too many dead addresses: each time a person resumed it, it bears twice as much.
    list_stops = models.PositiveSmallIntegerField(default=0, db_default=0)
    ended_at = models.DateTimeField("ended", null=True)
    # When its deliveries had become counts and a set of who got it (``Receivers``).
    condensed_at = models.DateTimeField(null=True)
    # The tip's own moment as it was when the mail was written; null where the mail has nothing of the tip.
    tip_moment = models.DateTimeField(null=True)
    # Frozen when it is opened.
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    # How many have a row in the ledger, and up to which subscriber's id these were made.
    audience = models.PositiveIntegerField(default=0)
    audience_up_to = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        permissions = [("manage_mailing", "Can stop, pause, resume, cancel and correct mailings")]
        constraints = [
            UniqueConstraint(fields=["tip"], condition=Q(kind="tip"), name="mailing_once_a_tip"),
            CheckConstraint(
                name="mailing_correction_corrects",
                condition=Q(kind="correction", corrects__isnull=False) | Q(kind="tip", corrects__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"Mailing {self.pk}"

    @property
    def may_return(self) -> bool:
        """Whether it was cancelled by itself, before it began: its tip may come back."""
        return self.state == self.State.CANCELLED and self.ended_at is None

    @property
    def is_note_alone(self) -> bool:
        """Whether it is a correction that has nothing of its tip, which is not to be mailed any more."""
        return self.kind == self.Kind.CORRECTION and self.tip_moment is None

    @cached_property
    def held_count(self) -> int:
        """How many of its deliveries wait for a person."""
        return DeliveryCount.objects.of([self.pk])[self.pk][DeliveryCount.HELD] if self.started_at else 0


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def pending(self) -> "DeliveryQuerySet":
        """Return those that the engine has still to do with: a mailing that has any is not sent."""
        waiting = [Delivery.State.QUEUED, Delivery.State.SENDING]
        return self.filter(Q(state__in=waiting) | Q(due_at__isnull=False))

    def held(self) -> "DeliveryQuerySet":
        """Return those that were uncertain twice: only a person says whether they are sent again."""
        return self.filter(state=Delivery.State.UNCERTAIN, due_at=None)


class Delivery(models.Model):
    """One mailing to one subscriber, or the tip that came to them with their welcome."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        DEFERRED = "deferred", "Put off"
        REFUSED = "refused", "Refused"
        SKIPPED = "skipped", "Skipped"
        UNCERTAIN = "uncertain", "Uncertain"

    class Refusal(models.TextChoices):
        """Why it was refused, where that matters for what follows."""

        GONE = "gone", "Nobody is there"
        UNCLEAR = "unclear", "For the address’s own sake, it seems"
        EXPIRED = "expired", "Put off for too long"

    mailing = models.ForeignKey(
        Mailing, null=True, on_delete=PROTECT, related_name="deliveries", db_index=False
    )
    # The tip of a welcome, which is no mailing.
    tip = models.ForeignKey(Tip, null=True, on_delete=CASCADE, related_name="+", db_index=False)
    # Nobody any more, once they are erased: the counts of a mailing stay.
    subscriber = models.ForeignKey("Subscriber", null=True, on_delete=SET_NULL, related_name="deliveries")
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    sent_at = models.DateTimeField(null=True)
    # When it was sent, refused or found uncertain.
    settled_at = models.DateTimeField(null=True)
    # The lease under which it is, or last was, claimed; no foreign key, for leases come and go.
    lease_id = models.BigIntegerField(null=True)
    # When it is tried again, or asks again for a turn in its domain's pace. Of what waits for a person, and
    # of what waits in the queue for no moment, it is null.
    due_at = models.DateTimeField(null=True)
    # When due_at was written: in the future, it was by a clock that was set back since.
    due_set_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    first_tried_at = models.DateTimeField(null=True)
    # What the mail server last said, as numbers alone (its words quote addresses), or what else happened.
    reply = models.CharField(max_length=60, blank=True)
    refusal = models.CharField(max_length=7, choices=Refusal, blank=True)
    # How often nobody knew whether it was sent. After the first time it is sent once more.
    uncertain_count = models.PositiveSmallIntegerField(default=0)
    # When the server blamed the sender for it (5.7.x).
    blamed_at = models.DateTimeField(null=True)
    # Whether its refusal suppressed the person.
    suppressed = models.BooleanField(default=False)
    # Whether its refusal was among those that stopped the mailing: then it gets a second chance.
    second_chance = models.BooleanField(default=False)
    complained_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            UniqueConstraint(fields=["mailing", "subscriber"], name="delivered_once_a_mailing"),
            UniqueConstraint(
                fields=["tip", "subscriber"], condition=Q(tip__isnull=False), name="welcomed_once_a_tip"
            ),
            CheckConstraint(
                name="delivery_of_a_mailing_or_a_tip",
                condition=Q(mailing__isnull=False, tip__isnull=True)
                | Q(mailing__isnull=True, tip__isnull=False),
            ),
        ]
        indexes = [
            Index(
                fields=["mailing", "id"],
                name="delivery_queued",
                condition=Q(state="queued", due_at__isnull=True),
            ),
            Index(fields=["mailing", "due_at"], name="delivery_due", condition=Q(due_at__isnull=False)),
            Index(fields=["lease_id", "id"], name="delivery_claimed", condition=Q(state="sending")),
            Index(fields=["mailing"], name="delivery_blamed", condition=Q(blamed_at__isnull=False)),
            Index(
                fields=["mailing", "settled_at"],
                name="delivery_complained",
                condition=Q(complained_at__isnull=False),
            ),
            Index(fields=["id"], name="delivery_held", condition=Q(state="uncertain", due_at__isnull=True)),
            # The ledger's pages: what there is little of is found among a million.
            Index(fields=["mailing", "state", "id"], name="delivery_by_state"),
            Index(
                fields=["mailing", "settled_at"],
                name="delivery_settled",
                condition=Q(settled_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk}"
