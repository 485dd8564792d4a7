"""All connections of one worker process: they send, say that they live, and take back what dead ones had."""

import logging
import threading
import time
from contextlib import suppress

from django.conf import settings
from django.db import close_old_connections, connections
from django.utils.crypto import get_random_string

from subscribers.delivery import claims, scheduling
from subscribers.delivery.sender import AWAY, Sender
from subscribers.mail import link_mails, service_mails
from subscribers.recovery import guard

logger = logging.getLogger(__name__)

# How long who found nothing to do waits before looking again, in seconds.
IDLE = 1.0
LONGEST_PAUSE = 10.0


class SenderPool:
    """The mail of one worker: a thread for each connection, one that opens mailings, and one that beats."""

    def __init__(self, stop, senders=None):
        """``stop`` has ``wait(seconds)`` and a truth value; ``senders`` is how many connections it keeps."""
        self.stop = stop
        self.senders = settings.MAIL_CONNECTIONS if senders is None else senders
        self.worker = get_random_string(32)
        self._threads = []
        self._watch = claims.Watch()
        # When its last heartbeat was, by the machine's own clock.
        self._beaten_at = None
        # Whether the journal holds in the database that it has now. One that was put back by hand, in the
        # middle of a mailing, may not know who left since.
        self._is_up_to_date = threading.Event()

    def start(self):
        """Start the threads; they end when ``stop`` says so."""
        names = {
            "mail-heartbeat": self._keep_beating,
            "mail": self._keep_order,
            "mail-outbox": self._send_outgoing,
        }
        names |= {f"mail-{n + 1}": self._send for n in range(self.senders)}
        for name, work in names.items():
            thread = threading.Thread(target=work, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def join(self, seconds):
        """Wait for the threads to end, at most so long; return whether they all did."""
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0))
        return not any(thread.is_alive() for thread in self._threads)

    def _send(self):
        sender = Sender(self.worker, self.stop)
        self._repeat(lambda: self._send_some(sender))
        with suppress(*AWAY):
            sender.close()
        connections.close_all()

    def _send_some(self, sender):
        return self._is_up_to_date.wait(IDLE) and sender.run_once()

    def _send_outgoing(self):
        # In a thread of its own: a mail server that answers slowly here holds up nothing else.
        self._repeat(lambda: send_outgoing_mails(self.stop))
        connections.close_all()

    def _keep_beating(self):
        # In a thread of its own: to read a long journal, or to open a large mailing, may take its time.
        self._repeat(self._look_after)
        connections.close_all()

    def _look_after(self):
        now = time.monotonic()
        self._beat(now)
        self._watch.sweep(now)

    def _keep_order(self):
        self._repeat(self._order)
        connections.close_all()

    def _order(self):
        if not self._is_up_to_date.is_set() and not guard.why_closed():
            guard.replay_journal()
            self._is_up_to_date.set()
        scheduling.open_due()
        return scheduling.extend_due(self.stop)

    def _beat(self, now):
        if self._beaten_at is None or now - self._beaten_at >= claims.HEARTBEAT.total_seconds():
            claims.heartbeat(self.worker)
            # Only now: a heartbeat that failed is none.
            self._beaten_at = now

    def _repeat(self, turn):
        """Call ``turn`` until told to stop; wait where it found nothing, and longer where it failed."""
        failures = 0
        while not self.stop:
            try:
                close_old_connections()
                busy = turn()
                failures = 0
            except AWAY:
                # The worker's other threads say so. What answers later may be another copy of the database.
                connections.close_all()
                self._is_up_to_date.clear()
                failures, busy = failures + 1, False
            except Exception:
                logger.exception("Mail: a turn failed; it is tried again.")
                failures, busy = failures + 1, False
            if not busy:
                self.stop.wait(min(IDLE * 2 ** min(failures, 5), LONGEST_PAUSE))


def send_outgoing_mails(stop=False):
    """Send the mails to one person each that are due, those to subscribers first; return how many.

    No further mail is begun when ``stop`` becomes true.
    """
    return sum(outbox.send_due(stop) for outbox in (service_mails.outbox, link_mails.outbox))


class Never:
    """A stop that never comes, for those who work off what is due and return."""

    def wait(self, seconds):
        """Wait so long; return False."""
        time.sleep(max(seconds, 0))
        return False

    def __bool__(self):
        return False


def drain(stop=None, worker="by hand"):
    """Open and send, in this thread, all that is due now; return how many turns were taken.

    What is put off for later stays so. For tests; a worker does the same with a ``SenderPool``.
    """
    stop = Never() if stop is None else stop
    sender, turns = Sender(worker, stop), 0
    try:
        while not stop:
            scheduling.open_due()
            busy = scheduling.extend_due(stop)
            busy = sender.run_once() or busy
            if not busy:
                return turns
            turns += 1
    finally:
        sender.close()
    return turns
