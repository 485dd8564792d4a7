"""What came of mailings, in numbers, one by one and week by week. Nobody is followed for it.

People who left are counted by when they left: in the week after a mailing began, or until the next one did.
Which mail they had in hand is not known, and not asked.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from subscribers.models import ConsentEvent, Delivery, DeliveryCount, Erasure, Mailing
from tips import dates

# Later than this, leaving has nothing to do with a mailing any more.
AFTER = timedelta(days=7)


# What came of a mailing, or of those of a week: how many were sent, refused, complaints, and left.
Figures = Counter[str]


@dataclass
class MailingWeek:
    """A week from its Monday on, with the figures of the mailings that began in it."""

    monday: date
    figures: Figures = field(default_factory=Counter)
    mailings: int = 0


def of(mailings: Iterable[Mailing]) -> dict[int, Figures]:
    """Return {primary key: Figures} of some mailings, in a constant number of queries."""
    started = {mailing.pk: mailing.started_at for mailing in mailings}
    figures = {pk: Figures() for pk in started}
    for pk, counts in DeliveryCount.objects.of(started).items():
        figures[pk]["sent"] = counts[Delivery.State.SENT]
        figures[pk]["refused"] = counts[Delivery.State.REFUSED]
        figures[pk]["complaints"] = counts[DeliveryCount.COMPLAINED]
    for pk, left in _left_after({pk: moment for pk, moment in started.items() if moment}).items():
        figures[pk]["left"] = left
    return figures


def weeks(count: int, now: datetime | None = None) -> list[MailingWeek]:
    """Return so many MailingWeeks, oldest first; the last is that of ``now`` (aware) and goes on."""
    zone = dates.site_zone()
    today = timezone.localdate(now, zone)
    monday = today - timedelta(days=today.weekday())
    mondays = [monday - timedelta(weeks=ago) for ago in reversed(range(count))]
    by_monday = {day: MailingWeek(day) for day in mondays}
    since = dates.moment(mondays[0], time(0))
    begun = list(Mailing.objects.filter(started_at__gte=since).defer("text", "html", "note"))
    figures = of(begun)
    for mailing in begun:
        day = timezone.localdate(mailing.started_at, zone)
        if week := by_monday.get(day - timedelta(days=day.weekday())):
            week.mailings += 1
            week.figures.update(figures[mailing.pk])
    return list(by_monday.values())


def _left_after(started: dict[int, datetime]) -> dict[int, int]:
    """Return {primary key: how many left after it} of mailings, by the moments when these began."""
    if not started:
        return {}
    first = min(started.values())
    starts = Mailing.objects.filter(started_at__gte=first).order_by().values_list("started_at", flat=True)
    others = [start for start in starts if start]
    ends = {pk: min([start + AFTER, *(at for at in others if at > start)]) for pk, start in started.items()}
    counts = {f"after_{pk}": Count("pk", filter=Q(at__gte=at, at__lt=ends[pk])) for pk, at in started.items()}
    within = {"at__gte": first, "at__lt": max(ends.values())}
    left = ConsentEvent.objects.filter(kind=ConsentEvent.Kind.LEFT, **within).aggregate(**counts)
    erased = Erasure.objects.filter(was_confirmed=True, **within).aggregate(**counts)
    return {pk: left[f"after_{pk}"] + erased[f"after_{pk}"] for pk in started}
