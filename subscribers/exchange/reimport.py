"""Our own export, read again: the same people, with everything that they agreed to."""

import json
from datetime import UTC, date, datetime

from django.core.exceptions import ValidationError

from subscribers import addresses
from subscribers.exchange import cell_parsers, own_format
from subscribers.exchange.records import Own, Record, Standing
from subscribers.models import ConsentEvent, Subscriber, Suppression
from subscribers.people import first_names

BAD_RECORD = "The cell “Record” was changed and cannot be read."
BAD_STATUS = "The cell “Status” must say confirmed or left."
BAD_TIME = "A time or day in this row cannot be read."
_LONGEST = {"page": 200, "region": 50, "evidence": 200}


def joined(rows, columns):
    """Yield (line, cells) of each person, with the rows that go on with a record put behind the first one."""
    waiting, width = None, columns.width
    for line, cells in rows:
        cells = cells[:width] + [""] * (width - len(cells))
        if waiting and columns.cell(cells, "status") == own_format.CONTINUED:
            waiting[1].append(columns.cell(cells, "record"))
            continue
        if waiting:
            yield waiting
        waiting = line, cells
    if waiting:
        yield waiting


def record(line, cells, columns, now):
    """Return the Record of a row, which holds what the row was written from. Raises ValidationError."""

    def cell(role):
        return own_format.unguarded(columns.cell(cells, role))

    address = addresses.normal(cell("address"))
    status = cell("status")
    if status not in Subscriber.State.values:
        raise ValidationError(BAD_STATUS)
    name, note = cell("first_name"), ""
    if len(name) > first_names.LONGEST or not name.isprintable():
        name, note = cell_parsers.name(name)
    try:
        left_at = _moment(cell("left_at"))
        paused = date.fromisoformat(cell("paused")) if cell("paused") else None
        joined_at = _moment(cell("joined"))
    except ValueError:
        raise ValidationError(BAD_TIME) from None
    has_left = status == Subscriber.State.LEFT
    source = cell("source")
    own = Own(
        source=source if source in Subscriber.Source.values else Subscriber.Source.IMPORT,
        left_at=(left_at or now) if has_left else None,
        paused_until=paused,
    )
    # A row is as wide as its columns; what is behind was put there by ``joined``.
    for text in [columns.cell(cells, "record"), *cells[columns.width :]]:
        if text:
            _take(own, own_format.unguarded(text))
    return Record(
        line,
        address,
        Standing.UNSUBSCRIBED if has_left else Standing.SUBSCRIBED,
        first_name=name,
        joined_at=joined_at,
        ended_at=own.left_at,
        notes=(note,) if note else (),
        own=own,
    )


def _take(own, text):
    """Add what one cell “Record” holds."""
    try:
        stated = json.loads(text)
        for each in stated.get("consents", []):
            own.consents.append(
                {
                    "kind": ConsentEvent.Kind(each["kind"]),
                    "at": _moment(each["at"], is_needed=True),
                    "asked_at": _moment(each.get("asked_at")),
                    "wording_version": _small(each.get("wording_version")),
                    "wording": _text(each, "wording"),
                    "page": _short(each, "page"),
                    "region": _short(each, "region"),
                }
            )
        for each in stated.get("suppressions", []):
            reason = Suppression.Reason(each["reason"])
            # Who was erased is told by no export, and by no file that says to be one.
            if reason != Suppression.Reason.ERASED:
                since = _moment(each["since"], is_needed=True)
                own.suppressions.append((str(reason), _short(each, "evidence"), since))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValidationError(BAD_RECORD) from None


def _moment(text, is_needed=False):
    if not text and not is_needed:
        return None
    at = datetime.fromisoformat(text)
    if at.tzinfo is None or not 1900 < at.year < 2200:
        raise ValueError("a time without its zone, or before all lists")
    return at.astimezone(UTC)


def _small(number):
    if number is None or (isinstance(number, int) and 0 <= number < 2**15):
        return number
    raise ValueError("no number of a version")


def _text(stated, name):
    text = str(stated.get(name) or "")
    # JSON can name signs that no database keeps: halves of a pair, which encode refuses, and NUL.
    if b"\0" in text.encode():
        raise ValueError(f"no text of a {name}")
    return text


def _short(stated, name):
    text = _text(stated, name)
    if len(text) > _LONGEST[name]:
        raise ValueError(f"too long a {name}")
    return text
