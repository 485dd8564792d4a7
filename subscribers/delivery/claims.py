"""Who sends what: deliveries claimed under one lease, and given back where that lease has expired."""

import math
import random
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from shield.rate_limits import Pacer
from subscribers import addresses
from subscribers.models import Delivery, SenderLease
from subscribers.recovery import guard

# The first claim of a lease, and the largest: how many it takes at once grows and shrinks with its speed.
BATCH, LARGEST = 50, 400
HEARTBEAT = timedelta(seconds=5)
# A worker that was not heard for so long is dead. Its process beats even while the mail server hangs.
LEASE = timedelta(seconds=30)
# What comes sooner is waited for; what comes later goes back into the queue with its moment.
_NEAR = timedelta(seconds=5)
# A moment that was booked and is long gone was missed in a pause: all at once is not what it was booked for.
_STALE = timedelta(minutes=1)
_WAITING = [Delivery.State.QUEUED, Delivery.State.DEFERRED, Delivery.State.UNCERTAIN]
# An uncertain delivery is sent once more after this.
RESEND_AFTER = timedelta(seconds=30)


@dataclass(frozen=True)
class Claim:
    """Deliveries, by their ids in their order, that one sender is to send; the first not before ``at``."""

    ids: list
    at: object


def new_lease(worker):
    """Return the id of a new lease of a worker (any short name that no other has)."""
    return SenderLease.objects.create(worker=worker).pk


def heartbeat(worker):
    """Say that a worker's senders live, at least every ``HEARTBEAT``; return how many leases it has."""
    return SenderLease.objects.filter(worker=worker).update(seen_at=timezone.now())


def any_due(mailing_id):
    """Tell whether a mailing has deliveries that could be claimed now."""
    rows = Delivery.objects.filter(mailing=mailing_id)
    return (
        rows.filter(state=Delivery.State.QUEUED, due_at=None).exists()
        or rows.filter(due_at__lte=timezone.now(), state__in=_WAITING).exists()
    )


