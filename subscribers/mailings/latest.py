"""The mailing that staff want to know of first: the one under way, or to begin soon; else the last one."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Case, Q, Subquery, Sum, When

from desk.counting import count_each
from subscribers.mailings import control, statistics, status
from subscribers.models import ConsentEvent, Delivery, DeliveryCount, Erasure, Mailing, SubscriberCount

_STATES = Mailing.State
# The sooner in this list, the more it concerns people now.
_FIRST = (_STATES.SENDING, _STATES.BUILDING, _STATES.PAUSED, _STATES.PREPARED, _STATES.HELD, _STATES.SENT)


@dataclass(frozen=True)
class Latest:
    """A mailing and how it stands: its ``progress`` once it has begun; of one that was sent, four figures.

    ``stop`` is the name of the verb by which the person who looks may stop it, or "".
    """

    mailing: Mailing
    standing: status.Status
    progress: status.Progress | None
    stop: str
    got: int = 0
    refused: int = 0
    left: int = 0
    subscribed: int = 0

    @property
    def is_over(self) -> bool:
        """Whether it was sent, and nothing more is to come of it."""
        return self.mailing.state == Mailing.State.SENT

    @property
    def change(self) -> int:
        """By how many the list is longer now than when the mailing was made; may be below nothing."""
        return self.subscribed - self.mailing.audience


def look(user: User, now: datetime) -> Latest | None:
    """Return the mailing that concerns people most at a moment (aware), or None where there was none.

    ``user`` is who looks: to whoever may not stop it, no verb is offered.
    """
    last = Mailing.objects.filter(state=_STATES.SENT).order_by("-ended_at", "-pk").values("pk")[:1]
    place = Case(*(When(state=state, then=number) for number, state in enumerate(_FIRST)))
    concerned = Mailing.objects.filter(Q(state__in=Mailing.UNFINISHED) | Q(pk__in=Subquery(last)))
    mailing = (
        concerned.select_related("tip")
        .defer("text", "html", "tip__body")
        .order_by(place, "starts_at", "pk")
        .first()
    )
    if mailing is None:
        return None
    standing = status.describe(mailing, now)
    if mailing.state != _STATES.SENT:
        stop, progress = "", status.progress(mailing, now) if mailing.started_at else None
        if mailing.state == _STATES.PREPARED and control.may_stop(user, mailing):
            stop = "stop"
        elif mailing.state in (_STATES.BUILDING, _STATES.SENDING) and user.has_perm(control.MANAGE):
            stop = "pause"
        return Latest(mailing, standing, progress, stop)
    began = mailing.started_at or mailing.starts_at
    after = {"at__gte": began, "at__lt": began + statistics.AFTER}
    numbers = count_each(
        {
            "left": ConsentEvent.objects.filter(kind=ConsentEvent.Kind.LEFT, **after),
            "erased": Erasure.objects.filter(was_confirmed=True, **after),
        },
        SubscriberCount.objects.named("subscribed"),
        # The names of the kinds are none of those.
        DeliveryCount.objects.filter(mailing=mailing.pk)
        .order_by()
        .values_list("kind")
        .annotate(Sum("number")),
    )
    return Latest(
        mailing,
        standing,
        None,
        "",
        got=numbers.get(Delivery.State.SENT, 0),
        refused=numbers.get(Delivery.State.REFUSED, 0),
        left=numbers["left"] + numbers["erased"],
        subscribed=numbers.get("subscribed", 0),
    )
