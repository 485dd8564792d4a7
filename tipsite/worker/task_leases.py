"""Which background tasks are in nobody's hands any more, and what becomes of them.

The queue marks a task as running when a worker claims it and never looks again: a task whose worker was
killed, or lost the database before it could report, would run for ever. Here a worker's claim holds only
while its heartbeat does (``subscribers.delivery.heartbeat``).
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from subscribers.models import Heartbeat

logger = logging.getLogger(__name__)

# A task that has outlived no worker in so many tries is taken for what kills them.
TRIES = 3
# How long the outcome of a background task can be looked up.
KEEP_RESULTS = timedelta(days=14)


class WorkerLostError(Exception):
    """The worker of a task ended before the task did."""


def sweep(now: datetime) -> int:
    """Put tasks of dead workers back into the queue; return how many.

    A task may still be run twice in the end, if its worker hangs for longer than a lease; tasks must bear
    that.
    """
    # The tasks first: a worker has its heartbeat before it claims.
    running = list(DBTaskResult.objects.running())
    alive = set(Heartbeat.objects.values_list("pk", flat=True))
    return _requeue((task for task in running if not alive.intersection(task.worker_ids[-1:])), now)


def give_back(worker_id: str, now: datetime) -> int:
    """Put the tasks of a worker that runs none any more back into the queue; return how many."""
    running = DBTaskResult.objects.running()
    return _requeue((task for task in running if task.worker_ids[-1:] == [worker_id]), now)


def _requeue(tasks: Iterable[DBTaskResult], now: datetime) -> int:
    requeued = 0
    for task in tasks:
        # The condition on the moment of its start leaves alone what another worker has claimed meanwhile.
        same = DBTaskResult.objects.running().filter(pk=task.pk, started_at=task.started_at)
        if len(task.worker_ids) < TRIES:
            requeued += same.update(status=TaskResultStatus.READY, started_at=None)
            logger.warning("Task %s (%s) lost its worker and is queued again.", task.pk, task.task_path)
        else:
            same.update(
                status=TaskResultStatus.FAILED,
                finished_at=now,
                exception_class_path=f"{WorkerLostError.__module__}.{WorkerLostError.__qualname__}",
                traceback=f"{len(task.worker_ids)} workers ended while they ran this task.",
            )
            logger.error("Task %s (%s) lost %d workers; given up.", task.pk, task.task_path, TRIES)
    return requeued
