"""Which workers live: one row for each process, and one rule that says when a process is dead.

Whatever a worker claims, deliveries or background tasks, is its own as long as its row is there. A worker
renews its row every few seconds. Each worker watches the rows of all: a row that has not changed for a whole
lease is that of a dead worker, and is deleted together with its claims (``claims.sweep``).
"""

import math
import socket
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import get_random_string

from shield import clocks
from subscribers.models import Heartbeat

INTERVAL = timedelta(seconds=5)
# A worker that was not heard for so long is dead. Its process beats even while the mail server hangs.
LEASE = timedelta(seconds=30)


def new_worker_id() -> str:
    """Return an id that no other worker process has."""
    return get_random_string(32)


def renew(worker_id: str) -> None:
    """Say that a worker lives: at least once in each ``INTERVAL``, and before it claims anything."""
    ahead = clocks.ahead_of_database()
    row = Heartbeat(worker_id=worker_id, seen_at=timezone.now() - ahead)
    row.host, row.clock_ahead = socket.gethostname()[:100], ahead.total_seconds()
    unique, updated = ["worker_id"], ["seen_at", "host", "clock_ahead"]
    Heartbeat.objects.bulk_create([row], update_conflicts=True, unique_fields=unique, update_fields=updated)


def end(worker_id: str) -> None:
    """Say that a worker has ended: its tasks are free at once.

    The row of a worker with an open lease stays: others take back what that lease holds when it is silent.
    """
    Heartbeat.objects.filter(pk=worker_id, leases=None).delete()


def alive(now: datetime) -> QuerySet[Heartbeat]:
    """Return the heartbeats of the workers that live, for those who cannot watch for a lease.

    ``now`` is an aware datetime by the database's clock. What lies far in the future is of a worker that died
    before that clock was set back.
    """
    return Heartbeat.objects.filter(seen_at__range=(now - 2 * LEASE, now + 2 * LEASE))


class Watch:
    """What one process has heard of all workers.

    The watch asks how long the last heartbeat of a worker has been the same, by this machine's own clock: the
    clocks of two machines need not agree.
    """

    def __init__(self) -> None:
        # {worker id: (its last heartbeat, when that was first seen here)}
        self._heard: dict[str, tuple[datetime, float]] = {}
        self._looked_at = -math.inf

    def silent(self, moment: float) -> list[Heartbeat]:
        """Return the last heartbeats of the workers that are dead at a ``moment`` of ``time.monotonic()``.

        A process judges nobody before it has looked for a whole lease without a gap: who was asleep, or far
        from the database, has heard nobody.
        """
        lease = LEASE.total_seconds()
        before = self._heard if moment - self._looked_at < lease / 2 else {}
        self._looked_at, self._heard = moment, {}
        silent = []
        for heartbeat in Heartbeat.objects.all():
            seen_at, since = before.get(heartbeat.pk, (None, moment))
            if seen_at != heartbeat.seen_at:
                since = moment
            self._heard[heartbeat.pk] = heartbeat.seen_at, since
            if moment - since > lease:
                silent.append(heartbeat)
        return silent
