"""The disks on which the site's files lie: how full they are, and whether they can be written."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from tipsite.models import BackupRun

_THIS_MACHINE = ("", "localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Disk:
    """One disk: what of the site lies on it, in words, and its size and free room in bytes."""

    content: str
    total: int
    free: int
    is_read_only: bool


def look() -> list[Disk]:
    """Return the disks that this process can see, each once, under the first thing that lies on it."""
    found: dict[int, Disk] = {}
    for content, folder in _folders():
        try:
            number, status = folder.stat().st_dev, os.statvfs(folder)
        except OSError:
            # It is not there, or another machine's.
            continue
        is_read_only = bool(status.f_flag & os.ST_RDONLY)
        size = status.f_frsize
        found.setdefault(number, Disk(content, status.f_blocks * size, status.f_bavail * size, is_read_only))
    return list(found.values())


def _folders() -> Iterator[tuple[str, Path]]:
    """Yield (what lies there, in words; the folder)."""
    if database := _database_folder():
        yield "the database", database
    yield "STATE_DIR", Path(settings.STATE_DIR)
    yield "the uploads", Path(settings.MEDIA_ROOT)
    if last := BackupRun.objects.credible(timezone.now()).first():
        yield "the backups", Path(last.file).parent


def _database_folder() -> Path | None:
    """Return where the database's files lie; None where that is not known here.

    PostgreSQL tells it to members of pg_read_all_settings alone, and only on its own machine is it of use.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT file FROM pragma_database_list WHERE name = 'main'")
            file = cursor.fetchone()[0]
        return Path(file).parent if file else None
    host = str(connection.settings_dict["HOST"])
    if host not in _THIS_MACHINE and not host.startswith("/"):
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting FROM pg_settings WHERE name = 'data_directory'")
        row = cursor.fetchone()
    return Path(row[0]) if row else None


def is_database_read_only() -> bool:
    """Tell whether the database server refuses to write, as a standby does. SQLite's disk says it itself."""
    if connection.vendor == "sqlite":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone()[0] == "on")
