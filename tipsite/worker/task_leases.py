"""Which background tasks are still in somebody's hands, and what becomes of those that are not.

The queue marks a task as running when a worker claims it and never looks again: a task whose worker was
killed, or lost the database before it could report, would run for ever. Here a worker's claim holds only
while its heartbeat does.
"""

import logging
from datetime import timedelta

from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from tipsite.models import Heartbeat

logger = logging.getLogger(__name__)

BEAT = timedelta(seconds=5)
LEASE = timedelta(seconds=30)
# A task that has outlived no worker in so many tries is taken for what kills them.
TRIES = 3


class WorkerLostError(Exception):
    """The worker of a task ended before the task did."""


def beat(worker_id, now=None):
    """Say that a worker is alive; to be called every ``BEAT``, first before it claims anything."""
    now = now or timezone.now()
    beats = Heartbeat.objects.filter(worker_id=worker_id)
    if beats.filter(seen_at__gte=now - LEASE).update(seen_at=now):
        return
    if not beats.update(seen_at=now, since=now):
        Heartbeat.objects.create(worker_id=worker_id, seen_at=now, since=now)


def leave(worker_id):
    """Say that a worker ends, or goes on under another name: what it has claimed is free at once."""
    Heartbeat.objects.filter(worker_id=worker_id).delete()


def sweep(now=None):
    """Put tasks of dead workers back into the queue; return how many.

    A silent worker counts as dead only where another one has been heard for a whole lease: after the
    machine slept or the database was away all are silent, and the living need a moment to say so. A task
    may still be run twice in the end, if its worker hangs for longer than a lease; tasks must bear that.
    """
    now = now or timezone.now()
    if not Heartbeat.objects.filter(since__lte=now - LEASE, seen_at__gt=now - 2 * BEAT).exists():
        return 0
    alive = set(Heartbeat.objects.filter(seen_at__gte=now - LEASE).values_list("worker_id", flat=True))
    swept = 0
    for task in DBTaskResult.objects.running():
        if task.worker_ids and task.worker_ids[-1] in alive:
            continue
        # The condition on the moment of its start leaves alone what another worker has claimed meanwhile.
        same = DBTaskResult.objects.running().filter(pk=task.pk, started_at=task.started_at)
        if len(task.worker_ids) < TRIES:
            swept += same.update(status=TaskResultStatus.READY, started_at=None)
            logger.warning("Task %s (%s) lost its worker and is queued again.", task.pk, task.task_path)
        else:
            same.update(
                status=TaskResultStatus.FAILED,
                finished_at=now,
                exception_class_path=f"{WorkerLostError.__module__}.{WorkerLostError.__qualname__}",
                traceback=f"{len(task.worker_ids)} workers ended while they ran this task.",
            )
            logger.error("Task %s (%s) lost %d workers; given up.", task.pk, task.task_path, TRIES)
    Heartbeat.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()
    return swept
