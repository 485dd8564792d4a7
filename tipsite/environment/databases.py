"""How the program speaks to its database, by what DATABASE_URL was read as."""

import os
from pathlib import Path
from urllib.parse import quote, urlsplit

from django.core.exceptions import ImproperlyConfigured

Database = dict[str, object]

# What is deleted is overwritten: whoever is erased is not to be found in the file's free space. WAL lets
# readers read while one writes.
_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "mmap_size=134217728", "secure_delete=ON")
# Our queries read few rows: starting helpers or a compiler for one costs more than the query.
_PLANNER = "-c jit=off -c max_parallel_workers_per_gather=0 -c random_page_cost=1.1"
# A server that cannot be reached is given up after so many seconds, before or within a connection (libpq,
# "Parameter Key Words"): a reader waits for the answer. A long statement of a server that is there goes on.
_REACH = {
    "connect_timeout": 3,
    "tcp_user_timeout": 4000,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}


def completed(database: Database, *, pooled: bool) -> Database:
    """Return an item of Django's DATABASES with all that this program wants of its connections.

    ``pooled`` says that transactions of one connection may go by several of the server's (PgBouncer in
    transaction mode): nothing may then be set for a connection, nor outlive a transaction.
    """
    if database["ENGINE"] == "django.db.backends.sqlite3":
        return {**database, "NAME": _readable(str(database["NAME"])), "OPTIONS": _of_sqlite()}
    if pooled:
        options = {**_REACH, **_options(database)}
        of_pool = {"CONN_HEALTH_CHECKS": True, "DISABLE_SERVER_SIDE_CURSORS": True}
        return {**database, **of_pool, "OPTIONS": options}
    options = {"options": _PLANNER, **_REACH, **_options(database)}
    return {**database, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}


def _options(database: Database) -> dict[str, object]:
    given = database.get("OPTIONS")
    return given if isinstance(given, dict) else {}


def _of_sqlite() -> dict[str, object]:
    # IMMEDIATE takes the write lock when a transaction begins, where waiting for it is possible; a lock asked
    # for in the middle of one fails at once.
    commands = "".join(f"PRAGMA {pragma};" for pragma in _PRAGMAS)
    return {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": commands}


def _readable(name: str) -> str:
    """Return the name by which SQLite opens a file.

    From a disk that is read-only, SQLite opens a database whose log is gone only if told that nobody writes
    meanwhile: so readers are served.
    """
    file = Path(name)
    if file.exists() and os.statvfs(file).f_flag & os.ST_RDONLY and not Path(f"{file}-wal").exists():
        return f"file:{quote(str(file.absolute()))}?immutable=1"
    return name


def journal(url: str) -> str:
    """Return JOURNAL_URL as it is; raise ImproperlyConfigured unless it is empty or names a database."""
    if url and (urlsplit(url).scheme not in ("postgres", "postgresql") or not urlsplit(url).path.strip("/")):
        # The URL itself holds a password.
        example = "postgres://user:password@another-server/journal"
        raise ImproperlyConfigured(f"JOURNAL_URL must look like {example}.")
    return url
