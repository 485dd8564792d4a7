"""The disks on which the site's files lie: how full they are, and whether they can be written."""

import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from tips.storage import names


@dataclass(frozen=True)
class Disk:
    """One disk: what of the site lies on it, in words, and its size and free room in bytes."""

    content: str
    total: int
    free: int
    is_read_only: bool


def look(database_folder: Path | None, newest_backup: str) -> list[Disk]:
    """Return the disks that this process can see, each once, under the first thing that lies on it.

    ``newest_backup`` is the path of that file, or "".
    """
    folders = {
        "the database": database_folder,
        "STATE_DIR": Path(settings.STATE_DIR),
        "the uploads": names.local_folder(),
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
