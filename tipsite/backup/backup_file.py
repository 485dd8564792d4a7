"""Backup and restore: one file with the database, the uploads and the journal, taken while the site runs.

The file is a tar archive. Its database is a copy that one moment saw (see ``database_dump``). What was
written is read back before it counts as a backup (see ``read_back``). Keys are not in the archive, only a
fingerprint (see ``manifest``).

What is restored is older than the journal beside it. The restore guard (``subscribers.recovery.guard``) sees
that, and no mail goes until a Publisher has said that this database is the real one.
"""

import hashlib
import io
import logging
import os
import shutil
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from subscribers.people import journal
from subscribers.recovery import guard
from tips.storage import names
from tipsite.backup import database_dump, manifest, other_engine, read_back, runs, uploads
from tipsite.backup.database_dump import BackupError
from tipsite.backup.folder import BEGUN

logger = logging.getLogger(__name__)

_JOURNAL = "journal.jsonl"
_DUMPS = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}


class HalfRestored(BackupError):
    """The database was put back, and then something failed; the text says what is missing, and what to do."""


@dataclass(frozen=True)
class Report:
    """What was taken or put back: bytes of the database, its rows, number of uploads, lines of the journal.

    ``rows`` is None for a backup of a version that did not count them.
    """

    database: int
    rows: int | None
    uploads: int
    entries: int

    def __str__(self) -> str:
        rows = "" if self.rows is None else f", {self.rows:,} rows"
        others = f"{self.uploads:,} uploads and {self.entries:,} lines of the journal."
        return f"the database ({self.database:,} bytes{rows}), {others}"


def backup(file: str | Path) -> Report:
    """Write all that the site holds to a file, read it back, and return a Report.

    The file appears whole or not at all, and only its owner may read it: it holds every address. The run
    leaves a row (see ``runs``). Raises BackupError, DatabaseError and OSError.
    """
    target, began_at = Path(file).absolute(), timezone.now()
    try:
        report = _backup(target)
    except (BackupError, DatabaseError, OSError) as error:
        runs.note(began_at, target, failure=str(error) or type(error).__name__)
        raise
    runs.note(began_at, target, size=target.stat().st_size)
    return report


def _backup(target: Path) -> Report:
    if target.is_dir():
        raise BackupError(f"{target} is a folder; name a file.")
    if (folder_of_uploads := names.local_folder()) and target.is_relative_to(folder_of_uploads):
        raise BackupError(f"{target} lies among the uploads, which everybody may read; choose another place.")
    with _folder(target.parent, BEGUN) as folder:
        dump, part = folder / _DUMPS[connection.vendor], folder / "backup.tar"
        rows = database_dump.write(dump)
        # From here on the database is newer than this copy of it. The journal in the copy says so too, so
        # that a restore on an empty machine closes the guard as well.
        _note_checkpoint()
        sums, size = {}, dump.stat().st_size
        with _private_file(part) as raw, tarfile.open(fileobj=raw, mode="w", dereference=True) as archive:
            sums[manifest.NAME] = _add_bytes(archive, manifest.NAME, manifest.new(rows))
            sums[dump.name] = _add_file(archive, dump, dump.name)
            # After the database: each upload that the database names is there by now.
            taken = uploads.add_all(partial(_add, archive))
            lines = b"".join(journal.store().lines())
            sums |= taken | {_JOURNAL: hashlib.sha256(lines).hexdigest()}
            _add_bytes(archive, read_back.SUMS, read_back.as_text(sums))
            # Last: a file without the journal was cut short.
            _add_bytes(archive, _JOURNAL, lines)
        dump.unlink()
        with tarfile.open(part, "r:") as archive:
            read_back.require_same(read_back.extract(archive, folder, only=[dump.name]), sums, target)
        database_dump.check(dump, rows)
        report = Report(size, sum(rows.values()), len(taken), lines.count(b"\n"))
        part.replace(target)
    return report


def _note_checkpoint() -> None:
    try:
        if guard.checkpoint() or guard.why_closed():
            return
    except DatabaseError as error:
        logger.warning("The database takes nothing down: %s", error)
    # Whoever restores the backup closes the guard by that alone.
    logger.warning("The backup has no checkpoint of its own: database or journal cannot be written.")


