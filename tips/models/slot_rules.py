"""When tips go live: the rules of the weekly slot, what differs from them, and the queue's version."""

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.dates import WEEKDAYS

from tips import dates


class SlotRule(models.Model):
    """From a day on, when the weekly tip goes live. It holds until the next rule's day.

    The first is made from the environment after migration; days before it have no slots.
    """

    from_date = models.DateField("from", unique=True, help_text="The first day on which this rule holds.")
    weekday = models.PositiveSmallIntegerField(choices=WEEKDAYS)
    time = models.TimeField(help_text="By the clock of the zone, in summer and in winter.")
    zone = models.CharField(max_length=64, help_text="The zone's name, as in Europe/Berlin.")

    class Meta:
        ordering = ["from_date"]

    def __str__(self) -> str:
        when = f"{self.get_weekday_display()}s at {dates.clock(self.time)} in {dates.place(self.zone)}"
        return f"{when}, from {dates.short_day(self.from_date)}"


class SlotException(models.Model):
    """One week in which the slot is skipped, or stands at another moment of the same week."""

    class Kind(models.TextChoices):
        SKIP = "skip", "Skipped"
        MOVE = "move", "Moved"

    day = models.DateField(unique=True, help_text="The local day of the slot by its rule.")
    kind = models.CharField(max_length=4, choices=Kind)
    moved_to = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["day"]
        constraints = [
            models.CheckConstraint(
                name="slot_moved_somewhere",
                condition=Q(kind="move", moved_to__isnull=False) | Q(kind="skip", moved_to__isnull=True),
            ),
            models.CheckConstraint(name="slot_exception_has_a_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.get_kind_display().lower()}"


class QueueVersion(models.Model):
    """The single row that every change of the queue locks first; it says what the last change was.

    A page shows the queue with its ``version``; a move on an older version is refused in the
    words of ``change``: “moved “Call back” to the front”.
    """

    version = models.PositiveBigIntegerField(default=0)
    change = models.CharField(max_length=500, blank=True)
    # How the last change found what it moved, for whoever takes it back (``tips.schedule.undo``); empty where
    # it cannot be taken back.
    before = models.JSONField(default=dict, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(null=True)

    def note(self, change: str, by: User | None = None, before: dict[str, object] | None = None) -> None:
        """Count a change; ``change`` completes “somebody …”. ``before`` is needed to take it back."""
        self.version += 1
        self.change, self.by, self.at, self.before = change[:500], by, timezone.now(), before or {}
        self.save()
