"""Files on their way into a backup and out of it, each with its checksum.

``backup`` writes SHA256SUMS into its file, in the form that ``sha256sum --check`` reads. Both ``backup``,
after it wrote, and ``restore``, before it changes anything, hold what they read against these.
"""

import hashlib
import os
import shutil
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO, Protocol

from tipsite.backup.database_dump import BackupError

SUMS = "SHA256SUMS"


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int = -1, /) -> bytes: ...


class Summed:
    """A file to read from, which knows the SHA-256 of all that was read."""

    def __init__(self, file: Readable) -> None:
        self._file, self._sum = file, hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        self._sum.update(data)
        return data

    @property
    def sum(self) -> str:
        """The SHA-256 so far, in hexadecimal digits."""
        return self._sum.hexdigest()


def extract(archive: tarfile.TarFile, folder: Path, only: Iterable[str] | None = None) -> dict[str, str]:
    """Get out of an archive what ``backup`` put in, and return {name: SHA-256} of all that was read.

    ``only`` names the members that are kept, all if it is not given; the others are read, and kept nowhere.
    There are no links, and nothing that would land outside of the folder.

    Debian 12 has Python 3.11.2, whose tarfile knows no filters: those came with 3.11.4.
    """
    folder, sums = folder.resolve(), {}
    for member in filter(tarfile.TarInfo.isreg, archive):
        target = (folder / member.name).resolve()
        if not target.is_relative_to(folder):
            raise tarfile.ReadError(f"{member.name} would land outside of the folder")
        if source := archive.extractfile(member):
            is_kept = only is None or member.name in only
            if is_kept:
                target.parent.mkdir(parents=True, exist_ok=True)
            with source, target.open("wb") if is_kept else open(os.devnull, "wb") as file:
                summed = Summed(source)
                shutil.copyfileobj(summed, file)
                sums[member.name] = summed.sum
    return sums


def as_text(sums: Mapping[str, str]) -> bytes:
    """Return {name: SHA-256} as the text of SHA256SUMS."""
    return "".join(f"{digits}  {name}\n" for name, digits in sums.items()).encode()


def from_text(text: bytes) -> dict[str, str]:
    """Return what a text of SHA256SUMS says, as {name: SHA-256}."""
    lines = text.decode(errors="replace").split("\n")
    return {name: digits for digits, _, name in (line.partition("  ") for line in lines) if name}


def require_same(found: Mapping[str, str], expected: Mapping[str, str], source: Path) -> None:
    """Raise BackupError unless each file that is expected was read, and is what was written."""
    wrong = [name for name, digits in expected.items() if found.get(name) != digits]
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        words = f"{source} is damaged: {wrong[0]}{more} is not what was written."
        raise BackupError(f"{words} Look at the disk, and take another backup.")


def forget_pages(file: BinaryIO) -> None:
    """Have what was written to a file, and flushed, read from the disk the next time, and not from memory."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
