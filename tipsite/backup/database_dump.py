"""The database as one file, as one moment saw it, and such a file put in the place of the database.

SQLite makes its copies itself (``VACUUM INTO``); PostgreSQL has programs for it, which must be installed here
(``pg_dump`` in its custom format, ``pg_restore``, ``psql``).
"""

import os
import re
import sqlite3
import subprocess
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path

from django.conf import settings
from django.db import connection, connections, transaction

from subscribers.models.database_identity import new_name
from subscribers.recovery import guard

# How long a restore waits for those who hold the database, in seconds.
_PATIENCE = 30
# All tables are removed first: a backup of an older version does not know every table.
_CLEAR = """
SET lock_timeout = '30s';
DO $$ DECLARE target text; BEGIN
FOR target IN SELECT c.oid::regclass FROM pg_class c WHERE relnamespace = 'public'::regnamespace
AND relkind IN ('r', 'p') LOOP EXECUTE 'DROP TABLE IF EXISTS ' || target || ' CASCADE'; END LOOP;
FOR target IN SELECT p.oid::regprocedure FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
LOOP EXECUTE 'DROP FUNCTION IF EXISTS ' || target || ' CASCADE'; END LOOP;
END $$;
"""
# What was on its way when the backup was taken went out after it, and no later checkpoint of the journal
# knows of it: a person decides. A welcome has no mailing, and is its service mail's affair.
_MARK_UNCERTAIN = f"""
UPDATE subscribers_delivery SET state = 'uncertain', uncertain_count = 2, due_at = NULL, lease_id = NULL,
reply = '{guard.REPLY}', settled_at = CURRENT_TIMESTAMP WHERE state = 'sending' AND mailing_id IS NOT NULL;
DELETE FROM subscribers_senderlease;
"""  # noqa: S608  the words are our own
# A backup of a version that mailed no tips has no leases.
_MARK_UNCERTAIN_IF_IT_MAILS = f"""
SET search_path = public;
DO $$ BEGIN IF to_regclass('subscribers_senderlease') IS NOT NULL THEN {_MARK_UNCERTAIN} END IF; END $$;
"""
# What readers were served since the backup was taken is no longer so, and browsers ask by its date.
_NEW_EDITION = "UPDATE tips_edition SET number = number + 1000000, moment = {greatest}(moment, {now} + 61)"
_NEW_EDITION_SQLITE = _NEW_EDITION.format(greatest="MAX", now="CAST(strftime('%s', 'now') AS INTEGER)")
_NEW_EDITION_POSTGRESQL = _NEW_EDITION.format(
    greatest="GREATEST", now="FLOOR(EXTRACT(EPOCH FROM clock_timestamp()))::bigint"
)
_NEW_EDITION_IF_THERE_IS_ONE = f"""
DO $$ BEGIN IF to_regclass('public.tips_edition') IS NOT NULL THEN {_NEW_EDITION_POSTGRESQL}; END IF; END $$;
"""
# Only a Publisher takes this mark away: no journal, nor that there is none, makes up for it. The first of the
# values is a name, for a database that has never mailed and has none.
_MARK_RESTORED = """
INSERT INTO subscribers_databaseidentity (id, name, counter, noted) SELECT 1, '{name}', 0, 0
WHERE NOT EXISTS (SELECT 1 FROM subscribers_databaseidentity);
UPDATE subscribers_databaseidentity SET restored_at = CURRENT_TIMESTAMP;
"""
# A backup of an older version has no column for it: there the counters must do.
_MARK_RESTORED_IF_IT_CAN_BE = """
DO $$ BEGIN IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = 'public'
AND table_name = 'subscribers_databaseidentity' AND column_name = 'restored_at') THEN {mark} END IF; END $$;
"""
# What PostgreSQL's programs read from the environment (PGHOST …), the password too.
_CONNECTION = ("host", "port", "user", "password", "dbname", "sslmode", "sslrootcert")
# How pg_restore begins the rows of a table, and ends them.
_COPY, _END_OF_COPY = re.compile(rb'COPY (?:\w+\.)?"?(.+?)"? \('), b"\\.\n"
# What psql says of the line at which it ended, and PostgreSQL of the row.
_PLACE_IN_FILE = re.compile(r"^psql:[^ ]*:\d+: ")
_PLACE_IN_ROWS = re.compile(r"^CONTEXT:  COPY (\w+), (line \d+)(?:, (column \w+))?", re.MULTILINE)


class BackupError(Exception):
    """The backup could not be taken or put back; the text says why, and what to do."""


