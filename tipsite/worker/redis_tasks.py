"""Background tasks that Redis carries (the setting TASKS), done by the same workers as the database's.

RQ knows a worker by the heartbeat that it gives to Redis, and gives up what one that was killed had in hand.
Here an execution bears the name of our worker, and holds only as long as that has a heartbeat in the
database (``subscribers.delivery.heartbeat``), as with the database's own queue: then the task is queued
again. Redis may still lose all that it has. So a task is only a nudge, and rows or files say what is to do.

This module is imported where TASKS names Redis, and nowhere else.
"""

import logging
from collections.abc import Collection
from datetime import datetime

import django_rq
from django_tasks_rq import Job, RQBackend
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.executions import Execution
from rq.job import JobStatus

from subscribers.delivery import heartbeat
from subscribers.models import Heartbeat
from tipsite.worker.other_queues import OtherQueue
from tipsite.worker.stop_signal import Stop
from tipsite.worker.task_leases import KEEP_RESULTS, TRIES

logger = logging.getLogger(__name__)

# In what RQ keeps about a task: how many workers ended while they ran it.
_LOST = "lost_workers"


class RedisBackend(RQBackend, OtherQueue):
    """The library's engine, and what a worker of ours does of its queues."""

    # What one worker does stays in one thread, and each thread has an engine of its own.
    _is_away = False

    def rq_queues(self) -> list[Queue]:
        """Return the queues of this engine."""
        return [django_rq.get_queue(name, job_class=Job) for name in sorted(self.queues)]

    def work(self, worker_id: str, stop: Stop) -> None:
        try:
            if self._is_away:
                # A task that could not report is still marked as running, and this worker runs none now.
                for queue in self.rq_queues():
                    for execution in _running(queue):
                        if execution.worker_name == worker_id:
                            _requeue(queue, execution)
            for queue in self.rq_queues():
                while not stop and _run_next(queue, worker_id):
                    pass
        except RedisError as error:
            if not self._is_away:
                logger.warning("Redis does not answer; its tasks wait. %s", type(error).__name__)
            self._is_away = True
        else:
            if self._is_away:
                logger.warning("Redis answers again.")
            self._is_away = False

    def sweep(self, now: datetime) -> int:
        try:
            # The tasks first: a worker has its heartbeat before it takes one.
            running = [(queue, _running(queue)) for queue in self.rq_queues()]
            alive = set(Heartbeat.objects.values_list("pk", flat=True))
            requeued = 0
            for queue, executions in running:
                dead = (execution for execution in executions if execution.worker_name not in alive)
                requeued += sum(_requeue(queue, execution) for execution in dead) + _requeue_dropped(queue)
                # RQ's own workers do that, of which there is none.
                queue.finished_job_registry.cleanup()
                queue.failed_job_registry.cleanup()
        except RedisError as error:
            logger.warning("Redis was not asked for tasks of dead workers (%s).", type(error).__name__)
            return 0
        return requeued

    def waiting(self) -> tuple[int, datetime | None] | None:
        try:
            queues = self.rq_queues()
            firsts = [job.enqueued_at for queue in queues for job in queue.get_jobs(length=1)]
            return sum(queue.count for queue in queues), min(filter(None, firsts), default=None)
        except RedisError:
            return None


class _Performer(SimpleWorker):
    """RQ's worker without its loop, which takes the signals of the process and never ends without Redis."""

    def run_next(self, queue: Queue) -> bool:
        """Run the task at the head of a queue; return whether there was one."""
        found = Queue.dequeue_any(
            [queue], None, connection=self.connection, job_class=Job, serializer=self.serializer
        )
        if found is None:
            return False
        job = found[0]
        # Tracebacks are kept as long as those of the database's queue.
        job.failure_ttl = int(KEEP_RESULTS.total_seconds())
        self.execute_job(job, queue)
        return True


def _run_next(queue: Queue, worker_id: str) -> bool:
    if queue.is_empty():
        return False
    heartbeat.renew(worker_id)
    performer = _Performer(
        queue, worker_id, connection=queue.connection, job_class=Job, serializer=queue.serializer
    )
    return performer.run_next(queue)


def _running(queue: Queue) -> list[Execution]:
    found = []
    for job_id, execution_id in queue.started_job_registry.get_job_and_execution_ids(cleanup=False):
        execution = Execution(execution_id, job_id, queue.connection)
        if told := queue.connection.hgetall(execution.key):
            execution.restore(told)
        found.append(execution)
    return found


def _requeue(queue: Queue, execution: Execution) -> int:
    # Whoever takes the execution out of the register queues the task, and no other worker beside.
    if not queue.connection.zrem(queue.started_job_registry.key, execution.composite_key):
        return 0
    queue.connection.lrem(queue.intermediate_queue_key, 1, execution.job_id)
    job = queue.fetch_job(execution.job_id)
    # It may have ended at its worker's last word.
    if job is None or job.get_status() not in (JobStatus.STARTED, JobStatus.QUEUED):
        return 0
    job.meta[_LOST] = job.meta.get(_LOST, 0) + 1
    if job.meta[_LOST] >= TRIES:
        logger.error("Task %s (%s) lost %d workers; given up.", job.id, job.func_name, TRIES)
        job.delete()
        return 0
    logger.warning("Task %s (%s) lost its worker and is queued again.", job.id, job.func_name)
    queue.enqueue_job(job)
    return 1


def _requeue_dropped(queue: Queue) -> int:
    """Queue again what a worker took that died before it could say so, a minute after that was seen."""
    begun: Collection[str] = queue.started_job_registry.get_job_ids(cleanup=False)
    between, requeued = queue.intermediate_queue, 0
    for job_id in between.get_job_ids():
        if job_id in begun or between.set_first_seen(job_id) or not between.should_be_cleaned_up(job_id):
            continue
        if queue.connection.lrem(between.key, 1, job_id) and (job := queue.fetch_job(job_id)):
            queue.enqueue_job(job)
            requeued += 1
    return requeued
