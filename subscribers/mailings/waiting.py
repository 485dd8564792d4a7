"""What a mailing on its way waits for, in words for staff."""

from datetime import datetime

from django.conf import settings
from django.db.models import Q

from shield import clocks
from subscribers.delivery import heartbeat
from subscribers.models import Delivery, DeliveryCount, Mailing
from subscribers.recovery import guard
from tips import dates

_State = Delivery.State


def waits_for(mailing: Mailing, now: datetime) -> str:
    """Return what a mailing waits for at a moment (aware), or "" where it goes on or does not wait by itself.

    ``mailing.trouble`` has what the engine itself has noted, such as a mail server that is away.
    """
    if mailing.state not in (Mailing.State.BUILDING, Mailing.State.SENDING):
        return ""
    if mailing.trouble:
        return mailing.trouble
    if closure := guard.why_closed():
        return closure.sentence
    if not heartbeat.alive(clocks.database_now()).exists():
        return "No worker is alive. Start one with manage.py worker, or serve."
    if mailing.state == Mailing.State.BUILDING:
        return ""
    deliveries = mailing.deliveries.order_by()
    can_go = Q(state=_State.QUEUED, due_at=None), Q(state=_State.SENDING), Q(due_at__lte=now)
    if any(deliveries.filter(part).exists() for part in can_go):
        return ""
    counts = DeliveryCount.objects.of([mailing.pk])[mailing.pk]
    waiting = {state: counts[state] for state in (_State.DEFERRED, _State.UNCERTAIN)}
    # None is being sent, and none may go: the rest waits for the pace.
    waiting[_State.QUEUED] = mailing.audience - counts.total() + counts[DeliveryCount.COMPLAINED]
    later = deliveries.filter(due_at__gt=now).order_by("due_at").values_list("due_at", flat=True)
    rows = [
        (later.filter(state=state).first(), state, count) for state, count in waiting.items() if count > 0
    ]
    soonest = sorted((first, state, count) for first, state, count in rows if first)
    return " ".join(_waiting(state, count, first) for first, state, count in soonest)


def _waiting(state: str, count: int, first: datetime) -> str:
    people = "1 person" if count == 1 else f"{count:,} people"
    at = dates.exact(first)
    match state:
        case _State.QUEUED:
            pace = f"{settings.MAIL_PER_DOMAIN} a minute to each mail domain"
            return f"{people} wait{'s' if count == 1 else ''} for the pace ({pace}), the next until {at}."
        case _State.DEFERRED:
            were = "was" if count == 1 else "were"
            again = "is tried" if count == 1 else "are tried"
            return f"{people} {were} put off by the mail server, and {again} again from {at} on."
    are = "is" if count == 1 else "are"
    return f"{people} {are} uncertain, and {are} sent once more from {at} on."
