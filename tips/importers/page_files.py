"""From paths to texts: which files are meant, and whether each is a text that may be read at all."""

import codecs
import fnmatch
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from desk.files import UnusableFileError, opened, why_unreadable
from tips.importers import file_kinds
from tips.importers.records import LineWarning, Refusal

LARGEST = 20_000_000
_MOST_LOOKED_AT = 3

# What neither HTML nor a reader has a use for. Tabs and the kinds of line ends are not among them.
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]")
# In this order: the byte-order mark of UTF-32 begins with that of UTF-16.
_OTHER_UNICODE = {
    "UTF-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
    "UTF-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
}


def find(paths: Iterable[str | os.PathLike[str]]) -> tuple[list[str], list[Refusal]]:
    """Return (names, refusals): the files that the paths mean, each once, and the paths that mean none.

    A folder means the ``*.txt`` files in it and below, sorted, but for hidden ones. Names are as the caller
    wrote them. Whether a file can be read is not asked yet.
    """
    names: dict[tuple[int, int], str] = {}
    refusals: list[Refusal] = []
    for path in [os.fspath(path) for path in paths]:
        for name in _in_folder(path, refusals) if os.path.isdir(path) else [path]:
            try:
                status = os.stat(name)
                names.setdefault((status.st_dev, status.st_ino), name)
            except (OSError, ValueError) as error:
                refusals.append(Refusal(name, why_unreadable(error)))
    return list(names.values()), refusals


def _in_folder(path: str, refusals: list[Refusal]) -> list[str]:
    unreadable: list[OSError] = []
    names = []
    for folder, folders, files in os.walk(path, onerror=unreadable.append):
        folders[:] = fnmatch.filter(folders, "[!.]*")
        names += [os.path.join(folder, name) for name in fnmatch.filter(files, "[!.]*.[Tt][Xx][Tt]")]
    refusals += [Refusal(os.fspath(error.filename), why_unreadable(error)) for error in unreadable]
    if not names and not unreadable:
        refusals.append(Refusal(path, "The folder holds no .txt file."))
        refusals += _known_files(path)
    return sorted(names)


def _known_files(path: str) -> Iterator[Refusal]:
    """Yield what is known of the first files of a folder without texts, which may be what was meant."""
    with suppress(OSError):
        for name in sorted(entry.path for entry in os.scandir(path) if entry.is_file())[:_MOST_LOOKED_AT]:
            with suppress(UnusableFileError), opened(name) as file:
                if why := file_kinds.why_no_page(file):
                    yield Refusal(name, why)


def read(name: str) -> tuple[str, list[LineWarning]]:
    """Return (text, warnings) of a file of UTF-8 text, with line ends as "\\n" and no byte-order mark.

    Raises UnusableFileError for a file that is no such text, is empty, or holds more than LARGEST bytes; no
    more than that is ever read.
    """
    with opened(name) as file:
        if why := file_kinds.why_no_page(file):
            raise UnusableFileError(why)
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise UnusableFileError(f"The file is larger than {LARGEST // 1_000_000} MB. Split it.")
    if kind := next((kind for kind, begins in _OTHER_UNICODE.items() if data.startswith(begins)), None):
        raise UnusableFileError(f"The file is not UTF-8: byte 1, in line 1, begins {kind}. Save it as UTF-8.")
    if (at := data.find(b"\0")) >= 0:
        raise UnusableFileError(f"The file is binary, not text: {_place(data, at)} is NUL.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = f"{_place(data, error.start)} is 0x{data[error.start]:02x}"
        raise UnusableFileError(f"The file is not UTF-8: {byte}. Save it as UTF-8.") from error
    text = text.replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise UnusableFileError("The file is empty.")
    cleaned, removed = _CONTROLS.subn("", text)
    if removed * 20 > len(text):
        raise UnusableFileError("The file is binary, not text: it is full of control characters.")
    if not removed:
        return text, []
    line = 1 + _CONTROLS.split(text, maxsplit=1)[0].count("\n")
    return cleaned, [LineWarning(name, line, f"Left out control characters: {removed} from here on.")]


def _place(data: bytes, offset: int) -> str:
    return f"byte {offset + 1}, in line {len(data[: offset + 1].splitlines())},"
