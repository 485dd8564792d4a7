"""The weekly slot: from rules to moments. Functions over dates.

A slot is named by its ``day``, the local date that its rule gives it; that name stays when the slot is moved
within its week. A tip holds a slot by having exactly its moment as ``publish_at``.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from operator import attrgetter
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.models import DateTimeField, PositiveSmallIntegerField, TimeField, Value
from django.utils import timezone
from django.utils.dates import WEEKDAYS

from desk.once import once_a_page
from tips.dates import DAY, WEEK, moment, short
from tips.models import SlotException, SlotRule

# Behind it, dates cannot be reckoned with any more.
_LAST = date(9990, 1, 1)
# How an exception differs from its rule.
_DIFFERENCE = ("moved_to", "kind", "reason")
WEEKDAY_NAMES = [str(name).lower() for name in WEEKDAYS.values()]


@dataclass(frozen=True)
class Slot:
    """One weekly slot.

    ``day`` is its local date by the rule, and its name; ``at`` the moment (UTC) at which its tip goes live,
    ``regular`` the moment that the rule alone would give it; ``zone`` the name of the rule's zone;
    ``reason`` why the slot is skipped or moved. ``is_weekly`` is False for a tip's own moment, which no rule
    gives: there is no week to give to another tip.
    """

    day: date
    at: datetime
    regular: datetime
    zone: str
    skipped: bool = False
    reason: str = ""
    is_weekly: bool = True

    @classmethod
    def of_moment(cls, at: datetime) -> "Slot":
        """Return what stands for a slot at a moment that is none's (an aware datetime)."""
        return cls(timezone.localdate(at), at, at, settings.TIME_ZONE, is_weekly=False)

    @property
    def moved(self) -> bool:
        """Whether the slot stands elsewhere in its week than its rule says."""
        return self.at != self.regular

    def __str__(self) -> str:
        return short(self.at)


class Timetable:
    """The rules and the weeks that differ from them, read once; every answer then costs no query."""

    def __init__(self, rules: Iterable[SlotRule], exceptions: Iterable[SlotException]) -> None:
        self.rules = sorted(rules, key=lambda rule: rule.from_date)
        self.exceptions = {exception.day: exception for exception in exceptions}

    @classmethod
    def load(cls) -> "Timetable":
        """Read the timetable in one query, once a page, without who made an exception and when."""
        return _read()

    def rule(self, day: date) -> SlotRule | None:
        """Return the rule in force on a day, or None before the first one."""
        number = bisect_right(self.rules, day, key=lambda rule: rule.from_date)
        return self.rules[number - 1] if number else None

    def rule_or_first(self, day: date) -> SlotRule | None:
        """Return the rule in force on a day, else the first one to come, or None."""
        return self.rule(day) or next(iter(self.rules), None)

    def moment(self, day: date) -> datetime:
        """Return the moment at which a tip of that day goes live, whatever weekday it is.

        For the dates of archives: before the first rule, the settings' time and zone hold.
        """
        rule = self.rule(day)
        return moment(day, rule.time, ZoneInfo(rule.zone)) if rule else moment(day)

    def between(self, first: date, last: date) -> Iterator[Slot]:
        """Yield the slots whose days lie between two dates, both included, in order."""
        for rule, following in zip(self.rules, [*self.rules[1:], None], strict=False):
            start = max(first, rule.from_date)
            end = min(last, following.from_date - DAY if following else _LAST, _LAST)
            first_slot = start.toordinal() + (rule.weekday - start.weekday()) % 7
            for ordinal in range(first_slot, end.toordinal() + 1, 7):
                yield self._slot(date.fromordinal(ordinal), rule)

    def _slot(self, day: date, rule: SlotRule) -> Slot:
        regular = moment(day, rule.time, ZoneInfo(rule.zone))
        if exception := self.exceptions.get(day):
            skipped = exception.kind == SlotException.Kind.SKIP
            return Slot(day, exception.moved_to or regular, regular, rule.zone, skipped, exception.reason)
        return Slot(day, regular, regular, rule.zone)

    def slot(self, day: date) -> Slot | None:
        """Return the slot with that day for a name, or None."""
        return next(self.between(day, day), None)

    def at(self, when: datetime) -> Slot | None:
        """Return the slot, skipped or not, that stands at exactly this moment, or None."""
        near = when.astimezone(UTC).date()
        around = self.between(near - WEEK - DAY, near + WEEK + DAY)
        return next((slot for slot in around if slot.at == when), None)

    def after(self, now: datetime) -> Iterator[Slot]:
        """Yield the slots after a moment, in order and without end; skipped ones too."""
        start = now.astimezone(UTC).date() - WEEK - DAY
        return (slot for slot in self.between(start, _LAST) if slot.at > now)


@once_a_page
def _read() -> Timetable:
    none = Value(None, DateTimeField()), Value(""), Value("")
    rule = Value(None, PositiveSmallIntegerField()), Value(None, TimeField()), Value("")
    rules = SlotRule.objects.order_by().values_list("pk", "from_date", "weekday", "time", "zone", *none)
    exceptions = SlotException.objects.order_by().values_list("pk", "day", *rule, *_DIFFERENCE)
    table = Timetable((), ())
    for pk, day, weekday, time, zone, *difference in rules.union(exceptions, all=True):
        if zone:
            table.rules.append(SlotRule(pk, day, weekday, time, zone))
        else:
            fields = dict(zip(_DIFFERENCE, difference, strict=True))
            table.exceptions[day] = SlotException(pk=pk, day=day, **fields)
    table.rules.sort(key=attrgetter("from_date"))
    return table


def seed(sender: object, using: str, **kwargs: object) -> None:
    """Make the first rule from the settings where there is none. Runs after migrations.

    It holds from today; from tomorrow where today's slot has passed, which nobody could have filled.
    """
    tables = connections[using].introspection.table_names()
    if SlotRule._meta.db_table not in tables or SlotRule.objects.using(using).exists():
        return
    if settings.SLOT_WEEKDAY not in WEEKDAY_NAMES:
        raise ImproperlyConfigured(f"SLOT_WEEKDAY is {settings.SLOT_WEEKDAY!r}, which is no day of the week.")
    today = timezone.localdate()
    SlotRule.objects.using(using).create(
        from_date=today if moment(today) > timezone.now() else today + DAY,
        weekday=WEEKDAY_NAMES.index(settings.SLOT_WEEKDAY),
        time=settings.SLOT_TIME,
        zone=settings.TIME_ZONE,
    )
