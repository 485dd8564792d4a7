"""The journal as a file of this machine (or one that all machines mount), to which lines are only added."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from subscribers.people.journal_places import Place

# What a disk gives at once.
_BLOCK = 4096
# So few bytes free are gone within a minute, if a disk fills up.
_LITTLE_ROOM = 64 * 2**20


def is_nearly_full(folder: Path) -> bool:
    """Tell whether the disk of a folder has little room left. Raises OSError."""
    return shutil.disk_usage(folder).free < _LITTLE_ROOM


class JournalFile:
    """A journal in a file. What the disk refuses is raised as OSError."""

    advice = "Make room on its disk, or mend the rights of its folder."

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    def append(self, lines: bytes) -> None:
        """Add whole lines, and flush them to disk."""
        with open(self.path, "a+b", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            # Closing the file releases the lock.
            fcntl.flock(file, fcntl.LOCK_EX)
            size = os.fstat(file.fileno()).st_size
            is_torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"
            file.write(b"\n" * is_torn + lines)
            file.flush()
            os.fsync(file.fileno())
        if not size:
            # The name of a new journal must reach the disk, too: without the name its lines are lost.
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def why_unwritable(self) -> str:
        """Return why nothing could be added now, in a few words, or "" where it could.

        Nothing is added: the file is opened only, and a file beside it is written. A full disk opens what it
        does not write.
        """
        try:
            if self.path.exists():
                os.close(os.open(self.path, os.O_WRONLY | os.O_APPEND))
            with tempfile.TemporaryFile(dir=self.path.parent) as beside:
                beside.write(b"\0" * _BLOCK)
        except OSError as error:
            return error.strerror or type(error).__name__
        return ""

    def is_short_of_room(self) -> bool:
        """Tell whether the disk is nearly full: soon nothing may be added."""
        try:
            return is_nearly_full(self.path.parent)
        except OSError:
            return True

    def lines(self) -> Iterator[bytes]:
        """Yield all lines, each with its end; the last one may be cut short."""
        with suppress(FileNotFoundError), self.path.open("rb") as file:
            yield from file

    def go_on(self, place: Place | None) -> Iterator[tuple[Place, bytes] | None]:
        """Yield the whole lines after a Place that this yielded before, each with its own Place.

        Where the journal is another one by now, None comes first, and then all of its lines.
        """
        try:
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
                identity = f"{self.path} {status.st_dev} {status.st_ino}"
                offset = 0
                if place and place.identity == identity:
                    file.seek(place.offset - len(place.line))
                    offset = place.offset if file.read(len(place.line)) == place.line else 0
                if not offset:
                    file.seek(0)
                    yield None
                for line in file:
                    # A line that is still being written is read the next time.
                    if not line.endswith(b"\n"):
                        break
                    offset += len(line)
                    yield Place(identity, offset, line), line
        except FileNotFoundError:
            yield None

    def put_before(self, old: bytes) -> None:
        """Let the journal have all lines of an older one, before its own. Mostly it has them already."""
        present = self.path.read_bytes() if self.path.exists() else b""
        if self.path.exists() and present.startswith(old):
            return
        if old and not old.endswith(b"\n"):
            old += b"\n"
        with tempfile.NamedTemporaryFile(
            "wb", dir=self.path.parent, prefix=".journal-", delete=False
        ) as file:
            file.write(old + present)
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, self.path)
