"""The disks on which the site's files lie: how full they are, and whether they can be written."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import connection

_THIS_MACHINE = ("", "localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Disk:
    """One disk: what of the site lies on it, in words, and its size and free room in bytes."""

    content: str
    total: int
    free: int
    is_read_only: bool


@dataclass(frozen=True)
class Database:
    """Where the database's files lie (None where that is not known here), and whether it refuses to write."""

    folder: Path | None
    is_read_only: bool


def look(database_folder: Path | None, newest_backup: str) -> list[Disk]:
    """Return the disks that this process can see, each once, under the first thing that lies on it.

    ``newest_backup`` is the path of that file, or "".
    """
    folders = {
        "the database": database_folder,
        "STATE_DIR": Path(settings.STATE_DIR),
        "the uploads": Path(settings.MEDIA_ROOT),
        "the backups": Path(newest_backup).parent if newest_backup else None,
    }
    found: dict[int, Disk] = {}
    for content, folder in folders.items():
        if folder is None:
            continue
        try:
            number, status = folder.stat().st_dev, os.statvfs(folder)
        except OSError:
            # It is not there, or another machine's.
            continue
        is_read_only = bool(status.f_flag & os.ST_RDONLY)
        size = status.f_frsize
        found.setdefault(number, Disk(content, status.f_blocks * size, status.f_bavail * size, is_read_only))
    return list(found.values())


def database() -> Database:
    """Ask the database where its files lie, and whether it takes anything, in one query at most.

    PostgreSQL tells where to members of pg_read_all_settings alone, and only on its own machine is it of use;
    a standby refuses to write. Of SQLite the settings name the file; whether it can be written its disk says.
    """
    if connection.vendor == "sqlite":
        # On a disk that was read-only from the start, the settings name the file by a URI.
        name = str(connection.settings_dict["NAME"])
        file = Path(unquote(urlsplit(name).path) if name.startswith("file:") else name)
        return Database(file.parent if file.is_file() else None, False)
    with connection.cursor() as cursor:
        directory = "(SELECT setting FROM pg_settings WHERE name = 'data_directory')"
        cursor.execute(f"SELECT {directory}, current_setting('transaction_read_only')")
        folder, read_only = cursor.fetchone()
    host = str(connection.settings_dict["HOST"])
    is_here = host in _THIS_MACHINE or host.startswith("/")
    return Database(Path(folder) if folder and is_here else None, read_only == "on")
