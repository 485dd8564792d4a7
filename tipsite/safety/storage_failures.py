"""What is answered where nothing can be written: the disk is full or read-only, or the database is away.

Readers' pages write nothing, and are served. Whoever sends a form gets 503, when to come again, and a page
that says so. Each verb runs in one transaction, so that nothing of it was done.
"""

import errno
import sqlite3
import sys
from collections.abc import Iterator

import psycopg2
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import bad_request, server_error

# In seconds: about what it takes to be told of it and to make room.
_RETRY_AFTER = 300
_OF_FILES = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO}
# The second byte of SQLite's codes tells the cases of each apart.
_OF_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}
# Of PostgreSQL (its manual, appendix A): a full disk, a read-only transaction, an error of the disk.
_OF_POSTGRESQL = {"53100", "25006", "58030"}


def answer(request: HttpRequest) -> HttpResponse:
    """Answer a request that failed: 503 where nothing can be written or read just now, otherwise 500.

    Django calls this (``handler500``) while it handles the exception, from whatever layer that came.
    """
    return _come_again() if is_storage_failure(sys.exc_info()[1]) else server_error(request)


def answer_bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django takes for a bad one (``handler400``): 503 as above, otherwise 400.

    A session that cannot be saved looks to Django like one that was deleted meanwhile.
    """
    return _come_again() if is_storage_failure(exception) else bad_request(request, exception)


def _come_again() -> HttpResponse:
    context = {"SITE_NAME": settings.SITE_NAME, "SITE_URL": settings.SITE_URL}
    response = HttpResponse(render_to_string("503.html", context), status=503)
    response["Retry-After"] = str(_RETRY_AFTER)
    response["Cache-Control"] = "no-store"
    return response


def is_storage_failure(error: BaseException | None) -> bool:
    """Tell whether an exception, or what caused it, says that disk or database take nothing just now."""
    return any(map(_is_of_storage, _chain(error)))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_of_storage(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _OF_SQLITE
    if isinstance(error, psycopg2.Error):
        # Without a code the server did not answer, or went away.
        is_away = error.pgcode is None and isinstance(
            error, psycopg2.OperationalError | psycopg2.InterfaceError
        )
        # Class 57 is an operator's doing, such as a shutdown.
        return is_away or error.pgcode in _OF_POSTGRESQL or (error.pgcode or "").startswith("57P")
    return isinstance(error, OSError) and error.errno in _OF_FILES
