"""Subscribers as a table, for spreadsheets and for a re-import (see ``reimport``).

Rows are read and written in batches, so a long list takes no more memory than a short one. A cell that begins
with one of some signs is run as a formula by spreadsheets. Such a cell gets an apostrophe before it, and so
does a cell that begins with an apostrophe already: taking the first one away gives every text back as it was.
That is done to this table alone; an apostrophe in a file of another program is part of the text.
"""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from openpyxl import Workbook

from subscribers.models import ConsentEvent, Subscriber, Suppression

ADDRESS, FIRST_NAME, RECORD = "E-mail address", "First name", "Record"
# {role: name of its column}.
ROLES = {
    "status": "Status",
    "source": "Source",
    "joined": "Joined",
    "left_at": "Left",
    "paused": "Paused until",
}
# For people to read; an import takes the same from RECORD.
_FOR_PEOPLE = ("Suppressed", "Agreed to", "Wording version", "Asked", "Agreed", "Page", "Coarse origin")
COLUMNS = (ADDRESS, FIRST_NAME, *ROLES.values(), *_FOR_PEOPLE, RECORD)
# The status of a row that goes on with the record of the row above.
CONTINUED = "continued"

# A cell of a spreadsheet holds 32,767 characters.
_LONGEST_CELL = 30_000
# The last four are what East Asian keyboards make of the first four.
_STARTS_A_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
_GUARD = "'"
_BATCH = 500
_AGREED = (ConsentEvent.Kind.CONFIRMED, ConsentEvent.Kind.IMPORTED)
# Characters that XML cannot hold (XML 1.0, 2.2); no text of ours should have any.
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def csv_lines() -> Iterator[bytes]:
    """Yield the table as lines of CSV in UTF-8, after the byte-order mark that spreadsheets look for."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)
    yield b"\xef\xbb\xbf"
    for cells in table():
        # The writer returns what the file's ``write`` returned.
        line: str = writer.writerow(cells)
        yield line.encode()


def write_xlsx(file: BinaryIO) -> None:
    """Write the table as XLSX into a seekable binary file."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Subscribers")
    for cells in table():
        sheet.append(cells)
    book.save(file)


def table() -> Iterator[list[str]]:
    """Yield the names of the columns, then the cells of each row.

    No cell is run by a spreadsheet. A subscriber with a long record gets several rows.
    """
    yield list(COLUMNS)
    last = 0
    while batch := list(Subscriber.objects.filter(pk__gt=last).order_by("pk")[:_BATCH]):
        last = batch[-1].pk
        consents, suppressions = defaultdict(list), defaultdict(list)
        for event in ConsentEvent.objects.filter(subscriber__in=batch):
            consents[event.subscriber_id].append(event)
        hashes = [subscriber.address_hash for subscriber in batch]
        for suppression in Suppression.objects.filter(address_hash__in=hashes).order_by("since", "pk"):
            suppressions[suppression.address_hash].append(suppression)
        for subscriber in batch:
            for cells in _rows_of(subscriber, consents[subscriber.pk], suppressions[subscriber.address_hash]):
                yield [guarded(_NO_XML.sub("", cell)) for cell in cells]


def guarded(text: str) -> str:
    """Return a text as a cell that no spreadsheet runs."""
    runs = text[:1] in _STARTS_A_FORMULA or text.lstrip()[:1] in _STARTS_A_FORMULA
    return _GUARD + text if runs or text.startswith(_GUARD) else text


def unguarded(cell: str) -> str:
    """Return the text of a cell of our own table."""
    return cell.removeprefix(_GUARD)


class _Echo:
    """A file that returns what is written into it."""

    def write(self, text: str) -> str:
        return text


def _rows_of(
    subscriber: Subscriber, consents: list[ConsentEvent], suppressions: list[Suppression]
) -> Iterator[list[str]]:
    agreed = next((event for event in reversed(consents) if event.kind in _AGREED), ConsentEvent())
    first, *others = _records(consents, suppressions)
    yield [
        subscriber.address,
        subscriber.first_name,
        subscriber.state,
        subscriber.source,
        _moment(subscriber.joined_at),
        _moment(subscriber.left_at),
        subscriber.paused_until.isoformat() if subscriber.paused_until else "",
        ", ".join(suppression.reason for suppression in suppressions),
        agreed.wording,
        "" if agreed.wording_version is None else str(agreed.wording_version),
        _moment(agreed.asked_at),
        _moment(agreed.at) if agreed.kind else "",
        agreed.page,
        agreed.region,
        first,
    ]
    for record in others:
        yield [subscriber.address, "", CONTINUED, *[""] * (len(COLUMNS) - 4), record]


def _records(consents: list[ConsentEvent], suppressions: list[Suppression]) -> list[str]:
    """Return texts of JSON that together hold some rows of the database; each text fits into a cell."""
    entries = [("consents", _consent(event)) for event in consents]
    entries += [("suppressions", _suppression(suppression)) for suppression in suppressions]
    parts: list[dict[str, list[dict[str, object]]]] = [defaultdict(list)]
    length = 0
    for name, fields in entries:
        size = len(json.dumps(fields)) + 2
        if length and length + size > _LONGEST_CELL:
            parts.append(defaultdict(list))
            length = 0
        parts[-1][name].append(fields)
        length += size
    return [json.dumps(part) for part in parts]


def _consent(event: ConsentEvent) -> dict[str, object]:
    return {
        "kind": event.kind,
        "at": _moment(event.at),
        "asked_at": _moment(event.asked_at),
        "wording_version": event.wording_version,
        "wording": event.wording,
        "page": event.page,
        "region": event.region,
    }


def _suppression(suppression: Suppression) -> dict[str, object]:
    return {
        "reason": suppression.reason,
        "since": _moment(suppression.since),
        "evidence": suppression.evidence,
    }


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at else ""
