"""Our own export, read again: the same people, with everything that they agreed to."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import ValidationError

from subscribers import addresses
from subscribers.exchange import cell_parsers, exports
from subscribers.exchange.columns import Columns
from subscribers.exchange.records import OwnDetails, Record, Standing
from subscribers.models import ConsentEvent, Subscriber, Suppression
from subscribers.people import first_names

BAD_RECORD = "The cell “Record” was changed and cannot be read."
BAD_STATUS = "The cell “Status” must say confirmed or left."
BAD_TIME = "A time or day in this row cannot be read."
_LONGEST = {"page": 200, "region": 50, "evidence": 200}


def joined(rows: Iterable[tuple[int, list[str]]], columns: Columns) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of each person; records that go on in rows below are put behind the first row."""
    waiting = None
    for line, cells in rows:
        cells = cells[: columns.width] + [""] * (columns.width - len(cells))
        if waiting and columns.cell(cells, "status") == exports.CONTINUED:
            waiting[1].append(columns.cell(cells, "record"))
            continue
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
    own = OwnDetails(
        source=source if source in Subscriber.Source.values else Subscriber.Source.IMPORT,
        paused_until=paused_until,
    )
    # A row is as wide as its columns; what is behind was put there by ``joined``.
    for text in [columns.cell(cells, "record"), *cells[columns.width :]]:
        if text:
            _read_record(exports.unguarded(text), own)
    has_left = status == Subscriber.State.LEFT
    return Record(
        line,
        address,
        Standing.UNSUBSCRIBED if has_left else Standing.SUBSCRIBED,
        first_name=name,
        joined_at=joined_at,
        ended_at=(left_at or now) if has_left else None,
        notes=(note,) if note else (),
        own=own,
    )


def _read_record(text: str, own: OwnDetails) -> None:
    """Add to ``own`` what one cell “Record” holds."""
    try:
        stated = json.loads(text)
        own.consents += [
            {
                "kind": ConsentEvent.Kind(event["kind"]),
                "at": _needed_moment(event["at"]),
                "asked_at": _moment(event.get("asked_at")),
                "wording_version": _small_number(event.get("wording_version")),
                "wording": _text(event, "wording"),
                "page": _text(event, "page"),
                "region": _text(event, "region"),
            }
            for event in stated.get("consents", [])
        ]
        own.suppressions += [
            (str(reason), _text(entry, "evidence"), _needed_moment(entry["since"]))
            for entry in stated.get("suppressions", [])
            # Erased people stand in no export of ours; a file that names any was changed by somebody.
            if (reason := Suppression.Reason(entry["reason"])) != Suppression.Reason.ERASED
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValidationError(BAD_RECORD) from None


def _moment(text: str | None) -> datetime | None:
    return _needed_moment(text) if text else None


def _needed_moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None or not 1900 < at.year < 2200:
        raise ValueError("a time without its zone, or before all lists")
    return at.astimezone(UTC)


def _small_number(number: object) -> int | None:
    if number is None or (isinstance(number, int) and 0 <= number < 2**15):
        return number
    raise ValueError("no number of a version")


# What JSON states may be of any type.
def _text(stated: dict[str, Any], name: str) -> str:
    text = str(stated.get(name) or "")
    # JSON can name signs that no database keeps: halves of a pair, which encode refuses, and NUL.
    if b"\0" in text.encode() or len(text) > _LONGEST.get(name, len(text)):
        raise ValueError(f"no text of a {name}")
    return text
