"""All connections of one worker process: they send, beat, and look after what dead workers left."""

import logging
import threading
import time
from contextlib import suppress

from django.conf import settings
from django.db import close_old_connections, connections
from django.utils.crypto import get_random_string

from subscribers.delivery import claims, opening
from subscribers.delivery.sending import AWAY, Sender

logger = logging.getLogger(__name__)

# How long who found nothing to do waits before looking again, in seconds.
IDLE = 1.0
LONGEST_PAUSE = 10.0


class Post:
    """The mail of one worker: a thread for each connection, and one that opens mailings and beats."""

    def __init__(self, stop, lines=None):
        """``stop`` has ``wait(seconds)`` and a truth value; ``lines`` is how many connections it keeps."""
        self.stop = stop
        self.lines = settings.MAIL_CONNECTIONS if lines is None else lines
        self.worker = get_random_string(32)
        self._threads = []
        # Since when its beats have had no gap: before it judges others it must be sure of itself.
        self._steady_since = None

    def start(self):
        """Start the threads; they end when ``stop`` says so."""
        names = {"mail": self._keep_order} | {f"mail-{n + 1}": self._send for n in range(self.lines)}
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
        self._repeat(sender.turn)
        with suppress(*AWAY):
            sender.close()
        connections.close_all()

    def _keep_order(self):
        # SQLite's thread of all writes must not be left waiting for an opening: it gives way between chunks.
        self._repeat(self._order)
        connections.close_all()

    def _order(self):
        self._beat()
        if self._is_steady():
            claims.sweep()
        opening.open_due()
        return opening.extend_due(_StopOrBeat(self))

    def _beat(self):
        now = time.monotonic()
        if self._steady_since is None or now - self._beaten_at > claims.LEASE.total_seconds() / 2:
            self._steady_since = now
        elif now - self._beaten_at < claims.BEAT.total_seconds():
            return
        claims.beat(self.worker)
        self._beaten_at = now

    def _is_steady(self):
        return time.monotonic() - self._steady_since > claims.LEASE.total_seconds()

    def _repeat(self, turn):
        """Call ``turn`` until told to stop; wait where it found nothing, and longer where it failed."""
        failures = 0
        while not self.stop:
            try:
                close_old_connections()
                busy = turn()
                failures = 0
            except AWAY:
                # The worker's other threads say so.
                connections.close_all()
                failures, busy = failures + 1, False
            except Exception:
                logger.exception("Mail: a turn failed; it is tried again.")
                failures, busy = failures + 1, False
            if not busy:
                self.stop.wait(min(IDLE * 2 ** min(failures, 5), LONGEST_PAUSE))


class _StopOrBeat:
    """True when the opening of a mailing should leave off for a moment: to end, or to beat."""

    def __init__(self, post):
        self._post, self._until = post, time.monotonic() + claims.BEAT.total_seconds()

    def __bool__(self):
        return bool(self._post.stop) or time.monotonic() > self._until


class Never:
    """A stop that never comes, for those who work off what is due and return."""

    def wait(self, seconds):
        """Wait so long; return False."""
        time.sleep(max(seconds, 0))
        return False

    def __bool__(self):
        return False


def work_off(stop=None, worker="by hand"):
    """Open and send, in this thread, all that is due now; return how many turns were taken.

    What is put off for later stays so. For commands and tests; a worker does the same with a ``Post``.
    """
    stop = Never() if stop is None else stop
    sender, turns = Sender(worker, stop), 0
    try:
        while not stop:
            opening.open_due()
            busy = opening.extend_due(stop)
            busy = sender.turn() or busy
            if not busy:
                return turns
            turns += 1
    finally:
        sender.close()
    return turns
