"""How the list grows: who joined and who left, week by week in the site's zone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Case, Count, Expression, OuterRef, Q, SmallIntegerField, Subquery, Value, When
from django.utils import timezone

from subscribers.models import ConsentEvent, Erasure
from tips import dates

# How somebody last came without confirming, or left, before an event.
_BEFORE = Subquery(
    ConsentEvent.objects.filter(subscriber=OuterRef("subscriber"), at__lt=OuterRef("at"))
    .filter(kind__in=[ConsentEvent.Kind.IMPORTED, ConsentEvent.Kind.RETURNED, ConsentEvent.Kind.LEFT])
    .order_by("-at")
    .values("kind")[:1]
)


@dataclass
class GrowthWeek:
    """A week from its Monday (a date) on: how many joined by themselves, were brought over, and left."""

    monday: date
    joined: int = 0
    imported: int = 0
    left: int = 0

    @property
    def net(self) -> int:
        """By how many the list is longer at the week's end than at its beginning."""
        return self.joined + self.imported - self.left


def weeks(count: int, now: datetime | None = None) -> list[GrowthWeek]:
    """Return so many weeks, oldest first; the last is that of ``now`` (an aware datetime) and goes on.

    Whoever is erased while on the list left in the week of the erasure. When an erased person had joined
    nobody knows any more. Whoever was brought over while their sign-up was open, and confirms then, joined
    once. Two queries, whatever the number of weeks.
    """
    today = timezone.localdate(now, dates.site_zone())
    monday = today - timedelta(days=today.weekday())
    newest_first = [GrowthWeek(monday - timedelta(weeks=ago)) for ago in range(count)]
    starts = [dates.moment(week.monday, time()) for week in newest_first]
    ago = _ago(starts, 0, count)
    was_off = Q(last=None) | Q(last=ConsentEvent.Kind.LEFT)
    joined = Q(kind=ConsentEvent.Kind.RETURNED) | Q(was_off, kind=ConsentEvent.Kind.CONFIRMED)
    events = ConsentEvent.objects.filter(at__gte=starts[-1]).order_by().annotate(ago=ago, last=_BEFORE)
    changes = events.values("ago").annotate(
        joined=Count("pk", filter=joined),
        imported=Count("pk", filter=Q(kind=ConsentEvent.Kind.IMPORTED)),
        left=Count("pk", filter=Q(kind=ConsentEvent.Kind.LEFT)),
    )
    for index, *counts in changes.values_list("ago", "joined", "imported", "left"):
        newest_first[index] = GrowthWeek(newest_first[index].monday, *counts)
    erased = Erasure.objects.filter(at__gte=starts[-1], was_confirmed=True).order_by().annotate(ago=ago)
    for index, left in erased.values("ago").annotate(left=Count("pk")).values_list("ago", "left"):
        newest_first[index].left += left
    return newest_first[::-1]


def _ago(starts: list[datetime], first: int, end: int) -> Expression:
    """Return the expression for how many weeks ago ``at`` was, at least ``first`` and less than ``end``.

    It halves the weeks at each step. The moments are worked out here: so both databases agree on every change
    of the clock, and neither has to make a local time of every row.
    """
    if end - first == 1:
        return Value(first, SmallIntegerField())
    middle = (first + end) // 2
    later = When(at__gte=starts[middle - 1], then=_ago(starts, first, middle))
    return Case(later, default=_ago(starts, middle, end), output_field=SmallIntegerField())
