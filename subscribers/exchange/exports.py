"""Subscribers as a table, for spreadsheets and for a re-import: see ``sheets`` for its columns.

Rows are read and written in batches, so that a long list takes no more memory than a short one.
"""

import csv
import json
import re
from collections import defaultdict
from datetime import UTC

from openpyxl import Workbook

from subscribers.exchange import own_format
from subscribers.models import ConsentEvent, Subscriber, Suppression

_BATCH = 500
_AGREED = (ConsentEvent.Kind.CONFIRMED, ConsentEvent.Kind.IMPORTED)
# What XML cannot hold (XML 1.0, 2.2); no cell of ours should.
_NO_CELL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def rows(people=None):
    """Yield the cells of each subscriber of a queryset (None: of all), after the names of columns.

    No cell is run by a spreadsheet. Whoever has a long record gets more rows than one.
    """
    people = Subscriber.objects.all() if people is None else people
    yield list(own_format.COLUMNS)
    last = 0
    while batch := list(people.filter(pk__gt=last).order_by("pk")[:_BATCH]):
        last = batch[-1].pk
        consents, reasons = defaultdict(list), defaultdict(list)
        for event in ConsentEvent.objects.filter(subscriber__in=batch):
            consents[event.subscriber_id].append(event)
        keys = [person.address_hash for person in batch]
        for each in Suppression.objects.filter(address_hash__in=keys).order_by("since", "pk"):
            reasons[each.address_hash].append(each)
        for person in batch:
            for cells in _of_one(person, consents[person.pk], reasons[person.address_hash]):
                yield [own_format.guarded(_NO_CELL.sub("", cell)) for cell in cells]


def _of_one(person, consents, reasons):
    """Yield the cells of a subscriber's row, and of further rows where the record is too long for one."""
    agreed = next((event for event in reversed(consents) if event.kind in _AGREED), ConsentEvent())
    first, *others = _records(consents, reasons)
    yield [
        person.address,
        person.first_name,
        person.state,
        person.source,
        _moment(person.joined_at),
        _moment(person.left_at),
        person.paused_until.isoformat() if person.paused_until else "",
        ", ".join(each.reason for each in reasons),
        agreed.wording,
        "" if agreed.wording_version is None else str(agreed.wording_version),
        _moment(agreed.asked_at),
        _moment(agreed.at) if agreed.kind else "",
        agreed.page,
        agreed.region,
        first,
    ]
    for record in others:
        cells = dict.fromkeys(own_format.COLUMNS, "")
        cells |= {
            own_format.ADDRESS: person.address,
            own_format.STATUS: own_format.CONTINUED,
            own_format.RECORD: record,
        }
        yield list(cells.values())


def _records(consents, reasons):
    """Return texts of JSON that together hold some rows; each of them fits into a cell."""
    parts, part, length = [], {}, 0
    stated = [("consents", _consent(event)) for event in consents]
    stated += [("suppressions", _suppression(each)) for each in reasons]
    for name, fields in stated:
        size = len(json.dumps(fields)) + 2
        if part and length + size > own_format.LONGEST_CELL:
            parts.append(part)
            part, length = {}, 0
        part.setdefault(name, []).append(fields)
        length += size
    return [json.dumps(each) for each in [*parts, part]]


def _consent(event):
    return {
        "kind": event.kind,
        "at": _moment(event.at),
        "asked_at": _moment(event.asked_at),
        "wording_version": event.wording_version,
        "wording": event.wording,
        "page": event.page,
        "region": event.region,
    }


def _suppression(row):
    return {"reason": row.reason, "since": _moment(row.since), "evidence": row.evidence}


def _moment(at):
    return at.astimezone(UTC).isoformat() if at else ""


class _Echo:
    """A file that gives back what is written into it."""

    def write(self, text):
        return text


def csv_lines(people=None):
    """Yield the table as lines of CSV in UTF-8, begun by the mark by which spreadsheets know that."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)
    yield b"\xef\xbb\xbf"
    for cells in rows(people):
        yield writer.writerow(cells).encode()


def write_xlsx(file, people=None):
    """Write the table as XLSX into a binary file that can be sought in."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Subscribers")
    for cells in rows(people):
        sheet.append(cells)
    book.save(file)
