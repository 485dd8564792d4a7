"""How long a query of a page may take: one page that is slow must not take all others along.

Readers' pages have a limit of seconds, forms and the desk one of a minute; commands and the worker have none.
The limit is part of each statement, so that it holds behind PgBouncer, where nothing is set for a connection.
A server that does not even say that the limit is over has stopped: ``wait`` gives up on it.
"""

import select
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg2
from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from psycopg2 import extensions

# SQLite looks at the clock after so many steps of its machine, which are a millisecond or a few.
_STEPS = 50_000
# In seconds: how long a statement of a web process may take, how long the process waits for PostgreSQL beyond
# that, and for a connection. Who is told that nothing was done must not find later that it was.
LONGEST_STATEMENT, GRACE, LONGEST_CONNECT = 59.0, 1.0, 4.0
_of_thread = threading.local()

_Execute = Callable[[str, object, bool, dict[str, object]], object]


@contextmanager
def limited(seconds: float | None = None) -> Iterator[None]:
    """End each query of a block after so many seconds, READER_QUERY_SECONDS unless others are given.

    Where that is zero, readers' pages have no limit of their own, but that of all pages.
    """
    seconds = settings.READER_QUERY_SECONDS if seconds is None else seconds
    seconds = seconds if 0 < seconds < LONGEST_STATEMENT else LONGEST_STATEMENT
    limit = _Limit(seconds)
    before, _of_thread.silence = _silence(), seconds + GRACE
    with connection.execute_wrapper(limit):
        try:
            yield
        finally:
            _of_thread.silence = before
            limit.lift()


def wait(server: extensions.connection) -> None:
    """Wait for PostgreSQL's answer, but not for ever: its machine may stand still, and a thread with it.

    For ``psycopg2.extensions.set_wait_callback``. Raises OperationalError, which closes the connection.
    """
    is_new = server.status == extensions.STATUS_SETUP
    longest = min(LONGEST_CONNECT, _silence()) if is_new else _silence()
    until = time.monotonic() + longest
    while (state := server.poll()) != extensions.POLL_OK:
        poll = select.poll()
        poll.register(server.fileno(), select.POLLOUT if state == extensions.POLL_WRITE else select.POLLIN)
        left = until - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise psycopg2.OperationalError(f"The database has not answered within {longest:g} seconds.")


def _silence() -> float:
    seconds: float = getattr(_of_thread, "silence", LONGEST_STATEMENT + GRACE)
    return seconds


def limit_queries(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Return the middleware that limits the queries of a page.

    A request with one that takes longer is answered 503 (``storage_failures``).
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        is_readers = request.method in ("GET", "HEAD") and not request.path_info.startswith("/admin/")
        with limited(None if is_readers else LONGEST_STATEMENT):
            return get_response(request)

    return middleware


class _Limit:
    """Puts a limit on each statement of one request."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._set = f"SET LOCAL statement_timeout = {round(seconds * 1000)}"
        self._until = 0.0
        self._watched: sqlite3.Connection | None = None

    def __call__(
        self, execute: _Execute, sql: str, params: object, many: bool, context: dict[str, object]
    ) -> object:
        database = context["connection"]
        assert isinstance(database, BaseDatabaseWrapper)  # noqa: S101  as Django documents it
        if database.vendor == "sqlite":
            # Rows are found as they are fetched: SQLite is watched until the request ends.
            self._until = time.monotonic() + self._seconds
            if self._watched is None:
                self._watched = database.connection
                self._watched.set_progress_handler(self._is_over, _STEPS)
        elif database.connection.get_transaction_status() != extensions.TRANSACTION_STATUS_IDLE or many:
            # Its transaction has the limit since it began.
            pass
        elif database.in_atomic_block:
            with database.wrap_database_errors, database.connection.cursor() as cursor:
                cursor.execute(self._set)
        elif getattr(context["cursor"], "name", None) is None:
            # Both are one message to the server and one transaction, with which the limit ends. A cursor on
            # the server (``iterator``) is declared by one statement alone.
            sql = f"{self._set}; {sql}"
        return execute(sql, params, many, context)

    def _is_over(self) -> bool:
        return time.monotonic() > self._until

    def lift(self) -> None:
        """Take the limit off a connection that goes on living."""
        if self._watched is not None:
            with suppress(sqlite3.ProgrammingError):
                self._watched.set_progress_handler(None, 0)
