"""What came of mailings, in numbers, one by one and week by week. Nobody is followed for it.

Who left is counted by when they left: in the week after a mailing began, or until the next one did. Which
mail they had in hand is not known, and not asked.
"""

from dataclasses import dataclass, fields
from datetime import date, time, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from subscribers.models import ConsentEvent, Delivery, Erasure, Mailing
from tips import dates

# Later than this, leaving has nothing to do with a mailing any more.
AFTER = timedelta(days=7)


@dataclass
class Figures:
    """What came of a mailing, or of those of a week."""

    sent: int = 0
    refused: int = 0
    complaints: int = 0
    left: int = 0

    def add(self, other):
        """Count in what came of another mailing, which is Figures too."""
        for field in fields(Figures):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


@dataclass
class MailingWeek:
    """A week from its Monday (a date) on, with the figures of the mailings that began in it."""

    monday: date
    figures: Figures
    mailings: int = 0


def of(mailings):
    """Return {primary key: Figures} of some mailings, in a constant number of queries."""
    found = {mailing.pk: Figures() for mailing in mailings}
    rows = Delivery.objects.filter(mailing__in=list(found)).order_by().values("mailing")
    for row in rows.annotate(
        sent=Count("pk", filter=Q(state=Delivery.State.SENT)),
        refused=Count("pk", filter=Q(state=Delivery.State.REFUSED)),
        complaints=Count("complained_at"),
    ):
        own = found[row["mailing"]]
        own.sent, own.refused, own.complaints = row["sent"], row["refused"], row["complaints"]
    for pk, left in _left_after([each for each in mailings if each.started_at]).items():
        found[pk].left = left
    return found


def weeks(count, now=None):
    """Return so many MailingWeeks, oldest first; the last is that of ``now`` (aware) and goes on."""
    zone = dates.site_zone()
    today = timezone.localdate(now, zone)
    monday = today - timedelta(days=today.weekday())
    days = [monday - timedelta(weeks=ago) for ago in range(count)]
    found = {day: MailingWeek(day, Figures()) for day in days}
    since = dates.moment(days[-1], time(0))
    begun = Mailing.objects.filter(started_at__gte=since).defer("text", "html", "note")
    figures = of(begun)
    for mailing in begun:
        day = timezone.localdate(mailing.started_at, zone)
        week = found.get(day - timedelta(days=day.weekday()))
        if week:
            week.mailings += 1
            week.figures.add(figures[mailing.pk])
    return sorted(found.values(), key=lambda week: week.monday)


def _left_after(mailings):
    """Return {primary key: how many left after it} of mailings that have begun."""
    if not mailings:
        return {}
    first = min(mailing.started_at for mailing in mailings)
    starts = sorted(
        Mailing.objects.filter(started_at__gte=first).order_by().values_list("started_at", flat=True)
    )
    spans = {}
    for mailing in mailings:
        following = next((start for start in starts if start > mailing.started_at), None)
        end = mailing.started_at + AFTER
        spans[mailing.pk] = mailing.started_at, min(end, following) if following else end
    last = max(end for _, end in spans.values())
    counts = {
        f"after_{pk}": Count("pk", filter=Q(at__gte=begin, at__lt=end)) for pk, (begin, end) in spans.items()
    }
    within = {"at__gte": first, "at__lt": last}
    left = ConsentEvent.objects.filter(kind=ConsentEvent.Kind.LEFT, **within).aggregate(**counts)
    erased = Erasure.objects.filter(was_confirmed=True, **within).aggregate(**counts)
    return {pk: left[f"after_{pk}"] + erased[f"after_{pk}"] for pk in spans}