def write(path: Path) -> dict[str, int]:
    """Write the whole database to a new file; return {table: rows} of that moment. Raises BackupError."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(path)])
        with closing(sqlite3.connect(path)) as copy:
            return _rows(copy)
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        same_moment = f"--snapshot={cursor.fetchone()[0]}"
        rows = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
            rows[table] = cursor.fetchone()[0]
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", same_moment, f"--file={path}")
        return rows


def check(dump: Path, rows: Mapping[str, int] | None, vendor: str = "") -> None:
    """Read what ``write`` wrote to its end, and hold it against the rows that it returned, if known.

    ``vendor`` is the engine on which it was written, this site's unless it is given. Raises BackupError.
    """
    if (vendor or connection.vendor) == "sqlite":
        with closing(sqlite3.connect(dump)) as copy:
            try:
                damage = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
                found = _rows(copy) if damage == "ok" else {}
            except sqlite3.DatabaseError as error:
                damage = str(error)
        if damage != "ok":
            raise BackupError(f"The database in the backup is damaged: {damage}")
    else:
        found = _rows_of_archive(dump)
    if rows is not None and found != rows:
        table = min(name for name in {*found, *rows} if found.get(name) != rows.get(name))
        words = f"its table {table} has {found.get(table, 0):,} rows instead of {rows.get(table, 0):,}"
        raise BackupError(f"The database in the backup is not what was written: {words}.")


def _rows(copy: sqlite3.Connection) -> dict[str, int]:
    """Return {table: rows} of an SQLite file, but for virtual tables, which have no rows of their own."""
    own = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 ORDER BY name"
    tables = [name for (name,) in copy.execute(own).fetchall()]
    return {name: copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608


def _rows_of_archive(dump: Path) -> dict[str, int]:
    """Return {table: rows} of what pg_dump wrote, read to its end."""
    command = ["pg_restore", "--data-only", "--file=-", str(dump)]
    rows: dict[str, int] = {}
    try:
        process = subprocess.Popen(  # noqa: S603  the command is our own
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except FileNotFoundError as error:
        raise not_installed(command[0]) from error
    table = ""
    with process:
        for line in process.stdout or ():
            if table:
                if line == _END_OF_COPY:
                    table = ""
                else:
                    rows[table] += 1
            elif begun := _COPY.match(line):
                table = begun[1].decode()
                rows[table] = 0
        complaint = (process.stderr.read() if process.stderr else b"").decode(errors="replace").strip()
    if process.returncode:
        raise BackupError(f"The database in the backup is damaged: {complaint.partition(os.linesep)[0]}")
    return rows


def put_back(dump: Path) -> None:
    """Put what ``write`` wrote in the place of the database, in one transaction. Raises BackupError.

    What is damaged must not come here: ``check`` it first. On PostgreSQL a script (``other_engine``) is put
    into the tables that are there.
    """
    connections.close_all()
    if connection.vendor == "sqlite":
        _put_back_file(dump)
        return
    script, clear = dump, ""
    if dump.suffix != ".sql":
        script, clear = dump.with_name("database.sql"), _CLEAR
        _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(dump))
    mark = _MARK_RESTORED_IF_IT_CAN_BE.format(mark=_MARK_RESTORED.format(name=new_name()))
    after = f"{_MARK_UNCERTAIN_IF_IT_MAILS}{_NEW_EDITION_IF_THERE_IS_ONE}{mark}"
    steps = (f"--command={clear}", f"--file={script}", f"--command={after}")
    quiet = ("--no-psqlrc", "--quiet", "--output=/dev/null")
    _run("psql", *quiet, "--single-transaction", "--set=ON_ERROR_STOP=1", *steps)


def _put_back_file(dump: Path) -> None:
    place, until = str(settings.DATABASES["default"]["NAME"]), time.monotonic() + _PATIENCE

    def be_patient(status: int, remaining: int, total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > until:
            raise BackupError("The database is in use. Stop the site, then restore.")

    with closing(sqlite3.connect(dump)) as copy:
        try:
            tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master")}
            if "subscribers_senderlease" in tables:
                copy.executescript(f"BEGIN; {_MARK_UNCERTAIN} COMMIT;")
            if "tips_edition" in tables:
                copy.executescript(f"BEGIN; {_NEW_EDITION_SQLITE}; COMMIT;")
            columns = copy.execute("SELECT name FROM pragma_table_info('subscribers_databaseidentity')")
            if ("restored_at",) in columns.fetchall():
                copy.executescript(f"BEGIN; {_MARK_RESTORED.format(name=new_name())} COMMIT;")
        except sqlite3.DatabaseError as error:
            raise BackupError(f"The copy in the backup cannot be made ready ({error}). Make room.") from error
        with closing(sqlite3.connect(place, timeout=_PATIENCE)) as live:
            try:
                copy.backup(live, progress=be_patient)
            except sqlite3.DatabaseError as error:
                words = f"{place} cannot be replaced ({error}). Stop the site; if it is damaged, move it and"
                raise BackupError(f"{words} its -wal and -shm elsewhere. Then restore again.") from error
            # The copy is not in WAL mode. Where another process holds the file just now, the next process
            # that opens it does this.
            with suppress(sqlite3.OperationalError):
                live.execute("PRAGMA journal_mode=WAL")


def _run(*command: str) -> None:
    """Run one of PostgreSQL's programs on our database."""
    place = connection.get_connection_params()
    given = {f"PG{name.upper()}": str(place[name]) for name in _CONNECTION if place.get(name)}
    given["PGDATABASE"] = given.pop("PGDBNAME", "")
    try:
        done = subprocess.run(  # noqa: S603  the commands are our own
            command, env=os.environ | given, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
    except FileNotFoundError as error:
        raise not_installed(command[0]) from error
    if done.returncode:
        reason = next(iter(done.stderr.strip().splitlines()), f"exit status {done.returncode}")
        # Where in the rows, but not what they say, which may be a person's.
        row = _PLACE_IN_ROWS.search(done.stderr)
        words = " ".join(filter(None, row.groups())) if row else ""
        raise BackupError(f"{command[0]} failed: {_PLACE_IN_FILE.sub('', reason)}{words and f' ({words})'}")


def not_installed(program: str) -> BackupError:
    """Return the error that says which of PostgreSQL's programs is missing."""
    return BackupError(f"{program} is not installed; it comes with PostgreSQL's client programs.")
