"""Our own export, read again: the same people, with everything that they agreed to."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError

from subscribers import addresses
from subscribers.exchange import cell_parsers, exports
from subscribers.exchange.columns import Columns
from subscribers.exchange.records import Fields, Record, Standing
from subscribers.models import ConsentEvent, Subscriber, Suppression
from subscribers.people import first_names

BAD_RECORD = "The cell “Record” was changed and cannot be read."
BAD_STATUS = "The cell “Status” must say confirmed or left."
ADDED_BY_HAND = "named in the column “Suppressed” of an export that was read again"
BAD_TIME = "A time or day in this row cannot be read."

_REASONS = {str(reason) for reason in Suppression.Reason} - {Suppression.Reason.ERASED}


def joined(rows: Iterable[tuple[int, list[str]]], columns: Columns) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of each person; records that go on in rows below are put behind the first row."""
    waiting = None
    for line, cells in rows:
        # What is behind the last column stays there, and makes the record one that cannot be read.
        cells = cells + [""] * (columns.width - len(cells))
        if waiting and columns.cell(cells, "status") == exports.CONTINUED:
            waiting[1].extend([columns.cell(cells, "record"), *cells[columns.width :]])
        else:
            if waiting:
                yield waiting
            waiting = line, cells
    if waiting:
        yield waiting


def record(line: int, cells: list[str], columns: Columns, now: datetime) -> Record:
    """Return the Record of a row, equal to what the row was written from. Raises ValidationError."""

    def cell(role: str) -> str:
        return exports.unguarded(columns.cell(cells, role))

    address = addresses.normal(cell("address"))
    status, source = cell("status"), cell("source")
    if status not in Subscriber.State.values:
        raise ValidationError(BAD_STATUS)
    name, note = cell("first_name"), ""
    if len(name) > first_names.LONGEST or not name.isprintable():
        name, note = cell_parsers.name(name)
    try:
        left_at, joined_at = _moment(cell("left_at")), _moment(cell("joined"))
        paused_until = date.fromisoformat(cell("paused")) if cell("paused") else None
    except ValueError:
        raise ValidationError(BAD_TIME) from None
    # Of what contradicts itself, the worse counts.
    has_left = status == Subscriber.State.LEFT or left_at is not None
    standing = Standing.UNSUBSCRIBED if has_left else Standing.SUBSCRIBED
    record = Record(line, address, standing, first_name=name, joined_at=joined_at, paused_until=paused_until)
    record.is_own = True
    record.notes = (note,) if note else ()
    record.ended_at = (left_at or now) if has_left else None
    record.source = source if source in Subscriber.Source.values else Subscriber.Source.IMPORT
    # What is behind the columns was put there by ``joined``.
    texts = [columns.cell(cells, "record"), *cells[columns.width :]]
    consents, held = _read_records(exports.unguarded(text) for text in texts if text)
    stated = set(cell("suppressed").split(", ")) & _REASONS - {fields["reason"] for fields in held}
    held += [{"reason": reason, "since": now, "evidence": ADDED_BY_HAND} for reason in sorted(stated)]
    record.consents, record.suppressions = consents, held
    return record


def _read_records(texts: Iterable[str]) -> tuple[list[Fields], list[Fields]]:
    """Return the fields of (ConsentEvents, Suppressions) that some cells “Record” hold."""
    try:
        parts = [json.loads(text) for text in texts]
        consents = [_fields(event, exports.CONSENT) for part in parts for event in part.get("consents", [])]
        held = [_fields(item, exports.SUPPRESSION) for part in parts for item in part.get("suppressions", [])]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValidationError(BAD_RECORD) from None
    # Erased people stand in no export of ours; a file that names any was changed by somebody.
    return consents, [entry for entry in held if entry["reason"] != Suppression.Reason.ERASED]


def _fields(stated: Fields, names: Iterable[str]) -> Fields:
    return {name: _READERS[name](stated.get(name)) for name in names}


def _moment(value: object) -> datetime | None:
    return _needed_moment(value) if value else None


def _needed_moment(value: object) -> datetime:
    at = datetime.fromisoformat(str(value))
    if at.tzinfo is None or not 1900 < at.year < 2200:
        raise ValueError("a time without its zone, or before all lists")
    return at.astimezone(UTC)


def _version(number: object) -> int | None:
    if number is None or (isinstance(number, int) and 0 <= number < 2**15):
        return number
    raise ValueError("no number of a version")


def _text(value: object, longest: int | None = None) -> str:
    text = str(value or "")
    # JSON can name signs that no database keeps: halves of a pair, which encode refuses, and NUL.
    if b"\0" in text.encode() or (longest and len(text) > longest):
        raise ValueError("no text that fits")
    return text


# Any: an enum takes the values of its own type alone, by its signature.
_READERS: dict[str, Callable[[Any], object]] = {
    "kind": ConsentEvent.Kind,
    "at": _needed_moment,
    "asked_at": _moment,
    "wording_version": _version,
    "wording": _text,
    "page": partial(_text, longest=200),
    "region": partial(_text, longest=50),
    "reason": Suppression.Reason,
    "since": _needed_moment,
    "evidence": partial(_text, longest=200),
}
