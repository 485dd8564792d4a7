"""The journal in a second database (JOURNAL_URL), which several machines reach as they reach the first.

It keeps the promises of the file: a line that was added outlives a failure of power, nobody adds two at once,
and whoever goes on reading misses none. The second database must not be the one that it guards: both would be
put back together, and nobody would see it. Its connections are its own, apart from Django's: what it is told
stands outside of every transaction of the first database.
"""

import errno
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from django.db import DatabaseError, connection
from psycopg2 import extensions
from psycopg2.extras import execute_values

from subscribers.people.journal_file import JournalFile, is_nearly_full
from subscribers.people.journal_places import Place

Connection = extensions.connection
Work = Callable[[Connection], None]

SAME = "it is the database that it should guard"
# A server that is away keeps nobody waiting for longer, in seconds; and so long it is not asked again.
_CONNECT, _REST = 3, 5.0
_AT_ONCE = 5000
_TABLE = """
CREATE TABLE IF NOT EXISTS tips_journal
(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, line text NOT NULL)
"""
# Within the transaction alone, so that a pool of connections is none the wiser.
_LIMITS = (
    "SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '10s'; SET LOCAL synchronous_commit = on"
)
# Numbers are given in the order of the commits: a reader that saw one has seen all before it.
_ALONE = "LOCK TABLE tips_journal IN SHARE ROW EXCLUSIVE MODE"
_INSERT = "INSERT INTO tips_journal (line) VALUES %s"
_READ = "SELECT id, line FROM tips_journal WHERE id >= %s ORDER BY id LIMIT %s"
_FOLDER = "SELECT setting FROM pg_settings WHERE name = 'data_directory'"
_HERE = ("", "localhost", "127.0.0.1", "::1")
_IS_THERE = "SELECT 1 WHERE to_regclass('tips_journal') IS NOT NULL"
# A server's own number, and the database's there. Whoever has a copy of both has the same database.
_IDENTITY = (
    "SELECT system_identifier || ' ' || oid FROM pg_control_system(), pg_database"
    " WHERE datname = current_database()"
)


