"""The weekly slot: from rules to moments, and from moments to what stands in each. Functions over dates.

A slot is named by its ``day``, the local date that its rule gives it; that name stays when the slot is moved
within its week. A tip holds a slot by having exactly its moment as ``publish_at``.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, models
from django.db.models import Q
from django.utils import timezone

from tips.dates import DAY, WEEK, in_words, moment
from tips.models import SlotException, SlotRule, Tip, TipState, Weekday

# Behind it, dates cannot be reckoned with any more.
_LAST = date(9990, 1, 1)
WEEKDAYS = tuple(name.lower() for name in Weekday.labels)


# --- From rules to slots ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Slot:
    """One weekly slot.

    ``day`` is its local date by the rule, and its name; ``at`` the moment (UTC) at which its tip goes live,
    ``regular`` the moment that the rule alone would give it; ``zone`` the name of the rule's zone;
    ``reason`` why the slot is skipped or moved.
    """

    day: date
    at: datetime
    regular: datetime
    zone: str
    skipped: bool = False
    reason: str = ""

    @property
    def moved(self):
        """Whether it stands elsewhere in its week than its rule says."""
        return self.at != self.regular

    def __str__(self):
        return in_words(self.at)


class Timetable:
    """The rules and the weeks that differ from them, read once; every answer then costs no query."""

    def __init__(self, rules, exceptions):
        self.rules = sorted(rules, key=lambda rule: rule.from_date)
        self.exceptions = {each.day: each for each in exceptions}

    @classmethod
    def load(cls):
        """Read the timetable from the database, in two queries."""
        return cls(SlotRule.objects.all(), SlotException.objects.all())

    def rule(self, day):
        """Return the rule in force on a day, or None before the first one."""
        number = bisect_right(self.rules, day, key=lambda rule: rule.from_date)
        return self.rules[number - 1] if number else None

    def moment(self, day):
        """Return the moment at which a tip of that day goes live, whatever weekday it is.

        For the dates of archives: before the first rule, the settings' time and zone hold.
        """
        rule = self.rule(day)
        return moment(day, rule.time, ZoneInfo(rule.zone)) if rule else moment(day)

    def between(self, first, last):
        """Yield the slots whose days lie between two dates, both included, in order."""
        for rule, following in zip(self.rules, [*self.rules[1:], None], strict=False):
            start = max(first, rule.from_date)
            end = min(last, following.from_date - DAY if following else _LAST, _LAST)
            day = start + timedelta(days=(rule.weekday - start.weekday()) % 7) if start <= end else _LAST
            while day <= end and start <= end:
                yield self._slot(day, rule)
                day += WEEK

    def _slot(self, day, rule):
        regular = moment(day, rule.time, ZoneInfo(rule.zone))
        other = self.exceptions.get(day)
        return Slot(
            day=day,
            at=(other and other.moved_to) or regular,
            regular=regular,
            zone=rule.zone,
            skipped=bool(other) and other.kind == SlotException.Kind.SKIP,
            reason=other.reason if other else "",
        )

    def slot(self, day):
        """Return the slot with that day for a name, or None."""
        return next(self.between(day, day), None)

    def at(self, when):
        """Return the slot, skipped or not, that stands at exactly this moment, or None."""
        near = when.astimezone(UTC).date()
        around = self.between(near - WEEK - DAY, near + WEEK + DAY)
        return next((slot for slot in around if slot.at == when), None)

    def after(self, now):
        """Yield the slots after a moment, in order and without end; skipped ones too."""
        start = now.astimezone(UTC).date() - WEEK - DAY
        return (slot for slot in self.between(start, _LAST) if slot.at > now)


def seed(sender, using, **kwargs):
    """Make the first rule from the settings where there is none. Runs after migrations.

    It holds from today; from tomorrow where today's slot has passed, which nobody could have filled.
    """
    if "tips_slotrule" not in connections[using].introspection.table_names():
        return
    if SlotRule.objects.using(using).exists():
        return
    if settings.SLOT_WEEKDAY not in WEEKDAYS:
        raise ImproperlyConfigured(
            f"SLOT_WEEKDAY is {settings.SLOT_WEEKDAY!r}, which is no day of the week."
            f" Use one of: {', '.join(WEEKDAYS)}."
        )
    today = timezone.localdate()
    SlotRule.objects.using(using).create(
        from_date=today if moment(today) > timezone.now() else today + DAY,
        weekday=WEEKDAYS.index(settings.SLOT_WEEKDAY),
        time=settings.SLOT_TIME,
        zone=settings.TIME_ZONE,
    )


# --- What stands in each slot -----------------------------------------------------------------------


class Standing(models.TextChoices):
    """What an editor wants to know of a slot."""

    SAFE = "safe", "Safe"
    AT_RISK = "at_risk", "At risk"
    FREE = "free", "Free"
    SKIPPED = "skipped", "Skipped"
    MISSED = "missed", "Missed"
    PUBLISHED = "published", "Published"


@dataclass
class Row:
    """A slot, its ``standing``, the ``tip`` that holds or filled it (or None), and ``others``.

    Others are tips of the slot's week, up to the next slot, that go live at a moment of their own. The tip of
    a missed slot is one that was pinned to it and not approved in time.
    """

    slot: Slot
    standing: Standing = Standing.FREE
    tip: Tip | None = None
    others: list = field(default_factory=list)

    @property
    def is_unsafe(self):
        """Whether it is to come, and nothing will appear in it as things stand."""
        return self.standing in (Standing.FREE, Standing.AT_RISK)

    @property
    def sentence(self):
        """The row's state in a sentence that names its tip."""
        match self.standing:
            case Standing.SAFE:
                return f"“{self.tip}” is approved."
            case Standing.AT_RISK:
                return f"“{self.tip}” is planned, but is {_BEFORE_APPROVAL[self.tip.state]}."
            case Standing.FREE:
                return "Nothing is planned."
            case Standing.SKIPPED:
                return f"Skipped: {self.slot.reason}"
            case Standing.MISSED if self.tip:
                return f"Nothing was published: “{self.tip}” was planned, and not approved in time."
            case Standing.MISSED:
                return "Nothing was published."
        since = ", and withdrawn since" if self.tip.state == TipState.WITHDRAWN else ""
        when = "" if self.tip.publish_at == self.slot.at else f" on {in_words(self.tip.publish_at)}"
        return f"“{self.tip}” was published{when}{since}."


