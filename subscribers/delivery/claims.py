"""Who sends what: deliveries claimed under one lease, and given back where its worker is dead."""

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from shield import clocks
from subscribers.delivery import heartbeat
from subscribers.delivery.pacing import Candidate, Pacing
from subscribers.models import Delivery, Heartbeat, SenderLease
from subscribers.recovery import guard

# The first claim of a lease, and the largest: how many it takes at once grows and shrinks with its speed.
BATCH, LARGEST = 50, 400
# So many are claimed at most while the journal or its disk fails, or the disk has little room left.
FEW = 20
_WAITING = [Delivery.State.QUEUED, Delivery.State.DEFERRED, Delivery.State.UNCERTAIN]
# An uncertain delivery is sent once more after this.
RESEND_AFTER = timedelta(seconds=30)


@dataclass(frozen=True)
class Claim:
    """Deliveries, by their ids in their order, that one lease is to send.

    The first is not sent before ``at``, a moment of ``time.monotonic()``: the clock may be set meanwhile.
    """

    lease_id: int
    ids: list[int]
    at: float


def new_lease(worker_id: str) -> int:
    """Return the id of a new lease of a worker."""
    with transaction.atomic():
        # The worker may have been silent for so long that it was taken for dead.
        heartbeat.renew(worker_id)
        return SenderLease.objects.create(worker_id=worker_id).pk


def any_due(mailing_id: int) -> bool:
    """Tell whether a mailing has deliveries that could be claimed now."""
    parts = Q(state="queued", due_at=None), Q(due_at__lte=timezone.now(), state__in=_WAITING)
    return any(Delivery.objects.filter(part, mailing=mailing_id).exists() for part in parts)


def take(lease_id: int, mailing_id: int, after: int = 0, count: int = BATCH) -> Claim | None:
    """Claim the next deliveries of a mailing for a lease; return None where the lease has expired.

    Not more than ``count`` are claimed, and no more than the pace lets go now. Queued ones are looked for
    behind the id ``after``. Those whose domain has had enough for now are put back with the moment when they
    ask again.
    """
    now, deliveries = timezone.now(), Delivery.objects.filter(mailing=mailing_id)
    with transaction.atomic():
        # Locked: whoever takes the worker for dead gives back either all of this claim or none.
        if SenderLease.objects.select_for_update().filter(pk=lease_id).first() is None:
            return None
        pace = Pacing(mailing_id, now)
        if not (count := pace.most(count)):
            return Claim(lease_id, [], time.monotonic())
        due = deliveries.filter(due_at__lte=now, state__in=_WAITING).order_by("due_at")
        candidates = _locked(due, max(1, count // 2))
        queued = deliveries.filter(pk__gt=after, state=Delivery.State.QUEUED, due_at=None).order_by("pk")
        candidates += _locked(queued, count - len(candidates))
        ids, moments = pace.sort(sorted(candidates, key=lambda candidate: candidate[0]))
        claimed = {"state": Delivery.State.SENDING, "lease_id": lease_id, "due_at": None}
        Delivery.objects.filter(pk__in=ids).update(**claimed)
        for moment, put_back in moments.items():
            Delivery.objects.filter(pk__in=put_back).update(due_at=moment, due_set_at=now)
        pause = (pace.start(len(ids)) - now).total_seconds()
    return Claim(lease_id, ids, time.monotonic() + pause)


def release_from_wrong_clock(now: datetime) -> int:
    """Free what waits for a moment that was written by a clock that was set back since; return how many.

    For the clock, each minute; safe to run twice. How long each has really waited nobody knows, so it may go
    now: a server is asked a little early, and who waited for their turn gets another one.
    """
    wrong = Delivery.objects.filter(due_at__isnull=False, due_set_at__gt=clocks.latest_credible(now))
    queued = wrong.filter(state=Delivery.State.QUEUED).update(due_at=None)
    return queued + wrong.update(due_at=now, due_set_at=now)


def give_back(lease_id: int, ids: Iterable[int]) -> None:
    """Return to the queue what was claimed under a lease and will not be sent."""
    mine = Delivery.objects.filter(pk__in=ids, lease_id=lease_id, state=Delivery.State.SENDING)
    _requeue(mine, timezone.now())


def close(lease_id: int) -> None:
    """End a lease of which all that was claimed is given back."""
    SenderLease.objects.filter(pk=lease_id).delete()


def sweep(watch: heartbeat.Watch, moment: float) -> int:
    """Take back what dead workers had claimed; return how many workers had died.

    ``moment`` is that of ``time.monotonic()``.
    """
    return sum(map(_expire, watch.silent(moment)))


def _expire(silent: Heartbeat) -> bool:
    """Delete the heartbeat of a dead worker, and take back what its leases hold; return whether this did so.

    A sender sends in the order of ids and settles each delivery before the next, so of what it left behind
    the first may have been sent: that one is uncertain. The rest was not begun.
    """
    # What is put back has leases whose claims went out since: those are for ``declaration.declare_live``.
    if SenderLease.objects.filter(worker=silent).exists() and guard.why_closed():
        return False
    with transaction.atomic():
        # It may have been heard again meanwhile, or another worker is here before us.
        if not Heartbeat.objects.select_for_update().filter(pk=silent.pk, seen_at=silent.seen_at).first():
            return False
        now = timezone.now()
        for lease in SenderLease.objects.select_for_update().filter(worker=silent):
            left = Delivery.objects.filter(lease_id=lease.pk, state=Delivery.State.SENDING)
            if first := left.order_by("pk").first():
                mark_uncertain(first, now, "its worker died")
                _requeue(left, now)
            lease.delete()
        silent.delete()
    return True


def mark_uncertain(delivery: Delivery, now: datetime, reply: str) -> None:
    """Note that nobody knows whether a delivery was sent: once it is sent again, twice it is held."""
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.UNCERTAIN,
        settled_at=now,
        uncertain_count=delivery.uncertain_count + 1,
        due_at=now + RESEND_AFTER if delivery.uncertain_count == 0 else None,
        due_set_at=now,
        reply=reply[:60],
    )


def mark_claimed_uncertain(lease_id: int, pk: int) -> None:
    """Do as ``mark_uncertain`` does for the delivery that a sender had in its hands when it failed."""
    delivery = Delivery.objects.filter(pk=pk, lease_id=lease_id, state=Delivery.State.SENDING).first()
    if delivery is not None:
        mark_uncertain(delivery, timezone.now(), "its worker failed")


def pause_after(tries: int) -> timedelta:
    """Return how long a delivery is put off after so many tries: 1, 2, 4 ... 60 minutes, more or less."""
    minutes = min(2 ** min(max(tries - 1, 0), 6), 60)
    return timedelta(minutes=minutes) * random.uniform(0.8, 1.2)  # noqa: S311  no secret


def _requeue(deliveries: QuerySet[Delivery], now: datetime) -> None:
    # What was uncertain stays listed as that until it is settled.
    deliveries.filter(uncertain_count__gt=0).update(
        state=Delivery.State.UNCERTAIN, due_at=now, due_set_at=now
    )
    deliveries.filter(uncertain_count=0).update(state=Delivery.State.QUEUED, due_at=None)


def _locked(deliveries: QuerySet[Delivery], count: int) -> list[Candidate]:
    locked = deliveries.select_for_update(skip_locked=True, of=("self",))
    return list(locked.values_list("pk", "state", "due_at", "subscriber__address_folded")[:count])
