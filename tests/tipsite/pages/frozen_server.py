"""A PostgreSQL server whose machine can stand still: it takes what is sent, and says nothing."""

import contextlib
import select
import socket
from threading import Event, Thread

from django.db import connection


class Proxy:
    """Passes on what goes to the database of the tests, and what comes back, unless it is ``frozen``."""

    def __init__(self):
        self.frozen, self._ended = Event(), Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = Thread(target=self._run)
        self._thread.start()

    def end(self):
        self._ended.set()
        self._thread.join()
        self._listener.close()

    def _run(self):
        ends = {}
        with contextlib.ExitStack() as stack:
            while not self._ended.is_set():
                for ready in select.select([self._listener, *ends], [], [], 0.02)[0]:
                    if ready is self._listener:
                        here, there = stack.enter_context(ready.accept()[0]), stack.enter_context(_server())
                        ends |= {here: there, there: here}
                    elif ready in ends and not self.frozen.is_set():
                        try:
                            data = ready.recv(65536)
                            ends[ready].sendall(data)
                        except OSError:
                            data = b""
                        if not data:
                            other = ends.pop(ready)
                            del ends[other]
                            ready.close()
                            other.close()


def _server():
    place = connection.settings_dict
    if place["HOST"].startswith("/"):
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{place['HOST']}/.s.PGSQL.{place['PORT'] or 5432}")
        return server
    return socket.create_connection((place["HOST"] or "127.0.0.1", place["PORT"] or 5432))
