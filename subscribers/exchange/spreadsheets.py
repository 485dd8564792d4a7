"""From a file to rows of cells: CSV in the kinds that are met, and XLSX."""

import codecs
import csv
import itertools
import os
import re
import stat
import warnings
import zipfile
from datetime import date, datetime
from xml.etree.ElementTree import ParseError

import openpyxl

from subscribers.exchange.records import RefusedError

DELIMITERS = ",;\t|"
_LONGEST_LINE = 20_000_000
# What a packed file may unpack to, in bytes: its texts are held in memory at once, its sheets are not.
_LARGEST_TEXTS, _LARGEST_SHEETS = 200_000_000, 2_000_000_000
# What stands beside them, such as styles, is read as a whole; pictures and pivot tables are not read at all.
_LARGEST_REST = 20_000_000
_READ_BIT_BY_BIT = ("xl/worksheets/", "xl/media/", "xl/pivotCache/")
_TEXTS = "xl/sharedStrings.xml"
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t|])"?')
# Put behind the last line: if it turns up inside a cell, a quotation mark above was never closed.
_END = "\ue000end"


class UnclosedQuoteError(Exception):
    """A quotation mark is opened and never closed; ``line`` says where that row begins."""

    def __init__(self, line):
        self.line = line


class TextTable:
    """The rows of a CSV file. Raises RefusedError where it cannot be read as one."""

    def __init__(self, path):
        self.path, self.warnings = path, []
        self.encoding = self._checked_encoding()
        self._skip, self.delimiter = self._layout()
        # MailPoet writes \" for a quotation mark; for everybody else a backslash is a sign like any other.
        self.escape = None

    def _checked_encoding(self):
        is_utf_8 = is_windows = True
        is_blank = True
        try:
            with open(self.path, "rb") as file:
                if file.read(2) in _UTF_16:
                    return "utf-16"
                file.seek(0)
                for number in itertools.count(1):
                    line = file.readline(_LONGEST_LINE + 1)
                    if not line:
                        break
                    if len(line) > _LONGEST_LINE:
                        raise RefusedError(f"Line {number} is too long for a list of addresses.")
                    if b"\0" in line:
                        raise RefusedError(f"The file is binary, not text: there is a NUL in line {number}.")
                    is_blank = is_blank and not line.removeprefix(codecs.BOM_UTF8).strip()
                    is_utf_8 = is_utf_8 and _decodes(line, "utf-8")
                    is_windows = is_windows and _decodes(line, "cp1252")
        except OSError as error:
            raise RefusedError(_reason(error)) from error
        if is_blank:
            raise RefusedError("The file is empty.")
        if is_utf_8:
            return "utf-8-sig"
        if not is_windows:
            raise RefusedError("The file is neither UTF-8 nor Windows-1252 text. Save it as UTF-8.")
        self.warnings.append("The file is not UTF-8 and was read as Windows-1252: look at accented names.")
        return "cp1252"

    def _layout(self):
        """Return (how many lines to skip, the delimiter), judged by the first line that holds anything."""
        for skip, line in enumerate(self._lines()):
            if match := _SEPARATOR_LINE.fullmatch(line.strip()):
                return skip + 1, match[1]
            if line.strip():
                bare = re.sub(r'"[^"]*"', "", line)
                best = max(DELIMITERS, key=bare.count)
                return 0, best if best in bare else ","
        raise RefusedError("The file is empty.")

    def _lines(self):
        try:
            with open(self.path, encoding=self.encoding, newline="") as file:
                yield from file
        except UnicodeError as error:
            raise RefusedError("The file is binary, or was cut short. Save it as UTF-8.") from error
        except OSError as error:
            raise RefusedError(_reason(error)) from error

    def __iter__(self):
        """Yield (line on which it begins, cells) for each row that holds anything.

        Raises UnclosedQuoteError in the place of a row that swallows the rest of the file.
        """
        lines = itertools.chain(itertools.islice(self._lines(), self._skip, None), [_END])
        reader = csv.reader(
            lines, delimiter=self.delimiter, escapechar=self.escape, skipinitialspace=self.delimiter != "\t"
        )
        begins = 1
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                # A cell that is longer than any (csv.field_size_limit): the same mistake, seen sooner.
                raise UnclosedQuoteError(begins + self._skip) from error
            if cells == [_END]:
                return
            if cells and cells[-1].endswith(_END):
                raise UnclosedQuoteError(begins + self._skip)
            if any(map(str.strip, cells)):
                yield begins + self._skip, cells
            begins = reader.line_num + 1


class SheetTable:
    """The rows of the first sheet of an XLSX file. Raises RefusedError where it cannot be read as one."""

    escape = None

    def __init__(self, path):
        self.path, self.warnings = path, []
        try:
            with zipfile.ZipFile(path) as packed:
                sizes = {each.filename: each.file_size for each in packed.infolist()}
        except (OSError, zipfile.BadZipFile) as error:
            raise RefusedError("The file is broken: it begins as XLSX and cannot be unpacked.") from error
        if "xl/workbook.xml" not in sizes:
            raise RefusedError("This is a ZIP archive. Unpack it, and import the files in it one by one.")
        rest = sum(
            size for name, size in sizes.items() if name != _TEXTS and not name.startswith(_READ_BIT_BY_BIT)
        )
        is_too_much_at_once = sizes.get(_TEXTS, 0) > _LARGEST_TEXTS or rest > _LARGEST_REST
        if is_too_much_at_once or sum(sizes.values()) > _LARGEST_SHEETS:
            raise RefusedError("The file unpacks to more than is sane. Save it as CSV.")

    def __iter__(self):
        """Yield (number of the row, cells) for each row that holds anything."""
        try:
            # What openpyxl warns of are styles and the like.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                book = openpyxl.load_workbook(self.path, read_only=True, data_only=True, keep_links=False)
            try:
                if len(book.worksheets) > 1 and not self.warnings:
                    self.warnings.append("The file has several sheets; only the first is read.")
                if not book.worksheets:
                    raise RefusedError("The file holds no sheet.")
                sheet = book.worksheets[0]
                # Some programs state a size that is wrong.
                sheet.reset_dimensions()
                for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
                    cells = list(map(_text, row))
                    if any(map(str.strip, cells)):
                        yield number, cells
            finally:
                book.close()
        except (OSError, KeyError, ValueError, TypeError, ParseError, zipfile.BadZipFile) as error:
            raise RefusedError("The file is broken: its sheet cannot be read. Save it as CSV.") from error


def table(path):
    """Return the table in a file, by what the file holds and not by its name. Raises RefusedError."""
    try:
        # Asked before opening: to open a named pipe is to wait for somebody who writes to it.
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise RefusedError("This is a folder. Name a file.")
        if not stat.S_ISREG(mode):
            raise RefusedError("This is no regular file.")
        with open(path, "rb") as file:
            begins = file.read(8)
    except (OSError, ValueError) as error:
        raise RefusedError(_reason(error)) from error
    if begins.startswith(_ZIP):
        return SheetTable(path)
    if begins.startswith(_OLD_OFFICE):
        raise RefusedError("This is an old or a locked spreadsheet. Save it as .xlsx or CSV, unlocked.")
    return TextTable(path)


def _decodes(line, encoding):
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _reason(error):
    if isinstance(error, FileNotFoundError):
        return "There is no such file."
    if isinstance(error, PermissionError):
        return "You may not read it: permission denied."
    return f"It cannot be read: {getattr(error, 'strerror', None) or error}."
