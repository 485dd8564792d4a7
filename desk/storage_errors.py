"""Errors that are nobody's fault: disk or database take nothing just now, or somebody else is writing."""

import errno
import sqlite3
from collections.abc import Iterator

import psycopg2

# In seconds, when to come again: a disk that is full waits for a person, a lock for a writer.
COME_AGAIN, COME_AGAIN_SOON = 300, 5
_OF_FILES = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO}
# Interrupted is what took longer than a reader's page may.
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT}
# The second byte of SQLite's codes tells the cases of each apart.
_OF_SQLITE = _BUSY | {
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
}
# Of PostgreSQL (its manual, appendix A): a full disk, a read-only transaction, an error of the disk.
_OF_POSTGRESQL = {"53100", "25006", "58030"}
# A lock that was waited for in vain; a statement that was ended for taking too long; two who waited for each
# other, one of whom was ended.
_OF_A_BUSY_SERVER = {"55P03", "57014", "40P01"}


def retry_after(error: BaseException | None) -> int | None:
    """Return after how many seconds what failed may be tried again, or None where trying again helps nobody.

    What caused the error counts as well.
    """
    causes = list(_chain(error))
    if any(map(_is_busy, causes)):
        return COME_AGAIN_SOON
    return COME_AGAIN if any(map(_is_of_storage, causes)) else None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_busy(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return _sqlite_code(error) in _BUSY
    return isinstance(error, psycopg2.Error) and error.pgcode in _OF_A_BUSY_SERVER


def _is_of_storage(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return _sqlite_code(error) in _OF_SQLITE
    if isinstance(error, psycopg2.Error):
        # Without a code the server did not answer, or went away.
        is_away = error.pgcode is None and isinstance(
            error, psycopg2.OperationalError | psycopg2.InterfaceError
        )
        # Class 57 is an operator's doing, such as a shutdown.
        return is_away or error.pgcode in _OF_POSTGRESQL or (error.pgcode or "").startswith("57P")
    return isinstance(error, OSError) and error.errno in _OF_FILES


def _sqlite_code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
