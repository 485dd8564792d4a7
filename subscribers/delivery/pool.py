"""All connections of one worker process: they send, say that they live, and take back what dead ones had."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.db import close_old_connections, connections

from subscribers import outages
from subscribers.delivery import audience, claims, heartbeat, scheduling
from subscribers.delivery.sender import Sender, Stop
from subscribers.mail import link_mails, service_mails
from subscribers.recovery import guard

logger = logging.getLogger(__name__)

# How long a thread that found nothing to do waits before it looks again, in seconds.
IDLE = 1.0
LONGEST_PAUSE = 10.0


class SenderPool:
    """The mail of one worker: a thread for each connection of mailings, and one for each of three other jobs.

    One thread sends the mails to one person each, one opens mailings, and one gives the worker's heartbeat.
    """

    def __init__(self, stop: Stop, senders: int | None = None) -> None:
        """``senders`` is how many connections send mailings (the setting MAIL_CONNECTIONS unless given)."""
        self.stop = stop
        self.senders = settings.MAIL_CONNECTIONS if senders is None else senders
        self.worker_id = heartbeat.new_worker_id()
        self._threads: list[threading.Thread] = []
        self._watch = heartbeat.Watch()
        # When its last heartbeat was, by the machine's own clock.
        self._renewed_at: float | None = None
        # Whether the journal holds in the database that it has now. A database that was put back by hand, in
        # the middle of a mailing, may not know who left since.
        self._is_up_to_date = threading.Event()

    def start(self) -> None:
        """Start the threads; they end when ``stop`` says so."""
        # Each in a thread of its own: to read a long journal or to open a large mailing may take its time,
        # and a mail server that answers slowly to one mail must hold up nothing else.
        jobs: dict[str, Callable[[], None]] = {
            "mail-heartbeat": lambda: self._repeat(self._look_after),
            "mail": lambda: self._repeat(self._open_mailings),
            "mail-outbox": lambda: self._repeat(lambda: send_outgoing_mails(self.stop, self.worker_id)),
        }
        jobs |= {f"mail-{number + 1}": self._send for number in range(self.senders)}
        self._threads = [threading.Thread(target=job, name=name, daemon=True) for name, job in jobs.items()]
        for thread in self._threads:
            thread.start()

    def join(self, seconds: float) -> bool:
        """Wait for the threads to end, at most so long; return whether they all did."""
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0))
        return not any(thread.is_alive() for thread in self._threads)

    def _send(self) -> None:
        sender = Sender(self.worker_id, self.stop)
        self._repeat(lambda: self._send_some(sender))
        with suppress(*outages.AWAY):
            sender.close()
        connections.close_all()

    def _send_some(self, sender: Sender) -> bool:
        return self._is_up_to_date.wait(IDLE) and sender.run_once()

    def _look_after(self) -> None:
        now = time.monotonic()
        if self._renewed_at is None or now - self._renewed_at >= heartbeat.INTERVAL.total_seconds():
            heartbeat.renew(self.worker_id)
            # Only now: a heartbeat that failed is none.
            self._renewed_at = now
        claims.sweep(self._watch, now)

    def _open_mailings(self) -> bool:
        if not self._is_up_to_date.is_set() and not guard.why_closed():
            guard.replay_journal()
            self._is_up_to_date.set()
        scheduling.open_due()
        return audience.extend_due(self.stop)

    def _repeat(self, job: Callable[[], object]) -> None:
        """Do a job until told to stop; wait where it found nothing to do, and longer where it failed."""
        failures = 0
        while not self.stop:
            try:
                close_old_connections()
                is_busy = job()
                failures = 0
            except outages.AWAY:
                # The worker's main thread says so. What answers later may be another copy of the database.
                connections.close_all()
                self._is_up_to_date.clear()
                failures, is_busy = failures + 1, False
            except Exception:
                logger.exception("Mail: a job failed; it is tried again.")
                failures, is_busy = failures + 1, False
            if not is_busy:
                self.stop.wait(min(IDLE * 2 ** min(failures, 5), LONGEST_PAUSE))
        connections.close_all()


def send_outgoing_mails(stop: object = False, worker_id: str = "") -> int:
    """Send the mails to one person each that are due, those to subscribers first; return how many.

    No further mail is begun when ``stop`` becomes true. ``worker_id`` is as in ``Outbox.send_due``.
    """
    outboxes = service_mails.outbox, link_mails.outbox
    return sum(outbox.send_due(stop, worker_id=worker_id) for outbox in outboxes)
