"""The ledger: what was mailed to whom."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from tips.models import Tip


class Mailing(models.Model):
    """A tip on its way to everyone, or a correction of one that was."""

    class Kind(models.TextChoices):
        TIP = "tip", "Tip"
        CORRECTION = "correction", "Correction"

    class State(models.TextChoices):
        PREPARED = "prepared", "Prepared"
        OPENING = "opening", "Being opened"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        PAUSED = "paused", "Paused"
        CANCELLED = "cancelled", "Cancelled"
        HELD = "held", "Held"

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TIP)
    tip = models.ForeignKey(Tip, on_delete=models.PROTECT, related_name="mailings")
    corrects = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT)
    state = models.CharField(max_length=9, choices=State, default=State.PREPARED)
    created_at = models.DateTimeField("created", default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tip"], condition=Q(kind="tip"), name="mailing_once_a_tip"),
            models.CheckConstraint(
                name="mailing_correction_corrects",
                condition=Q(kind="correction", corrects__isnull=False) | Q(kind="tip", corrects__isnull=True),
            ),
        ]

    def __str__(self):
        return f"Mailing {self.pk}"


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

    mailing = models.ForeignKey(Mailing, null=True, on_delete=models.PROTECT, related_name="deliveries")
    # The tip of a welcome, which is no mailing.
    tip = models.ForeignKey(Tip, null=True, on_delete=models.CASCADE, related_name="+")
    # Nobody any more, once they are erased: the counts of a mailing stay.
    subscriber = models.ForeignKey(
        "Subscriber", null=True, on_delete=models.SET_NULL, related_name="deliveries"
    )
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["mailing", "subscriber"], name="delivered_once_a_mailing"),
            models.UniqueConstraint(
                fields=["tip", "subscriber"], condition=Q(tip__isnull=False), name="welcomed_once_a_tip"
            ),
            models.CheckConstraint(
                name="delivery_of_a_mailing_or_a_tip",
                condition=Q(mailing__isnull=False, tip__isnull=True)
                | Q(mailing__isnull=True, tip__isnull=False),
            ),
        ]

    def __str__(self):
        return f"Delivery {self.pk}"
