"""Databases of the bench's own: it never touches one that holds anything, and leaves none behind."""

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import dj_database_url
import psycopg2
from psycopg2 import sql

from tests.postgres import NoPostgresError, throwaway


class NoDatabaseError(Exception):
    """There is no database to measure on; the text says why and what would help."""


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Give the URL of a PostgreSQL server that may be used: TEST_DATABASE_URL's, else a throw-away one.

    That one flushes each commit to disk, as one that holds subscribers does.

    Raises NoDatabaseError where none is to be had.
    """
    with contextlib.ExitStack() as stack:
        try:
            url = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(throwaway(durable=True))
        except NoPostgresError as error:
            raise NoDatabaseError(f"{error}; set DATABASE_URL to use a server elsewhere") from error
        yield url


@contextlib.contextmanager
def scratch(url: str, folder: Path) -> Iterator[str]:
    """Make an empty database for the length of a ``with`` block; give its DATABASE_URL.

    ``url`` is a PostgreSQL database, beside which it is made and which is only connected to; or empty for a
    SQLite file in ``folder``. Raises NoDatabaseError where it cannot be made.
    """
    name = f"tips_bench_{secrets.token_hex(6)}"
    if not url:
        yield f"sqlite:///{folder / name}.sqlite3"
        return
    exists = True
    try:
        try:
            _execute(url, "CREATE DATABASE {} TEMPLATE template0", name)
        except NoDatabaseError:
            exists = False
            raise
        yield urlsplit(url)._replace(path="/" + quote(name)).geturl()
    finally:
        # An interrupt that came while it was being made leaves it there, too.
        if exists:
            _drop(url, name)


def _drop(url: str, name: str) -> None:
    try:
        _execute(url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    except NoDatabaseError as error:
        print(f"bench: the database {name} may be left over: {error}", file=sys.stderr)


def _execute(url: str, statement: str, name: str) -> None:
    try:
        given = dj_database_url.parse(url)
        if not given["ENGINE"].endswith("postgresql"):
            raise ValueError("it names neither SQLite nor PostgreSQL")
    except ValueError as error:
        raise NoDatabaseError(f"DATABASE_URL cannot be used: {error}") from error
    try:
        connection = psycopg2.connect(
            dbname=given["NAME"],
            user=given["USER"] or None,
            password=given["PASSWORD"] or None,
            host=given["HOST"] or None,
            port=given["PORT"] or None,
            **given.get("OPTIONS", {}),
        )
    except psycopg2.Error as error:
        raise NoDatabaseError(f"the server cannot be reached: {' '.join(str(error).split())}") from error
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(sql.Identifier(name)))
    except psycopg2.Error as error:
        reason = " ".join(str(error).split())
        raise NoDatabaseError(f"the server refused “{statement.format(name)}”: {reason}") from error
    finally:
        connection.close()
