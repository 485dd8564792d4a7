"""Backup and restore: one file with the database, the uploads and the journal, taken while the site runs.

The file is a tar archive. Its database is a copy that one moment saw (see ``database_dump``). Keys are not in
the archive, only a fingerprint of the key by which suppressions know their addresses: with another key nobody
who left would be recognised.

What is restored is older than the journal beside it. The restore guard (``subscribers.recovery.guard``) sees
that, and no mail goes until a Publisher has said that this database is the real one.
"""

import io
import json
import os
import shutil
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from subscribers.people import journal
from subscribers.recovery import guard
from tipsite.backup import database_dump
from tipsite.backup.database_dump import BackupError

_MANIFEST, _JOURNAL, _MEDIA = "manifest.json", "journal.jsonl", "media"
_DUMPS = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}
_FORMAT = 1
# A manifest is a few hundred bytes.
_LONGEST_MANIFEST = 100_000


class HalfRestored(BackupError):
    """The database was put back, and then something failed; the text says what is missing, and what to do."""


@dataclass(frozen=True)
class Report:
    """What was taken or put back: bytes of the database, number of uploads, lines of the journal."""

    database: int
    uploads: int
    entries: int

    def __str__(self) -> str:
        others = f"{self.uploads:,} uploads and {self.entries:,} lines of the journal."
        return f"the database ({self.database:,} bytes), {others}"


def backup(file: str | Path) -> Report:
    """Write all that the site holds to a file, and return a Report.

    The file appears whole or not at all, and only its owner may read it: it holds every address. Raises
    BackupError.
    """
    target = Path(file).absolute()
    if target.is_dir():
        raise BackupError(f"{target} is a folder; name a file.")
    if target.is_relative_to(Path(settings.MEDIA_ROOT).absolute()):
        raise BackupError(f"{target} lies among the uploads, which everybody may read; choose another place.")
    with _folder(target.parent, ".backup-") as folder:
        dump, part = folder / _DUMPS[connection.vendor], folder / "backup.tar"
        database_dump.write(dump)
        # From here on the database is newer than this copy of it. The journal in the copy says so too, so
        # that a restore on an empty machine closes the guard as well.
        if not guard.checkpoint() and not guard.why_closed():
            raise BackupError(f"The journal {journal.path()} cannot be written. Make room; mend its folder.")
        manifest = {"format": _FORMAT, "at": timezone.now().isoformat(), "database": connection.vendor}
        manifest["suppression_key"] = _fingerprint()
        with _private_file(part) as raw, tarfile.open(fileobj=raw, mode="w", dereference=True) as archive:
            _add_bytes(archive, _MANIFEST, json.dumps(manifest).encode())
            archive.add(dump, dump.name)
            # After the database: each upload that the database names is there by now.
            uploads = _add_media(archive)
            lines = journal.path().read_bytes() if journal.path().exists() else b""
            # Last: a file without the journal was cut short.
            _add_bytes(archive, _JOURNAL, lines)
        report = Report(dump.stat().st_size, uploads, lines.count(b"\n"))
        part.replace(target)
    return report


def restore(file: str | Path) -> Report:
    """Put back what ``backup`` wrote to a file, over what is there, and return a Report.

    The present database is replaced in one transaction; uploads are added, and none is deleted. The journal
    that lies here already is kept, since it knows of all that happened after the backup. Raises BackupError
    where nothing was changed, and HalfRestored where the database was.
    """
    source = Path(file)
    try:
        with _folder(settings.STATE_DIR, ".restore-") as folder:
            return _restore(source, folder)
    except FileNotFoundError as error:
        raise BackupError(f"{error.filename} is not there.") from error
    except (tarfile.TarError, EOFError) as error:
        raise BackupError(f"{source} is no backup, damaged, or cut short ({error}).") from error


def _restore(source: Path, folder: Path) -> Report:
    with tarfile.open(source, "r:") as archive:
        _require_room(archive, source, folder)
        manifest = _read_manifest(archive, source)
        _extract(archive, folder)
    if not (folder / _JOURNAL).exists():
        raise BackupError(f"{source} is cut short. Take another backup.")
    dump = folder / _DUMPS[connection.vendor]
    if not dump.exists():
        words = f"{source} was taken from {manifest['database']}, and this site runs on {connection.vendor}."
        raise BackupError(f"{words} Restore it with the DATABASE_URL of such a database.")
    database_dump.put_back(dump)
    missing = "all of the uploads, and not the journal"
    try:
        uploads = _put_back_media(folder / _MEDIA)
        missing = "the journal"
        _put_back_journal(folder / _JOURNAL)
        with journal.path().open("rb") as lines:
            return Report(dump.stat().st_size, uploads, sum(1 for _ in lines))
    except OSError as error:
        words = f"The database was restored, but not {missing}: {error}. Make room or mend the folder,"
        raise HalfRestored(f"{words} then restore the same backup again.") from error