_BEFORE_APPROVAL = {TipState.DRAFT: "still a draft", TipState.IN_REVIEW: "still in review"}


def calendar(first, last, now=None, table=None):
    """Return a Row for each slot whose day lies between two dates, both included, in order.

    Three queries, however many slots and tips there are; one for whoever has loaded the ``table`` (a
    Timetable) already. ``now`` is an aware datetime.
    """
    return _rows(table or Timetable.load(), first, last, now or timezone.now())


def ahead(now=None, count=13):
    """Return the Rows of the next slots after a moment, skipped ones too: at most ``count``, in order."""
    now = now or timezone.now()
    table = Timetable.load()
    coming = list(islice(table.after(now), count))
    if not coming:
        return []
    return [row for row in _rows(table, coming[0].day, coming[-1].day, now) if row.slot.at > now]


def _rows(table, first, last, now):
    rows = [Row(slot) for slot in table.between(first, last)]
    if not rows:
        return []
    following = next(table.between(last + DAY, last + 2 * WEEK), None)
    end = following.at if following else rows[-1].slot.at + WEEK
    tips = (
        Tip.objects.filter(publish_at__gte=rows[0].slot.at, publish_at__lt=end)
        .filter(Q(state__in=[TipState.APPROVED, TipState.WITHDRAWN]) | Q(pinned=True))
        .for_lists()
        .select_related("author")
        .order_by("publish_at", "id")
    )
    moments = [row.slot.at for row in rows]
    for tip in tips:
        rows[bisect_right(moments, tip.publish_at) - 1].others.append(tip)
    for row in rows:
        _settle(row, now)
    return rows


def _settle(row, now):
    """Choose a row's tip among those of its week, and say how it stands."""
    if row.slot.skipped:
        row.standing = Standing.SKIPPED
        return
    holders = [tip for tip in row.others if tip.publish_at == row.slot.at]
    if row.slot.at > now:
        holders = [tip for tip in holders if tip.state != TipState.WITHDRAWN]
        row.tip = min(holders, key=lambda tip: tip.state != TipState.APPROVED, default=None)
        if row.tip:
            row.standing = Standing.SAFE if row.tip.state == TipState.APPROVED else Standing.AT_RISK
    else:
        # One that was published late, before the next slot, has filled this one.
        appeared = [tip for tip in row.others if _has_appeared(tip, now)]
        row.tip = min(appeared, key=lambda tip: tip.state, default=None) or next(iter(holders), None)
        row.standing = Standing.PUBLISHED if appeared else Standing.MISSED
    row.others = [tip for tip in row.others if tip is not row.tip]


def _has_appeared(tip, now):
    return tip.publish_at <= now and tip.state in (TipState.APPROVED, TipState.WITHDRAWN)
