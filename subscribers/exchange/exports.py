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
from datetime import datetime
from functools import partial
from typing import BinaryIO, cast

from django.db.models import QuerySet

from subscribers.exchange.records import Fields
from subscribers.exchange.spreadsheets import cell_text
from subscribers.models import ConsentEvent, Subscriber, Suppression

ADDRESS, FIRST_NAME, RECORD = "E-mail address", "First name", "Record"
# {role: name of its column}.
ROLES = {
    "status": "Status",
    "source": "Source",
    "joined": "Joined",
    "left_at": "Left",
    "paused": "Paused until",
    "suppressed": "Suppressed",
}
# For people to read; an import takes the same from RECORD.
_FOR_PEOPLE = ("Agreed to", "Wording version", "Asked", "Agreed", "Page", "Coarse origin")
COLUMNS = (ADDRESS, FIRST_NAME, *ROLES.values(), *_FOR_PEOPLE, RECORD)
# The fields of ConsentEvents and Suppressions in RECORD, which holds values of all types.
CONSENT = ("kind", "at", "asked_at", "wording_version", "wording", "page", "region")
SUPPRESSION = ("reason", "since", "evidence")
# The status of a row that goes on with the record of the row above.
CONTINUED = "continued"

# A cell of a spreadsheet holds 32,767 characters.
_LONGEST_CELL = 30_000
# The last four are what East Asian keyboards make of the first four.
_STARTS_A_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
_GUARD = "'"
_BATCH = 500
# The fields of a subscriber in the first columns.
_FIELDS = ("address", "first_name", "state", "source", "joined_at", "left_at", "paused_until")
_AGREED = (ConsentEvent.Kind.CONFIRMED, ConsentEvent.Kind.IMPORTED)
# Characters that XML cannot hold (XML 1.0, 2.2); no text of ours should have any.
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def csv_lines(people: QuerySet[Subscriber] | None = None) -> Iterator[bytes]:
    """Yield the table of some subscribers (all, unless given) as lines of CSV in UTF-8.

    First comes the byte-order mark that spreadsheets look for.
    """
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)
    yield b"\xef\xbb\xbf"
    for cells in table(people):
        # The writer returns what the file's ``write`` returned.
        yield cast(bytes, writer.writerow(cells))


def write_xlsx(file: BinaryIO, people: QuerySet[Subscriber] | None = None) -> None:
    """Write the table of some subscribers (all, unless given) as XLSX into a seekable binary file."""
    # Loaded when it is needed: all processes would hold it otherwise.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Subscribers")
    for cells in table(people):
        sheet.append(cells)
    book.save(file)


def table(people: QuerySet[Subscriber] | None = None) -> Iterator[list[str]]:
    """Yield the names of the columns, then the cells of each row of some subscribers.

    No cell is run by a spreadsheet. A subscriber with a long record gets several rows.
    """
    yield list(COLUMNS)
    people = Subscriber.objects.all() if people is None else people
    last = 0
    while batch := list(people.filter(pk__gt=last).order_by("pk")[:_BATCH]):
        last = batch[-1].pk
        consents, suppressions = defaultdict(list), defaultdict(list)
        for event in ConsentEvent.objects.filter(subscriber__in=batch).values("subscriber", *CONSENT):
            consents[event.pop("subscriber")].append(event)
        hashes = [subscriber.address_hash for subscriber in batch]
        held = Suppression.objects.filter(address_hash__in=hashes).order_by("since", "pk")
        for suppression in held.values("address_hash", *SUPPRESSION):
            suppressions[suppression.pop("address_hash")].append(suppression)
        for person in batch:
            for cells in _rows_of(person, consents[person.pk], suppressions[person.address_hash]):
                yield [guarded(_NO_XML.sub("", cell_text(value))) for value in cells]


def guarded(text: str) -> str:
    """Return a text as a cell that no spreadsheet runs."""
    runs = text[:1] in _STARTS_A_FORMULA or text.lstrip()[:1] in _STARTS_A_FORMULA
    return _GUARD + text if runs or text.startswith(_GUARD) else text


def unguarded(cell: str) -> str:
    """Return the text of a cell of our own table."""
    return cell.removeprefix(_GUARD)


class _Echo:
    """A file that returns what is written into it, as bytes."""

    write = staticmethod(str.encode)


def _rows_of(person: Subscriber, consents: list[Fields], held: list[Fields]) -> Iterator[list[object]]:
    agreed = next((event for event in reversed(consents) if event["kind"] in _AGREED), {})
    first, *others = _records(consents, held)
    yield [
        *(getattr(person, name) for name in _FIELDS),
        ", ".join(suppression["reason"] for suppression in held),
        *map(agreed.get, ("wording", "wording_version", "asked_at", "at", "page", "region")),
        first,
    ]
    for record in others:
        yield [person.address, "", CONTINUED, *[""] * (len(COLUMNS) - 4), record]


def _records(consents: list[Fields], suppressions: list[Fields]) -> list[str]:
    """Return texts of JSON that together hold some rows of the database; each text fits into a cell."""
    parts: list[dict[str, list[Fields]]] = [defaultdict(list)]
    length = 0
    for fields in [*consents, *suppressions]:
        size = len(_json(fields)) + 2
        if length and length + size > _LONGEST_CELL:
            parts.append(defaultdict(list))
            length = 0
        parts[-1]["suppressions" if "reason" in fields else "consents"].append(fields)
        length += size
    return list(map(_json, parts))


_json = partial(json.dumps, default=datetime.isoformat)
