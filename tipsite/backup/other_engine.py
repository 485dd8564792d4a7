"""A backup of the other database engine, made into one of the engine of this site.

The rows of each table are taken over, and nothing else: tables, keys and triggers are those of the database
here, which must have had the same migrations. The search index is built anew of the rows. What pg_dump wrote
is read by ``pg_restore``, and what goes to PostgreSQL is a script for ``psql``.
"""

import os
import re
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import TextIO
from uuid import UUID

from django.apps import apps
from django.db import connection, models

from tips.search import index
from tipsite.backup.database_dump import BackupError, not_installed

_Field = models.Field[object, object]

# A value as SQLite has it, or as the text of COPY.
_Value = str | int | float | bytes | None
# Tables that are no model's: they are the same here, built anew, or empty between two statements.
_NOT_TAKEN = {"django_migrations", "tips_posting", "tips_vector", "tips_queuedchange"}
# How pg_restore begins the rows of a table and ends them, and how far the numbers of a table are.
_COPY = re.compile(r'COPY (?:\w+\.)?"?(.+?)"? \((.*)\) FROM stdin;')
_SETVAL = re.compile(r"SELECT pg_catalog\.setval\('(?:\w+\.)?\"?(\w+)_(\w+?)_seq\"?', (\d+), (true|false)\)")
_END = "\\.\n"
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
# The sign with the number 0, and not a backslash before letters.
_ZERO_IN_JSON = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_ESCAPED = re.compile(r"\\(.)")
_SPECIAL = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})


def converted(dump: Path, folder: Path) -> Path:
    """Return a dump of the other engine as one of this engine, in a folder. Raises BackupError."""
    try:
        if connection.vendor == "sqlite":
            return _as_sqlite(dump, folder / "converted.sqlite3")
        return _as_script(dump, folder / "converted.sql")
    except (ValueError, KeyError, sqlite3.DatabaseError) as error:
        raise BackupError(f"The backup cannot be brought over ({type(error).__name__}: {error}).") from error


def fields() -> dict[str, dict[str, _Field]]:
    """Return {table: {column: field}} of all that is taken over."""
    return {
        model._meta.db_table: {
            field.column: field for field in model._meta.concrete_fields if not field.generated
        }
        for model in apps.get_models(include_auto_created=True)
    }


# --- To PostgreSQL ----------------------------------------------------------------------------------------


def _as_script(dump: Path, script: Path) -> Path:
    """Write the rows of an SQLite file as a script that puts them into the tables of PostgreSQL."""
    tables = fields()
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor)) - {"django_migrations"}
    quoted = {name: connection.ops.quote_name(name) for name in present}
    everything = ", ".join(quoted[name] for name in sorted(present))
    with closing(sqlite3.connect(dump)) as source, script.open("w", encoding="utf-8", newline="\n") as file:
        file.write("SET lock_timeout = '30s'; SET client_encoding = 'UTF8'; SET TimeZone = 'UTC';\n")
        for name in sorted(present):
            file.write(f"ALTER TABLE {quoted[name]} DISABLE TRIGGER USER;\n")
        file.write(f"TRUNCATE {everything};\n")
        for table, columns in tables.items():
            _write_rows(file, source, table, list(columns.values()))
        for statement in [*index.refreshing("postgresql"), *_sequences(source, tables)]:
            file.write(f"{statement};\n")
        # Tables whose rows wait for a check are not altered.
        file.write("SET CONSTRAINTS ALL IMMEDIATE;\n")
        for name in sorted(present):
            file.write(f"ALTER TABLE {quoted[name]} ENABLE TRIGGER USER;\n")
    return script


def _write_rows(file: TextIO, source: sqlite3.Connection, table: str, of_columns: Sequence[_Field]) -> None:
    columns = ", ".join(f'"{field.column}"' for field in of_columns)
    file.write(f'COPY "{table}" ({columns}) FROM stdin;\n')
    for row in source.execute(f'SELECT {columns} FROM "{table}"'):  # noqa: S608  names of our own
        file.write("\t".join(map(to_copy, of_columns, row)) + "\n")
    file.write(_END)