def restore(file: str | Path, *, dry_run: bool = False) -> Report:
    """Put back what ``backup`` wrote to a file, over what is there, and return a Report.

    The present database is replaced in one transaction; uploads are added, and none is deleted. The journal
    that lies here already is kept, since it knows of all that happened after the backup. A ``dry_run`` reads
    the whole file, as any restore does first, and changes nothing. Raises BackupError where nothing was
    changed, and HalfRestored where the database was.
    """
    source = Path(file)
    try:
        with _folder(settings.STATE_DIR, ".restore-") as folder:
            return _restore(source, folder, dry_run)
    except FileNotFoundError as error:
        raise BackupError(f"{error.filename} is not there.") from error
    except (tarfile.TarError, EOFError) as error:
        raise BackupError(f"{source} is no backup, damaged, or cut short ({error}).") from error


def _restore(source: Path, folder: Path, dry_run: bool) -> Report:
    with tarfile.open(source, "r:") as archive:
        _require_room(archive, source, folder)
        vendor, rows = manifest.read(archive, source)
        sums = read_back.extract(archive, folder)
    if not (folder / _JOURNAL).exists():
        raise BackupError(f"{source} is cut short. Take another backup.")
    # A backup of an older version has no checksums, and does not say which rows it has.
    if (checksums := folder / read_back.SUMS).exists():
        read_back.require_same(sums, read_back.from_text(checksums.read_bytes()), source)
    dump = folder / _DUMPS.get(vendor, vendor)
    if not dump.exists():
        raise BackupError(f"{source} is cut short. Take another backup.")
    database_dump.check(dump, rows, vendor)
    size, total = dump.stat().st_size, sum(rows.values()) if rows is not None else None
    if vendor != connection.vendor:
        dump = other_engine.converted(dump, folder)
    if dry_run:
        count = sum(path.is_file() for path in (folder / uploads.FOLDER).rglob("*"))
        return Report(size, total, count, (folder / _JOURNAL).read_bytes().count(b"\n"))
    database_dump.put_back(dump)
    missing = "all of the uploads, and not the journal"
    try:
        count = uploads.put_back(folder)
        missing = "the journal"
        journal.store().put_before((folder / _JOURNAL).read_bytes())
        return Report(size, total, count, sum(1 for _ in journal.store().lines()))
    except OSError as error:
        words = f"The database was restored, but not {missing}: {error}. Make room or mend the folder,"
        raise HalfRestored(f"{words} then restore the same backup again.") from error


def _add_bytes(archive: tarfile.TarFile, name: str, data: bytes) -> str:
    """Add a member to an archive; return its SHA-256."""
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = len(data), 0o600, int(timezone.now().timestamp())
    archive.addfile(member, io.BytesIO(data))
    return hashlib.sha256(data).hexdigest()


def _add_file(archive: tarfile.TarFile, path: Path, name: str) -> str:
    """Add a file to an archive; return the SHA-256 of what was added."""
    with path.open("rb") as file:
        return _add(archive, file, name, path.stat().st_size)


def _add(archive: tarfile.TarFile, file: read_back.Readable, name: str, size: int) -> str:
    member, summed = tarfile.TarInfo(name), read_back.Summed(file)
    member.size, member.mode, member.mtime = size, 0o600, int(timezone.now().timestamp())
    archive.addfile(member, summed)
    return summed.sum


def _require_room(archive: tarfile.TarFile, source: Path, folder: Path) -> None:
    """Raise BackupError where what an archive says that it holds does not fit into the disk.

    A few bytes of an archive can stand for a file of any size. An upload that is not here yet needs its
    place twice: in the folder, and among the others.
    """
    media = names.local_folder()
    disk_of_uploads = folder if media is None else next(p for p in (media, *media.parents) if p.exists())
    needed: Counter[Path] = Counter()
    for member in filter(tarfile.TarInfo.isreg, archive):
        needed[folder] += max(member.size, 0)
        if uploads.missing_here(member):
            needed[disk_of_uploads] += max(member.size, 0)
    if folder.stat().st_dev == disk_of_uploads.stat().st_dev:
        needed = Counter({folder: needed.total()})
    for place, count in needed.items():
        free = shutil.disk_usage(place).free
        if count > free:
            words = f"{source} needs {count:,} bytes of the disk of {place}, which has {free:,} left."
            raise BackupError(f"{words} Make room, then restore again.")


@contextmanager
def _private_file(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that only its owner may read; after the block it is on the disk."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
        read_back.forget_pages(file)


@contextmanager
def _folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Give a folder on the same disk as what will lie in another one, and remove it afterwards."""
    try:
        folder = tempfile.TemporaryDirectory(dir=parent, prefix=prefix)
    except OSError as error:
        raise BackupError(f"Nothing can be written in {parent} ({error.strerror}).") from error
    with folder as name:
        yield Path(name)
