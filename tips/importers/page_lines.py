"""What single lines of an archive page mean: dates, "Posted on" lines, the footer."""

import re
from datetime import date
from typing import NamedTuple

from tips.text import folding

_FOOTER_BEGINS, _FOOTER_ENDS = "Signup for FREE Tips!", "Visit Our Home Page"
_LONGEST_FOOTER = 300

_DAY = r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}|[0-9]{2})"
_DAY_AT_END = re.compile(rf"\s*[-‐‑–—]\s*{_DAY}\Z")
# A title is searched from so far before its end: from its beginning, a million spaces take hours.
_DAY_REACH = 40
_DAY_ALONE = re.compile(_DAY)
_DAY_IN_WORDS = re.compile(r"([A-Za-z]{3,9})\.? ([0-9]{1,2})(?:st|nd|rd|th)?,? ([0-9]{4})")
_MONTHS = "january february march april may june july august september october november december".split()

_POSTED = "Posted on"
_LONGEST_POSTED = 1000
_COMMENTS = (
    r"(?:(?:please )?leave a comment|(?:[0-9][0-9,]*|no|one) comments?|comments? off(?: on .*)?"
    r"|comments are closed)"
)
# Lazy throughout: a category may be called "Made in Ohio".
_POSTED_LINE = re.compile(
    rf"Posted on (?:(?P<day>[A-Za-z0-9/., ]{{1,30}}?) )??in (?:(?P<categories>.+?) )??{_COMMENTS}",
    re.IGNORECASE,
)
_ALMOST_POSTED = re.compile(rf"Posted on (?:in [A-Z]|{_DAY} |.* {_COMMENTS}\Z)", re.IGNORECASE)


class StatedDay(NamedTuple):
    """A date as a line states it; ``day`` is None where no calendar has it."""

    day: date | None


def split_day(title: str) -> tuple[str, StatedDay | None]:
    """Return (title without its date, its date if any).

    A date is ``M/D/YY`` or ``M/D/YYYY`` at the end, after a hyphen or a dash. An impossible date stays in
    the title.
    """
    match = _DAY_AT_END.search(title, max(0, len(title) - _DAY_REACH))
    if not match:
        return title, None
    stated = _stated(*match.groups())
    return (title[: match.start()] or title) if stated.day else title, stated


def posted(line: str) -> tuple[StatedDay | None, list[str]] | None:
    """Return (date if any, names of categories) of a "Posted on" line, or None for any other line."""
    match = _POSTED_LINE.fullmatch(_short_posted(line))
    day = _stated_day(match["day"]) if match and match["day"] else None
    if not match or (match["day"] and day is None):
        return None
    return day, [name for text in (match["categories"] or "").split(",") if (name := folding.visible(text))]


def is_almost_posted(line: str) -> bool:
    """Tell whether a line that is no "Posted on" line may have been meant as one."""
    return _ALMOST_POSTED.match(_short_posted(line)) is not None


def _short_posted(line: str) -> str:
    line = folding.visible(line) if _POSTED in line and len(line) <= _LONGEST_POSTED else ""
    return line if line.startswith(_POSTED) else ""


def is_footer(line: str) -> bool:
    """Tell whether a line is the navigation that ends a post."""
    if len(line) > _LONGEST_FOOTER or _FOOTER_BEGINS[:6] not in line:
        return False
    line = folding.visible(line)
    return line.startswith(_FOOTER_BEGINS) and line.endswith(_FOOTER_ENDS)


def _stated_day(text: str) -> StatedDay | None:
    """Return the date in a text that has the form of a date, else None."""
    if match := _DAY_ALONE.fullmatch(text):
        return _stated(*match.groups())
    if match := _DAY_IN_WORDS.fullmatch(text):
        begins = [name.startswith(match[1].lower()) for name in _MONTHS]
        return _stated(begins.index(True) + 1, match[2], match[3]) if any(begins) else None
    return None


def _stated(month: str | int, day: str, year: str) -> StatedDay:
    """Return the date of three numbers as written. A year of two digits is in this century."""
    full_year = int(year) if len(year) == 4 else 2000 + int(year)
    try:
        return StatedDay(date(full_year, int(month), int(day)) if 1900 <= full_year < 2200 else None)
    except ValueError:
        return StatedDay(None)
