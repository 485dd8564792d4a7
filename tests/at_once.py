"""Two connections to PostgreSQL at once: what somebody else does in the middle of our transaction."""

import threading

from django.db import connection, connections


def is_anybody_waiting_for_us():
    """Tell whether a connection waits for a lock that ours holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        return cursor.fetchone() is not None


class SomebodyElse:
    """Does something in a connection of their own; ``error`` is what was raised there, if anything."""

    def __init__(self, work):
        self.work, self.result, self.error = work, None, None
        self.thread = threading.Thread(target=self._work)

    def _work(self):
        try:
            self.result = self.work()
        except Exception as error:
            self.error = error
        finally:
            connections.close_all()

    def until_they_wait_for_us(self):
        """Begin, and return as soon as they wait for a lock of ours, or are done."""
        self.thread.start()
        while self.thread.is_alive() and not is_anybody_waiting_for_us():
            pass

    def outcome(self):
        """Let them come to their end; return what came of it, or raise what they raised."""
        self.thread.join()
        if self.error:
            raise self.error
        return self.result