def _read_manifest(archive: tarfile.TarFile, source: Path) -> dict[str, object]:
    try:
        file = archive.extractfile(_MANIFEST)
        manifest = json.loads(file.read(_LONGEST_MANIFEST)) if file else None
    except (KeyError, ValueError, RecursionError) as error:
        raise BackupError(f"{source} is no backup of this program: it has no {_MANIFEST}.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise BackupError(f"{source} was written by another version of this program, and cannot be read.")
    if manifest.get("suppression_key") != _fingerprint():
        words = "The site of this backup has another SUPPRESSION_KEY: nobody who left would be recognised."
        raise BackupError(f"{words} Set the old key, then restore again.")
    return manifest


def _fingerprint() -> str:
    key = settings.SUPPRESSION_KEY
    return salted_hmac("tipsite.backup", "suppression key", key, algorithm="sha256").hexdigest()[:32]


def _add_bytes(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = len(data), 0o600, int(timezone.now().timestamp())
    archive.addfile(member, io.BytesIO(data))


def _add_media(archive: tarfile.TarFile) -> int:
    root, count = Path(settings.MEDIA_ROOT), 0
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            # An upload that is deleted meanwhile was in no tip.
            with suppress(FileNotFoundError):
                archive.add(path, f"{_MEDIA}/{path.relative_to(root)}")
                count += 1
    return count


def _require_room(archive: tarfile.TarFile, source: Path, folder: Path) -> None:
    """Raise BackupError where what an archive says that it holds does not fit into the disk.

    A few bytes of an archive can stand for a file of any size. An upload that is not here yet needs its
    place twice: in the folder, and among the others.
    """
    media = Path(settings.MEDIA_ROOT)
    disk_of_uploads = next(path for path in (media, *media.absolute().parents) if path.exists())
    needed: Counter[Path] = Counter()
    for member in filter(tarfile.TarInfo.isreg, archive):
        needed[folder] += max(member.size, 0)
        if member.name.startswith(f"{_MEDIA}/") and not (media / member.name[len(_MEDIA) + 1 :]).exists():
            needed[disk_of_uploads] += max(member.size, 0)
    if folder.stat().st_dev == disk_of_uploads.stat().st_dev:
        needed = Counter({folder: needed.total()})
    for place, count in needed.items():
        free = shutil.disk_usage(place).free
        if count > free:
            words = f"{source} needs {count:,} bytes of the disk of {place}, which has {free:,} left."
            raise BackupError(f"{words} Make room, then restore again.")


def _extract(archive: tarfile.TarFile, folder: Path) -> None:
    """Let out of an archive what ``backup`` put in: no links, and nothing that would land elsewhere.

    Debian 12 has Python 3.11.2, whose tarfile knows no filters: those came with 3.11.4.
    """
    folder = folder.resolve()
    for member in filter(tarfile.TarInfo.isreg, archive):
        target = (folder / member.name).resolve()
        if not target.is_relative_to(folder):
            raise tarfile.ReadError(f"{member.name} would land outside of the folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        if source := archive.extractfile(member):
            with source, target.open("wb") as file:
                shutil.copyfileobj(source, file)


def _put_back_media(folder: Path) -> int:
    root, count = Path(settings.MEDIA_ROOT), 0
    for path in filter(Path.is_file, sorted(folder.rglob("*"))):
        target = root / path.relative_to(folder)
        count += 1
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            # Whole or not at all: what is there already is left as it is the next time.
            part = target.with_name(f".{target.name}")
            shutil.copyfile(path, part)
            part.replace(target)
    return count


def _put_back_journal(kept: Path) -> None:
    """Let the journal have all that the backup's has. Mostly it has: lines are only ever added to it."""
    place, old = journal.path(), kept.read_bytes()
    present = place.read_bytes() if place.exists() else b""
    if place.exists() and present.startswith(old):
        return
    if old and not old.endswith(b"\n"):
        old += b"\n"
    kept.unlink()
    # The present journal is that of another database or of a new machine: its last checkpoint, or that it has
    # none, closes the guard.
    with _private_file(kept) as file:
        file.write(old + present)
    kept.replace(place)


@contextmanager
def _private_file(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that only its owner may read; after the block it is on the disk."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Give a folder on the same disk as what will lie in another one, and remove it afterwards."""
    try:
        folder = tempfile.TemporaryDirectory(dir=parent, prefix=prefix)
    except OSError as error:
        raise BackupError(f"Nothing can be written in {parent} ({error.strerror}).") from error
    with folder as name:
        yield Path(name)