def _sequences(source: sqlite3.Connection, tables: dict[str, dict[str, _Field]]) -> Iterator[str]:
    """Yield statements that let each table go on with the numbers after those that it ever gave."""
    given = dict(source.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
    for table, columns in tables.items():
        for column, field in columns.items():
            if isinstance(field, models.AutoField) and (last := given.get(table)):
                yield f"SELECT setval(pg_get_serial_sequence('\"{table}\"', '{column}'), {int(last)})"


def to_copy(field: _Field, value: _Value) -> str:
    """Return a value of SQLite's as the text of a column of COPY (PostgreSQL's manual, "COPY")."""
    if value is None:
        return r"\N"
    kind = field.get_internal_type()
    if isinstance(value, bytes):
        return rf"\\x{value.hex()}"
    if kind == "BooleanField":
        return "t" if value else "f"
    if kind == "DateTimeField":
        return f"{value}+00"
    text = str(value)
    if "\0" in text or (kind == "JSONField" and _ZERO_IN_JSON.search(text)):
        raise ValueError(
            f"{field.model._meta.db_table}.{field.column} has a sign that PostgreSQL cannot hold"
        )
    return text.translate(_SPECIAL)


# --- To SQLite --------------------------------------------------------------------------------------------


def _as_sqlite(dump: Path, file: Path) -> Path:
    """Write the rows of what pg_dump wrote into a copy of the SQLite database here."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(file)])
    tables = fields()
    with closing(sqlite3.connect(file, isolation_level=None)) as target:
        target.executescript("PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF; BEGIN;")
        own = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        triggers = dict(target.execute(own).fetchall())
        for name in triggers:
            target.execute(f'DROP TRIGGER "{name}"')
        for table in tables:
            target.execute(f'DELETE FROM "{table}"')  # noqa: S608  a name of our own
        for table, columns, rows in _copied(dump, target):
            if table in tables:
                of_columns = [tables[table][column] for column in columns]
                names, places = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
                insert = f'INSERT INTO "{table}" ({names}) VALUES ({places})'  # noqa: S608
                target.executemany(insert, (tuple(map(from_copy, of_columns, row)) for row in rows))
            # Read in any case: what comes next stands behind them.
            elif sum(1 for _ in rows) and table not in _NOT_TAKEN:
                raise ValueError(f"the table {table} is unknown here")
        for statement in index.refreshing("sqlite"):
            target.execute(statement)
        for sql in triggers.values():
            target.execute(sql)
        if broken := target.execute("PRAGMA foreign_key_check").fetchone():
            raise ValueError(f"a row of {broken[0]} leads to none of {broken[2]}")
        target.execute("COMMIT")
    return file


def _copied(dump: Path, target: sqlite3.Connection) -> Iterator[tuple[str, list[str], Iterator[list[str]]]]:
    """Yield (table, columns, rows) of what pg_dump wrote; the numbers that tables gave go to ``target``."""
    command = ["pg_restore", "--data-only", "--file=-", str(dump)]
    try:
        process = subprocess.Popen(  # noqa: S603  the command is our own
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except FileNotFoundError as error:
        raise not_installed(command[0]) from error
    with process:
        # A text may hold what Python takes for the end of a line.
        lines = TextIOWrapper(process.stdout or BytesIO(), encoding="utf-8", newline="\n")
        for line in lines:
            if begun := _COPY.match(line):
                columns = [name.strip().strip('"') for name in begun[2].split(",")]
                yield begun[1], columns, _rows(lines)
            elif (given := _SETVAL.match(line)) and given[4] == "true":
                target.execute("DELETE FROM sqlite_sequence WHERE name = ?", [given[1]])
                row = [given[1], int(given[3])]
                target.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", row)
        complaint = (process.stderr or BytesIO()).read().decode(errors="replace").strip()
    if process.returncode:
        raise BackupError(f"The database in the backup is damaged: {complaint.partition(os.linesep)[0]}")


def _rows(lines: TextIO) -> Iterator[list[str]]:
    """Yield the rows of one table, up to their end or, where pg_restore broke off, to that of all lines."""
    for line in lines:
        if line == _END or not line.endswith("\n"):
            return
        yield line[:-1].split("\t")


def from_copy(field: _Field, text: str) -> _Value:
    """Return the text of a column of COPY as Django writes the value into SQLite."""
    if text == r"\N":
        return None
    text = _ESCAPED.sub(lambda match: _ESCAPES.get(match[1], match[1]), text)
    match field.get_internal_type():
        case "BooleanField":
            return int(text == "t")
        case "DateTimeField":
            return str(datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None))
        case "TimeField":
            return str(datetime.fromisoformat(f"2000-01-01T{text}").time())
        case "UUIDField":
            return UUID(text).hex
        case "BinaryField":
            return bytes.fromhex(text.removeprefix(r"\x"))
        case "FloatField":
            return float(text)
    return text
