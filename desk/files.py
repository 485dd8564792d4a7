"""Files that staff name or upload, and what is refused before anything of them is taken."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


class UnusableFileError(Exception):
    """Nothing can be taken from a file; the text tells a person why, and what would help."""


@contextmanager
def opened(path: str | Path) -> Iterator[BinaryIO]:
    """Open a regular file for reading bytes.

    Raises UnusableFileError where the path means no regular file, and where reading fails in the block.
    """
    try:
        # Asked before opening: to open a named pipe is to wait for somebody who writes to it.
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise UnusableFileError("This is a folder. Name a file.")
        if not stat.S_ISREG(mode):
            raise UnusableFileError("This is no regular file.")
        with Path(path).open("rb") as file:
            yield file
    except OSError as error:
        raise UnusableFileError(why_unreadable(error)) from error


def why_unreadable(error: OSError | ValueError) -> str:
    """Return in a sentence why a path cannot be read; ValueError is raised for a NUL in the path."""
    if isinstance(error, FileNotFoundError):
        return "There is no such file or folder."
    if isinstance(error, PermissionError):
        return "You may not read it: permission denied."
    return f"It cannot be read: {getattr(error, 'strerror', None) or error}."
