"""Web processes whose threads wait for no slow client: a request gets a thread when it is there as a whole.

Gunicorn's own threads read a request while it arrives. Whoever sends nothing, or a byte now and then, keeps
one of them, and a few such connections keep them all. Here the main thread looks at what has arrived, without
taking it, and hands over what is complete. (gunicorn is told by ``--worker-class``.)
"""

import re
import socket
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ, BaseSelector

from gunicorn.workers.gthread import TConn, ThreadWorker

# What is waited for as a whole, in bytes: the forms of readers are shorter, and so is any head.
WHOLE = 32 * 1024

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*$", re.IGNORECASE | re.MULTILINE)
_CHUNKED = re.compile(rb"^transfer-encoding:", re.IGNORECASE | re.MULTILINE)
# A client that asks whether to go on has to be answered first (RFC 9110, 10.1.1).
_EXPECTS = re.compile(rb"^expect:", re.IGNORECASE | re.MULTILINE)
# WSGI knows no body without a length, so nothing that we do reads one.
_LENGTH_REQUIRED = b"HTTP/1.1 411 Length Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class PatientWorker(ThreadWorker):
    """Gunicorn's worker with threads; see the module. What it keeps is used by the main thread alone."""

    # How long a client may take to send a request, from the moment at which it is waited for, in seconds.
    patience = 15.0
    # How long a longer request, such as an upload, may take. It has a thread meanwhile.
    long_patience = 300.0
    poller: BaseSelector

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        # Connections without a thread: until when each may send its request, and how much was there of it.
        self._waiting: dict[TConn, tuple[float, int]] = {}
        # Long requests: those that have a thread, with the end of our patience, and those that wait for one.
        self._long: dict[TConn, float] = {}
        self._next_long: deque[TConn] = deque()

    def enqueue_req(self, conn: TConn) -> None:
        """Give a connection to a thread if its request is there, and else watch it.

        Gunicorn calls this for a new connection, and whenever an old one has something to read.
        """
        deadline, before = self._waiting.pop(conn, (time.monotonic() + self.patience, -1))
        # What came along with the request before.
        ahead = conn.parser.unreader.buf.getvalue() if conn.parser else b""
        try:
            conn.sock.setblocking(False)
            arrived = ahead + conn.sock.recv(WHOLE + 1, socket.MSG_PEEK)
            # Told that there is something new, and there is not: the client has ended.
            is_all = len(arrived) in (len(ahead), before)
        except BlockingIOError:
            arrived, is_all = ahead, False
        except OSError:
            arrived, is_all = ahead, True
        head, is_whole_head, body = arrived.partition(_END_OF_HEAD)
        head = head.replace(b"\r", b"")
        length = int(found[1]) if (found := _LENGTH.search(head)) else 0
        missing = length - len(body) if is_whole_head else 1
        if is_whole_head and _CHUNKED.search(head):
            self._end(conn, _LENGTH_REQUIRED)
        elif missing <= 0 or is_all:
            self._hand_over(conn)
        elif is_whole_head and (len(arrived) + missing > WHOLE or _EXPECTS.search(head)):
            self._next_long.append(conn)
            self._hand_over_long()
        elif len(arrived) > WHOLE:
            self._end(conn)
        else:
            self._waiting[conn] = deadline, len(arrived)
            # The system tells of the next bytes, and not again of those that are there.
            _tell_of(conn, len(arrived) - len(ahead) + missing)
            self.poller.register(conn.sock, EVENT_READ, partial(self._look_again, conn))

    def finish_request(self, conn: TConn, fs: "Future[object]") -> None:
        """Take a connection back from its thread."""
        self._long.pop(conn, None)
        super().finish_request(conn, fs)
        self._hand_over_long()

    def murder_pending(self) -> None:
        """End what took too long. Gunicorn calls this about once a second."""
        now = time.monotonic()
        for conn in [conn for conn, (deadline, _) in self._waiting.items() if deadline <= now]:
            del self._waiting[conn]
            self.poller.unregister(conn.sock)
            self._end(conn)
        for conn in [conn for conn, deadline in self._long.items() if deadline <= now]:
            # Its thread reads the end of the request, and is free.
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RD)

    def _cap_keepalive(self, deadline: float) -> None:
        """When the process is to end, wait no longer than ``deadline`` for requests that have not begun."""
        super()._cap_keepalive(deadline)
        for conn, (until, arrived) in self._waiting.items():
            self._waiting[conn] = min(until, deadline) if not arrived else until, arrived

    def _look_again(self, conn: TConn, client: socket.socket) -> None:
        self.poller.unregister(client)
        self.enqueue_req(conn)

    def _hand_over(self, conn: TConn) -> None:
        _tell_of(conn, 1)
        conn.data_ready = True
        super().enqueue_req(conn)

    def _hand_over_long(self) -> None:
        """Give long requests half of the threads at most: the other half is always there for readers."""
        while self._next_long and len(self._long) < max(1, self.cfg.threads // 2):
            conn = self._next_long.popleft()
            self._long[conn] = time.monotonic() + self.long_patience
            self._hand_over(conn)

    def _end(self, conn: TConn, answer: bytes = b"") -> None:
        self.nr_conns -= 1
        with suppress(OSError):
            # What has not been read would have the system break the connection off, and the answer with it.
            conn.sock.recv(WHOLE + 1)
            conn.sock.send(answer)
        conn.close()


def _tell_of(conn: TConn, count: int) -> None:
    """Have a connection count as readable once so many bytes are there, or no more will come (socket(7))."""
    conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)
