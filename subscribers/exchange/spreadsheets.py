"""From a file to rows of cells: the kinds of CSV that programs write, and XLSX."""

import codecs
import csv
import io
import itertools
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from desk.files import UnusableFileError, opened

if TYPE_CHECKING:
    from _csv import Reader

DELIMITERS = ",;\t|"
_LONGEST_LINE = 20_000_000
# What a packed file may unpack to, in bytes: its texts are held in memory at once, its sheets are not.
_LARGEST_TEXTS, _LARGEST_SHEETS = 200_000_000, 2_000_000_000
# Other parts, such as styles, are read as a whole; pictures and pivot tables are not read at all.
_LARGEST_REST = 20_000_000
_READ_IN_PIECES = ("xl/worksheets/", "xl/media/", "xl/pivotCache/")
_TEXTS = "xl/sharedStrings.xml"
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NOT_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t|])"?')
# Put behind the last line: if it turns up inside a cell, a quotation mark above was never closed.
_END = "\ue000end"


class TextTable:
    """The rows of a CSV file. Raises UnusableFileError where the file cannot be read as CSV."""

    def __init__(self, path: str | Path) -> None:
        self.path = path
        self.warnings: list[str] = []
        self.encoding = self._find_encoding()
        self._lines_above, self.delimiter = self._find_layout()
        # MailPoet writes \" for a quotation mark; in other lists a backslash is a sign like any other.
        self.escape: str | None = None

    def _find_encoding(self) -> str:
        encoding, is_cp1252 = "utf-8-sig", True
        with opened(self.path) as file:
            if (start := file.read(4))[:2] in _UTF_16:
                return "utf-16"
            # Without a byte-order mark: every second byte of its ASCII is zero.
            if len(start) == 4 and b"\0\0" in (start[::2], start[1::2]):
                return "utf-16-le" if start[0] else "utf-16-be"
            file.seek(0)
            for number, line in enumerate(iter(partial(file.readline, _LONGEST_LINE + 1), b""), 1):
                if len(line) > _LONGEST_LINE:
                    raise UnusableFileError(f"Line {number} is too long for a list of addresses.")
                if b"\0" in line:
                    raise UnusableFileError(f"The file is binary, not text: there is a NUL in line {number}.")
                is_cp1252 &= not _NOT_CP1252.search(line)
                try:
                    line.decode()
                except UnicodeDecodeError:
                    encoding = "cp1252"
        if encoding == "cp1252" and not is_cp1252:
            raise UnusableFileError("The file is neither UTF-8 nor Windows-1252 text. Save it as UTF-8.")
        if encoding == "cp1252":
            self.warnings.append("The file was read as Windows-1252, not UTF-8: check names with accents.")
        return encoding

    def _find_layout(self) -> tuple[int, str]:
        """Return (how many lines to skip, the delimiter), judged by the first line that is not blank."""
        for number, line in enumerate(self._lines()):
            if match := _SEPARATOR_LINE.fullmatch(line.strip()):
                return number + 1, match[1]
            if line.strip():
                unquoted = re.sub(r'"[^"]*"', "", line)
                # Of delimiters that are equally frequent, the first; so it is a comma where there is none.
                return 0, max(DELIMITERS, key=unquoted.count)
        raise UnusableFileError("The file is empty.")

    def _lines(self) -> Iterator[str]:
        try:
            with opened(self.path) as file, io.TextIOWrapper(file, self.encoding, newline="") as lines:
                yield from lines
        except UnicodeError as error:
            raise UnusableFileError("The file is binary, or was cut short. Save it as UTF-8.") from error

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (number of its first line, cells) for each row that is not blank.

        Raises UnusableFileError for a quotation mark that is never closed, or only by one further down: such
        a row swallows others, and who knows whom.
        """
        lines = itertools.chain(itertools.islice(self._lines(), self._lines_above, None), [_END])
        of_row: list[str] = []
        rows = self._reader(_noted(lines, of_row))
        first_line = self._lines_above + 1
        try:
            for cells in rows:
                if cells == [_END]:
                    return
                if cells and cells[-1].endswith(_END):
                    raise _unclosed(first_line)
                if len(of_row) > 1:
                    # Within a cell of several lines, a closing mark is followed by a delimiter or the end.
                    list(self._reader(of_row, strict=True))
                if any(map(str.strip, cells)):
                    yield first_line, cells
                of_row.clear()
                first_line = self._lines_above + rows.line_num + 1
        except csv.Error as error:
            # Also for a cell longer than csv.field_size_limit: the same mistake, noticed sooner.
            raise _unclosed(first_line) from error

    def _reader(self, lines: Iterable[str], *, strict: bool = False) -> "Reader":
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            escapechar=self.escape,
            skipinitialspace=self.delimiter != "\t",
            strict=strict,
        )


def _noted(lines: Iterable[str], noted: list[str]) -> Iterator[str]:
    """Yield lines, and add each to ``noted`` before."""
    for line in lines:
        noted.append(line)
        yield line


def _unclosed(line: int) -> UnusableFileError:
    where = f"A quotation mark in line {line} is never closed where it should be"
    return UnusableFileError(f"{where}, so the rows below it cannot be told apart. Mend that line.")


class SheetTable:
    """The rows of the first sheet of an XLSX file. Raises UnusableFileError where the file is no such one."""

    escape: str | None = None

    def __init__(self, path: str | Path) -> None:
        self.path = path
        self.warnings: list[str] = []
        try:
            with zipfile.ZipFile(path) as packed:
                sizes = {part.filename: part.file_size for part in packed.infolist()}
        except (OSError, zipfile.BadZipFile) as error:
            raise UnusableFileError("The file is broken: an XLSX that cannot be unpacked.") from error
        if "xl/workbook.xml" not in sizes:
            raise UnusableFileError("This is a ZIP archive. Unpack it, and import its files one by one.")
        texts, others = sizes.pop(_TEXTS, 0), sum(sizes.values())
        rest = sum(size for name, size in sizes.items() if not name.startswith(_READ_IN_PIECES))
        if texts > _LARGEST_TEXTS or rest > _LARGEST_REST or texts + others > _LARGEST_SHEETS:
            raise UnusableFileError("The file unpacks to more than is sane. Save it as CSV.")

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (number of the row, cells) for each row that is not blank, none shorter than the first.

        A sheet has no empty cells at the end of a row, and each cell of it stands in its own column.
        """
        # Loaded when it is needed: all processes would hold it otherwise.
        import openpyxl

        try:
            # openpyxl warns of styles and the like, which are not read.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                book = openpyxl.load_workbook(self.path, read_only=True, data_only=True, keep_links=False)
            with closing(book):
                if not book.worksheets:
                    raise UnusableFileError("The file holds no sheet.")
                sheet, *others = book.worksheets
                if others and not self.warnings:
                    self.warnings.append("The file has several sheets; only the first is read.")
                # Some programs state a size that is wrong.
                sheet.reset_dimensions()
                width = 0
                for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
                    cells = list(map(cell_text, values))
                    if any(map(str.strip, cells)):
                        width = width or len(cells)
                        yield number, cells + [""] * (width - len(cells))
        except (OSError, KeyError, ValueError, TypeError, ParseError, zipfile.BadZipFile) as error:
            raise UnusableFileError("The file is broken: no sheet can be read. Save it as CSV.") from error


def table(path: str | Path) -> TextTable | SheetTable:
    """Return the table in a file, by what the file holds and not by its name. Raises UnusableFileError."""
    with opened(path) as file:
        first_bytes = file.read(8)
    if first_bytes.startswith(_ZIP):
        return SheetTable(path)
    if first_bytes.startswith(_OLD_OFFICE):
        raise UnusableFileError("This is an old or a locked spreadsheet. Save it as .xlsx or CSV, unlocked.")
    return TextTable(path)


def cell_text(value: object) -> str:
    """Return a value of a cell as text: times in ISO 8601, whole numbers without a point, None as ""."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value)
    return text.lower() if isinstance(value, bool) else text
