"""The worker: runs background tasks, sends mail and keeps the clock, through restarts of the database."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import close_old_connections, connections
from django.utils import timezone
from django_tasks import task_backends
from django_tasks_db.backend import DatabaseBackend
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from subscribers import outages
from subscribers.delivery import heartbeat
from subscribers.delivery.pool import SenderPool
from tipsite.worker import clock, task_leases
from tipsite.worker.other_queues import other_queues
from tipsite.worker.stop_signal import Stop

logger = logging.getLogger(__name__)

# How often the queue is looked at, in seconds.
INTERVAL = 1.0
LONGEST_PAUSE = 10.0
# The clock of the machine may be set: how long at most until that is seen, in seconds.
LONGEST_GLANCE = 5.0
# Of whatever queue: a worker that does all that is ready, and ends.
_new_worker = partial(Worker, queue_names=["*"], excluded_queue_names=[], batch=True, interval=0)


class Background:
    """One worker process: tasks in the calling thread, the clock in another, mail and heartbeat in more."""

    def __init__(self, stop: Stop, interval: float = INTERVAL) -> None:
        """``interval`` is in seconds."""
        self.stop, self.interval, self.pool = stop, interval, SenderPool(stop)
        self.worker_id = self.pool.worker_id
        self.away = 0
        self._current: Worker | None = None

    def run(self) -> None:
        """Work until told to stop, then finish the task in hand and return."""
        # Whatever a worker claims is its own as long as it has a heartbeat, so that comes first.
        while not self.stop and not self._attempt(self._renew_heartbeat):
            pass
        timekeeper = threading.Thread(target=self._keep_time, name="clock", daemon=True)
        timekeeper.start()
        self.pool.start()
        while not self.stop.wait(self.interval):
            self._attempt(self._work)
        timekeeper.join(timeout=5)
        # A connection ends after the message in hand. What one that hangs leaves is taken for uncertain, as
        # soon as the heartbeat of this worker is missed.
        if self.pool.join(seconds=5):
            try:
                heartbeat.end(self.worker_id)
            except outages.AWAY:
                logger.warning("The database is away; what was claimed is free again in %s.", heartbeat.LEASE)
        connections.close_all()

    def take_no_more(self) -> None:
        """Leave the queue alone once the task in hand is done; a signal's handler may call this."""
        if self._current is not None:
            self._current.running = False

    def _attempt(self, step: Callable[[], None]) -> bool:
        """Run a step; where the database is away, say so once, wait, and return False."""
        try:
            step()
        except outages.AWAY as error:
            connections.close_all()
            if not self.away:
                first_line = next(iter(str(error).splitlines()), type(error).__name__)
                logger.warning("The database does not answer; waiting for it. %s", first_line)
            self.away += 1
            self.stop.wait(min(0.5 * 2 ** min(self.away, 10), LONGEST_PAUSE))
            return False
        if self.away:
            logger.warning("The database answers again.")
            self.away = 0
        return True

    def _renew_heartbeat(self) -> None:
        heartbeat.renew(self.worker_id)

    def _work(self) -> None:
        close_old_connections()
        if self.away:
            # A task that could not report is still marked as running, and this worker runs none now.
            task_leases.give_back(self.worker_id, timezone.now())
        for alias in database_queues():
            # The library's worker takes the write lock to look for work, so it is only called for some.
            if not DBTaskResult.objects.ready().filter(backend_name=alias).exists():
                continue
            self._renew_heartbeat()
            self._current = _new_worker(
                backend_name=alias, worker_id=self.worker_id, startup_delay=False, max_tasks=None
            )
            self._current.running = not self.stop
            try:
                self._current.run()
            finally:
                self._current = None
        for queue in other_queues():
            queue.work(self.worker_id, self.stop)

    def _keep_time(self) -> None:
        """Tick once a minute, in a thread and a connection of its own."""
        ticked = None
        while True:
            close_old_connections()
            now = timezone.now()
            minute = now.replace(second=0, microsecond=0)
            if minute != ticked:
                ticked = minute
                clock.tick(now)
            to_next_minute = minute + timedelta(minutes=1) - timezone.now()
            if self.stop.wait(min(to_next_minute.total_seconds(), LONGEST_GLANCE)):
                break
        connections.close_all()


def database_queues() -> list[str]:
    """Return the aliases of the task backends that keep their queue in the database (setting TASKS)."""
    return [alias for alias in settings.TASKS if isinstance(task_backends[alias], DatabaseBackend)]
