"""Give the cut fonts to ``collectstatic``, and to the development server."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, overload

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage

from tipsite.typeface import cutting

_NAMES = (*(each.name for each in cutting.CUTS), cutting.LICENSE)


class TypefaceFinder(BaseFinder):
    """Finds the fonts, which are cut when they are first asked for, and then kept in STATE_DIR."""

    def check(self, **options: object) -> list[CheckMessage]:
        """Find nothing amiss: there is nothing to set."""
        return []

    @overload
    def find(self, path: str, find_all: Literal[False] = False) -> str | None: ...
    @overload
    def find(self, path: str, find_all: Literal[True]) -> list[str]: ...
    def find(self, path: str, find_all: bool = False) -> str | list[str] | None:
        """Return where the file of a font lies on the disk; None, or an empty list, for any other path."""
        found = str(_folder() / path) if path in _NAMES else None
        if find_all:
            return [found] if found else []
        return found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """Return each font, and the license, with the storage where it lies."""
        storage = FileSystemStorage(_folder())
        for path in _NAMES:
            if not matches_patterns(path, ignore_patterns or ()):
                yield path, storage


def _folder() -> Path:
    """Return the folder with the fonts of the installed packages; make what it lacks."""
    folder = Path(settings.STATE_DIR) / "typeface" / cutting.edition()
    for each in cutting.CUTS:
        if not (folder / each.name).exists():
            _write(folder / each.name, cutting.cut(each.source))
    if not (folder / cutting.LICENSE).exists():
        _write(folder / cutting.LICENSE, cutting.license_text())
    return folder


def _write(path: Path, content: bytes) -> None:
    """Write a file that is there whole at any moment: several processes may make it at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, new = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(number, "wb") as file:
        file.write(content)
    os.replace(new, path)