class JournalDatabase:
    """A journal in a table of a PostgreSQL database. What the server refuses is raised as OSError.

    ``url`` names the database; lines of ``former`` are taken over when the table is made.
    """

    advice = "See to the database of JOURNAL_URL."

    def __init__(self, url: str, former: JournalFile) -> None:
        self._url, self._former = url, former
        self._of_thread = threading.local()
        self._away_until = 0.0

    def __str__(self) -> str:
        parts = urlsplit(self._url)
        return f"in the database {parts.path.strip('/')} of {parts.hostname or 'this machine'}"

    def append(self, lines: bytes) -> None:
        """Add whole lines, and wait until the server has them on its disk."""
        rows = [(line,) for line in lines.decode().splitlines()] or [("",)]

        def add(of: Connection) -> None:
            with of.cursor() as cursor:
                cursor.execute(_ALONE)
                execute_values(cursor, _INSERT, rows)

        # If only the answer to a commit was lost, lines stand there twice, and say nothing new.
        self._do(add)

    def why_unwritable(self) -> str:
        """Return why nothing could be added now, in a few words, or "" where it could; nothing is added."""

        def try_it(of: Connection) -> None:
            with of.cursor() as cursor:
                cursor.execute("SAVEPOINT empty")
                cursor.execute("INSERT INTO tips_journal (line) VALUES ('')")
                cursor.execute("ROLLBACK TO SAVEPOINT empty")

        try:
            self._do(try_it)
        except OSError as error:
            return error.strerror or type(error).__name__
        return ""

    def is_short_of_room(self) -> bool:
        """Tell whether the disk of a server on this machine is nearly full, as far as one can know.

        A server says where its files are to who may read all its settings (``pg_read_all_settings``), and no
        server says how full the disk of another machine is.
        """
        folders: list[str] = []

        def ask(of: Connection) -> None:
            if of.info.host in _HERE or of.info.host.startswith("/"):
                with of.cursor() as cursor:
                    cursor.execute(_FOLDER)
                    folders[:] = [row[0] for row in cursor.fetchall()]

        # Of a server that does not answer, or whose files are out of sight, ``why_unwritable`` tells more.
        with suppress(OSError):
            self._do(ask)
            return any(is_nearly_full(Path(folder)) for folder in folders)
        return False

    def lines(self) -> Iterator[bytes]:
        """Yield all lines, each with its end."""
        for step in self.go_on(None):
            if step:
                yield step[1]

    def go_on(self, place: Place | None) -> Iterator[tuple[Place, bytes] | None]:
        """Yield the lines after a Place that this yielded before, each with its own Place.

        Where the row of that Place is another one by now, None comes first, and then all lines.
        """
        if place and place.identity == self._url:
            rows = self._read(place.offset)
            if rows and rows[0] == (place.offset, place.line):
                yield from self._places(rows[1:], is_full=len(rows) == _AT_ONCE)
                return
        yield None
        rows = self._read(0)
        yield from self._places(rows, is_full=len(rows) == _AT_ONCE)

    def put_before(self, old: bytes) -> None:
        """Let the journal have all lines of an older one, before its own. Mostly it has them already."""
        before = [(line,) for line in old.decode(errors="replace").replace("\0", "").splitlines()]

        def rewrite(of: Connection) -> None:
            with of.cursor() as cursor:
                cursor.execute("LOCK TABLE tips_journal IN ACCESS EXCLUSIVE MODE")
                cursor.execute("SELECT line FROM tips_journal ORDER BY id")
                present = cursor.fetchall()
                if present[: len(before)] != before:
                    cursor.execute("DELETE FROM tips_journal")
                    execute_values(cursor, _INSERT, before + present, page_size=_AT_ONCE)

        self._do(rewrite)

    def _places(self, rows: list[tuple[int, bytes]], *, is_full: bool) -> Iterator[tuple[Place, bytes]]:
        while rows:
            for number, line in rows:
                yield Place(self._url, number, line), line
            rows = self._read(rows[-1][0] + 1) if is_full else []
            is_full = len(rows) == _AT_ONCE

    def _read(self, first: int) -> list[tuple[int, bytes]]:
        found: list[tuple[int, bytes]] = []

        def read(of: Connection) -> None:
            with of.cursor() as cursor:
                cursor.execute(_READ, [first, _AT_ONCE])
                found[:] = [(number, f"{line}\n".encode()) for number, line in cursor.fetchall()]

        self._do(read)
        return found

    def _do(self, work: Work) -> None:
        """Do something in a transaction; once more on a new connection where the old one had ended."""
        with _as_os_error():
            try:
                self._within_transaction(work)
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                was_old = self._of_thread.__dict__.pop("is_used", False)
                self._let_go()
                if not was_old:
                    raise
                self._within_transaction(work)
            self._of_thread.is_used = True

    def _within_transaction(self, work: Work) -> None:
        of = self._connected()
        with of:
            with of.cursor() as cursor:
                cursor.execute(_LIMITS)
            work(of)

    def _connected(self) -> Connection:
        of: Connection | None = getattr(self._of_thread, "connection", None)
        if of is None or of.closed:
            if time.monotonic() < self._away_until:
                raise OSError(errno.EHOSTDOWN, "its server does not answer")
            try:
                of = psycopg2.connect(self._url, connect_timeout=_CONNECT, application_name="tips journal")
                self._make_ready(of)
            except psycopg2.OperationalError:
                self._away_until = time.monotonic() + _REST
                raise
            self._of_thread.connection = of
        return of

    def _make_ready(self, of: Connection) -> None:
        """Make the table where there is none. Raises OSError where this is the database that it guards."""
        with of, of.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(_IDENTITY)
                if cursor.fetchall() == [(_identity_of_guarded(_name_of_guarded()),)]:
                    raise OSError(errno.EINVAL, SAME)
            cursor.execute(_IS_THERE)
            if cursor.fetchall():
                return
            # Whoever makes it at the same time waits here.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('tips_journal'))")
            cursor.execute(_TABLE)
            cursor.execute("SELECT 1 FROM tips_journal LIMIT 1")
            former = [(line.decode(errors="replace").rstrip("\n"),) for line in self._former.lines()]
            if former and not cursor.fetchall():
                execute_values(cursor, _INSERT, former, page_size=_AT_ONCE)

    def _let_go(self) -> None:
        of = self._of_thread.__dict__.pop("connection", None)
        if of is not None:
            of.close()


@cache
def of_url(url: str, former: Path) -> JournalDatabase:
    """Return the journal in a database, the same object for all threads of this process."""
    return JournalDatabase(url, JournalFile(former))


def _name_of_guarded() -> str:
    place = connection.settings_dict
    return f"{place['HOST']}:{place['PORT']}/{place['NAME']}"


@cache
def _identity_of_guarded(name: str) -> str:
    """Return the identity of the first database, which has a name."""
    with connection.cursor() as cursor:
        cursor.execute(_IDENTITY)
        return str(cursor.fetchone()[0])


@contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except psycopg2.Error as error:
        words = " ".join(str(error).split()) or type(error).__name__
        raise OSError(errno.EIO, f"its server said: {words[:200]}") from error
    except DatabaseError as error:
        raise OSError(errno.EIO, "the database that it guards does not answer") from error
