"""How long a query of a reader's page may take: one page that is slow must not take all others along.

The limit is part of each statement, so that it holds behind PgBouncer, where nothing is set for a connection.
What staff, commands and the worker ask may take its time.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress

from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

# SQLite looks at the clock after so many steps of its machine, which are a millisecond or a few.
_STEPS = 50_000

_Execute = Callable[[str, object, bool, dict[str, object]], object]


@contextmanager
def limited() -> Iterator[None]:
    """End each query of a block after READER_QUERY_SECONDS; zero seconds are no limit."""
    if settings.READER_QUERY_SECONDS <= 0:
        yield
        return
    limit = _Limit(settings.READER_QUERY_SECONDS)
    with connection.execute_wrapper(limit):
        try:
            yield
        finally:
            limit.lift()


def limit_queries(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Return the middleware that limits the queries of a reader's page.

    A request with one that takes longer is answered 503 (``storage_failures``).
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        is_readers = request.method in ("GET", "HEAD") and not request.path_info.startswith("/admin/")
        with limited() if is_readers else nullcontext():
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
        elif database.connection.get_transaction_status() != TRANSACTION_STATUS_IDLE or many:
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
