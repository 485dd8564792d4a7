"""The worker: runs background tasks, sends mailings and keeps the clock, through restarts of the database."""

import logging
import threading
from datetime import timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connections
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks import task_backends
from django_tasks_db.backend import DatabaseBackend
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from subscribers.delivery.pool import SenderPool
from tipsite.worker import clock, task_leases

logger = logging.getLogger(__name__)

# How often the queue is looked at, in seconds.
INTERVAL = 1.0
LONGEST_PAUSE = 10.0


class Background:
    """One worker process: tasks in the calling thread, heartbeat and clock in another, mailings in more."""

    def __init__(self, stop, interval=INTERVAL):
        """``stop`` is the ``Stop`` that ends it; ``interval`` is in seconds."""
        self.stop = stop
        self.interval = interval
        self.worker_id = get_random_string(32)
        self.away = 0
        self._current = None

    def run(self):
        """Work until told to stop, then finish the task in hand and return."""
        # Its own tasks are recovered by whoever lives, so a first beat comes before the first claim.
        while not self.stop and not self._attempt(self._beat):
            pass
        pacemaker = threading.Thread(target=self._keep_time, name="clock", daemon=True)
        pacemaker.start()
        post = SenderPool(self.stop)
        post.start()
        while not self.stop.wait(self.interval):
            self._attempt(self._work)
        pacemaker.join(timeout=5)
        # A connection ends after the message in hand. What one that hangs leaves is taken for uncertain.
        post.join(seconds=5)
        try:
            task_leases.leave(self.worker_id)
        except (OperationalError, InterfaceError):
            logger.warning("The database is away; what was claimed is free again in %s.", task_leases.LEASE)
        connections.close_all()

    def take_no_more(self):
        """Leave the queue alone once the task in hand is done; a signal's handler may call this."""
        if self._current is not None:
            self._current.running = False

    def _attempt(self, step):
        """Run a step; where the database is away, say so once, wait, and return False."""
        try:
            step()
        except (OperationalError, InterfaceError) as error:
            connections.close_all()
            if not self.away:
                logger.warning("The database does not answer; waiting for it. %s", _first_line(error))
            self.away += 1
            # A task that could not report is still marked as running under the old name, which nobody
            # keeps alive any longer: the sweep finds it.
            self.worker_id = get_random_string(32)
            self.stop.wait(min(0.5 * 2 ** min(self.away, 10), LONGEST_PAUSE))
            return False
        if self.away:
            logger.warning("The database answers again.")
            self.away = 0
        return True

    def _beat(self):
        task_leases.beat(self.worker_id)

    def _work(self):
        close_old_connections()
        for alias in database_queues():
            # The library's worker takes the write lock to look for work, so it is only called for some.
            if not DBTaskResult.objects.ready().filter(backend_name=alias).exists():
                continue
            self._beat()
            self._current = Worker(
                queue_names=["*"],
                excluded_queue_names=[],
                interval=0,
                batch=True,
                backend_name=alias,
                startup_delay=False,
                max_tasks=None,
                worker_id=self.worker_id,
            )
            self._current.running = not self.stop
            try:
                self._current.run()
            finally:
                self._current = None

    def _keep_time(self):
        """Beat every few seconds and tick once a minute, in a thread and a connection of its own."""
        minute = None
        while True:
            try:
                close_old_connections()
                self._beat()
            except (OperationalError, InterfaceError):
                # The other thread says so, and waits.
                connections.close_all()
            except Exception:
                logger.exception("The worker's heartbeat failed.")
            now = timezone.now()
            if (this := now.replace(second=0, microsecond=0)) != minute:
                minute = this
                clock.tick(now)
            to_next_minute = minute + timedelta(minutes=1) - timezone.now()
            if self.stop.wait(min(task_leases.BEAT, to_next_minute).total_seconds()):
                break
        connections.close_all()


def database_queues():
    """Return the aliases of the task backends that keep their queue in the database (setting TASKS)."""
    return [alias for alias in settings.TASKS if isinstance(task_backends[alias], DatabaseBackend)]


def _first_line(error):
    return next(iter(str(error).splitlines()), type(error).__name__)