def take(lease_id, mailing_id, after=0, count=BATCH):
    """Claim the next deliveries of a mailing for a lease; return a Claim, None where the lease has expired.

    Not more than ``count`` are claimed. Queued ones are looked for behind the id ``after``. Those whose
    domain has had enough for now are put back with the moment of their turn.
    """
    now, count = timezone.now(), _at_most(count)
    with transaction.atomic():
        if not SenderLease.objects.filter(pk=lease_id).update(seen_at=now):
            return None
        rows = _due(mailing_id, now, max(1, count // 2))
        rows += _queued(mailing_id, after, count - len(rows))
        rows.sort()
        ids, moments = _paced(rows, now)
        Delivery.objects.filter(pk__in=ids).update(
            state=Delivery.State.SENDING, lease_id=lease_id, due_at=None
        )
        for moment, some in moments.items():
            Delivery.objects.filter(pk__in=some).update(due_at=moment)
        at = _overall().book({"": len(ids)})[""] if ids and settings.MAIL_PER_MINUTE else now
    return Claim(ids, at)


def give_back(lease_id, ids):
    """Return to the queue what was claimed under a lease and will not be sent."""
    mine = Delivery.objects.filter(pk__in=ids, lease_id=lease_id, state=Delivery.State.SENDING)
    _requeue(mine, timezone.now())


def close(lease_id):
    """End a lease of which all that was claimed is given back."""
    SenderLease.objects.filter(pk=lease_id).delete()


class Watch:
    """What one process has heard of the leases of all, to take back what expired ones had claimed.

    It asks how long the last heartbeat of a lease has been the same, by this machine's own clock: those of
    two machines need not agree.
    """

    def __init__(self):
        # {lease id: (its last heartbeat, when that was first seen here)}
        self._heard = {}
        self._looked_at = -math.inf

    def sweep(self, moment):
        """Take back what expired leases had claimed; return how many had expired.

        ``moment`` is that of ``time.monotonic()``. A process judges nobody before it has looked for a whole
        lease without a gap: who was asleep, or far from the database, has heard nobody.

        A sender sends in the order of ids and settles each delivery before the next, so of what it left
        behind the first may have been sent: that one is uncertain. The rest was not begun.
        """
        lease = LEASE.total_seconds()
        before = self._heard if moment - self._looked_at < lease / 2 else {}
        self._looked_at = moment
        self._heard = {
            lease_id: before[lease_id]
            if lease_id in before and before[lease_id][0] == heartbeat
            else (heartbeat, moment)
            for lease_id, heartbeat in SenderLease.objects.values_list("pk", "seen_at")
        }
        silent = [
            (lease_id, heartbeat)
            for lease_id, (heartbeat, since) in self._heard.items()
            if moment - since > lease
        ]
        # What is put back has leases whose claims went out since: those are for ``guard.declare_live``.
        if silent and guard.why_closed():
            return 0
        return sum(_expire(lease_id, heartbeat) for lease_id, heartbeat in silent)


def _expire(lease_id, heartbeat):
    with transaction.atomic():
        # It may have been heard again meanwhile, or another worker is here before us.
        if not SenderLease.objects.filter(pk=lease_id, seen_at=heartbeat).delete()[0]:
            return False
        left = Delivery.objects.filter(lease_id=lease_id, state=Delivery.State.SENDING)
        first = left.order_by("pk").first()
        if first is not None:
            now = timezone.now()
            mark_uncertain(first, now, "its worker died")
            _requeue(left, now)
    return True


def mark_uncertain(delivery, now, reply):
    """Note that nobody knows whether a delivery was sent: once it is sent again, twice it is held."""
    again = now + RESEND_AFTER if delivery.uncertain_count == 0 else None
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.UNCERTAIN,
        settled_at=now,
        uncertain_count=delivery.uncertain_count + 1,
        due_at=again,
        reply=reply[:60],
    )


def mark_claimed_uncertain(lease_id, pk):
    """Do as ``mark_uncertain`` does for the delivery that a sender had in its hands when it failed."""
    row = Delivery.objects.filter(pk=pk, lease_id=lease_id, state=Delivery.State.SENDING).first()
    if row is not None:
        mark_uncertain(row, timezone.now(), "its worker failed")


def _requeue(rows, now):
    # What was uncertain stays listed as that until it is settled.
    rows.filter(uncertain_count__gt=0).update(state=Delivery.State.UNCERTAIN, due_at=now)
    rows.filter(uncertain_count=0).update(state=Delivery.State.QUEUED, due_at=None)


def _at_most(count):
    """Return how many of so many may be claimed at once: some seconds' worth at the overall pace."""
    if not settings.MAIL_PER_MINUTE:
        return count
    return max(1, min(count, settings.MAIL_PER_MINUTE // 12))


_COLUMNS = ("pk", "state", "due_at", "subscriber__address_folded")


def _due(mailing_id, now, count):
    rows = Delivery.objects.filter(mailing=mailing_id, due_at__lte=now, state__in=_WAITING)
    rows = rows.order_by("due_at").select_for_update(skip_locked=True, of=("self",))
    return list(rows.values_list(*_COLUMNS)[:count])


def _queued(mailing_id, after, count):
    rows = Delivery.objects.filter(mailing=mailing_id, state=Delivery.State.QUEUED, due_at=None, pk__gt=after)
    rows = rows.order_by("pk").select_for_update(skip_locked=True, of=("self",))
    return list(rows.values_list(*_COLUMNS)[:count])


def _paced(rows, now):
    """Return the ids that may go now, and {moment: [ids]} of those whose domain's turn comes later."""
    if not settings.MAIL_PER_DOMAIN:
        return [row[0] for row in rows], {}
    counts, domains = Counter(), {}
    for pk, state, due_at, address_folded in rows:
        has_its_turn = state == Delivery.State.QUEUED and due_at is not None and due_at > now - _STALE
        if not has_its_turn and address_folded is not None:
            domains[pk] = addresses.domain(address_folded)
            counts[domains[pk]] += 1
    turns = _per_domain()
    # A domain that comes once in a batch books no turn: it cannot be a crowd.
    crowds = {name: count for name, count in counts.items() if count > 1}
    following = turns.book(crowds) if crowds else {}
    ids, moments = [], {}
    for pk, *_ in rows:
        moment = following.get(domains.get(pk))
        if moment is not None:
            following[domains[pk]] = moment + turns.interval
            if moment > now + _NEAR:
                # Those of one second go together: fewer statements, and nobody is served out of turn.
                moments.setdefault(moment.replace(microsecond=0), []).append(pk)
                continue
        ids.append(pk)
    return ids, moments


def _overall():
    return Pacer("mail", settings.MAIL_PER_MINUTE, timedelta(minutes=1))


def _per_domain():
    return Pacer("mail domain", settings.MAIL_PER_DOMAIN, timedelta(minutes=1))


def pause_after(tries):
    """Return how long a delivery is put off after so many tries: 1, 2, 4 ... 60 minutes, more or less."""
    minutes = min(2 ** min(max(tries - 1, 0), 6), 60)
    return timedelta(minutes=minutes) * random.uniform(0.8, 1.2)  # noqa: S311  no secret
