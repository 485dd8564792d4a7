"""What a cell says of a time: ISO 8601, the numeric forms of countries, names of months, serial numbers."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from tips.text import folding

_OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
# Another clock may be a little ahead of ours.
_AHEAD = timedelta(days=1)
# Spreadsheets count days from here, with a leap day in 1900 that never was (ECMA-376, 18.17.4.1).
_FIRST_SERIAL = datetime(1899, 12, 30, tzinfo=UTC)

_SERIAL = re.compile(r"\d{5}(?:\.\d{1,12})?")
_UNIX = re.compile(r"(1\d{9})(?:\.\d{1,6}|\d{3})?")
_TIME = r"(?:,? *(?:at |t)?(?P<clock>\d{1,2}[:.]\d{2}.*))?"
_YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})([-/.])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}}){_TIME}")
_YEAR_LAST = re.compile(
    rf"(?P<first>\d{{1,2}})(?P<sign>[-/.])(?P<second>\d{{1,2}})(?P=sign)(?P<year>\d{{4}}|\d\d){_TIME}"
)
_MONTH_NAMED = re.compile(
    r"(?:[a-z]{3,9}\.?,? )?(?:(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?[ -](?P<month>[a-z]{3,9})\.?"
    rf"|(?P<month2>[a-z]{{3,9}})\.? (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?),?[ -](?P<year>\d{{4}}){_TIME}"
)
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:\.\d+)?)? ?(?P<half>[ap])?(?:\.?m\.?)?"
    r" ?(?:(?:utc|gmt|z)? ?(?P<zone>[+-]\d\d:?\d\d)?|[a-z]{2,5})?"
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


@dataclass(frozen=True, slots=True)
class Moment:
    """What a cell says of a time: ``at`` is aware, or None where there is none.

    ``is_bad``: the cell has a text that is no possible time. ``is_unclear``: day and month might be swapped.
    """

    at: datetime | None = None
    is_bad: bool = False
    is_unclear: bool = False


_NONE, _BAD = Moment(), Moment(is_bad=True)


def read(text: str, now: datetime, is_day_first: bool | None = None) -> Moment:
    """Return the Moment of a cell. A time without a zone is UTC; no time lies in the future.

    ``is_day_first`` says how the file writes 1/2/2024, if that is known. Where it is not, the later of the
    two days is meant: so nobody agreed earlier than they did, and nobody's leaving is older than a return.
    """
    text = folding.key(text)
    if not text or text.startswith("0000"):
        return _NONE
    try:
        if match := _YEAR_LAST.fullmatch(text):
            return _year_last(match, now, is_day_first)
        at = _clear(text)
    except (ValueError, OverflowError):
        return _BAD
    return Moment(at) if at and _is_possible(at, now) else _BAD


def day_first(text: str) -> bool | None:
    """Return whether a cell proves that its file writes days before months; None where it proves nothing."""
    # Most lists begin times with the year.
    match = None if text[4:5] == "-" else _YEAR_LAST.fullmatch(folding.key(text))
    if not match or match["sign"] == ".":
        return None
    first, second = int(match["first"]), int(match["second"])
    return True if first > 12 >= second else False if second > 12 >= first else None


def _is_possible(at: datetime, now: datetime) -> bool:
    return _OLDEST <= at <= now + _AHEAD


def _clear(text: str) -> datetime | None:
    if text[4:5] == "-":
        with suppress(ValueError):
            return _in_utc(datetime.fromisoformat(text.upper()))
    if _SERIAL.fullmatch(text):
        return _FIRST_SERIAL + timedelta(seconds=round(float(text) * 86_400))
    if match := _UNIX.fullmatch(text):
        return datetime.fromtimestamp(int(match[1]), UTC)
    if match := _YEAR_FIRST.fullmatch(text):
        return _at(match["year"], match["month"], match["day"], match["clock"])
    if match := _MONTH_NAMED.fullmatch(text):
        name = (match["month"] or match["month2"])[:3]
        month = _MONTHS.index(name) + 1
        return _at(match["year"], month, match["day"] or match["day2"], match["clock"])
    return _in_utc(datetime.fromisoformat(text.upper()))


def _in_utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _year_last(match: re.Match[str], now: datetime, is_day_first: bool | None) -> Moment:
    first, second, year = match["first"], match["second"], match["year"]
    year = year if len(year) == 4 else f"20{year}"
    readings = {}
    for is_first, month, day in ((True, second, first), (False, first, second)):
        with suppress(ValueError):
            readings[is_first] = _at(year, month, day, match["clock"])
    # Full stops part days from months where days come first.
    is_first_known = True if match["sign"] == "." else is_day_first
    if is_first_known is not None and is_first_known in readings:
        readings = {is_first_known: readings[is_first_known]}
    possible = {at for at in readings.values() if _is_possible(at, now)}
    if not possible or (match["sign"] == "." and True not in readings):
        return _BAD
    return Moment(max(possible), is_unclear=len(possible) > 1)


def _at(year: str, month: str | int, day: str, clock: str | None) -> datetime:
    at = datetime(int(year), int(month), int(day), tzinfo=UTC)
    if not clock:
        return at
    match = _CLOCK.fullmatch(clock.strip())
    if not match:
        raise ValueError("no time of day")
    hour = int(match["hour"])
    if match["half"]:
        hour = hour % 12 + (12 if match["half"] == "p" else 0)
    at = at.replace(hour=hour, minute=int(match["minute"]), second=int(match["second"] or 0))
    if zone := match["zone"]:
        sign = -1 if zone[0] == "-" else 1
        ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
        at = at.replace(tzinfo=timezone(sign * ahead)).astimezone(UTC)
    return at
