"""What single lines of an archive page mean: dates, "Posted on" lines, the footer."""

import re
from datetime import date

from tips.text import markup

_FOOTER_BEGINS, _FOOTER_ENDS = "Signup for FREE Tips!", "Visit Our Home Page"
_LONGEST_FOOTER = 300

_DAY = r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}|[0-9]{2})"
_DAY_AT_END = re.compile(rf"\s*[-‐‑–—]\s*{_DAY}\Z")
# A title is searched from so far before its end: from its beginning, one of a million spaces takes hours.
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


def split_day(title):
    """Return (title without its date, whether it has one, the date).

    A date is ``M/D/YY`` or ``M/D/YYYY`` at the end, after a hyphen or a dash. One that cannot be is None and
    stays in the title.
    """
    match = _DAY_AT_END.search(title, max(0, len(title) - _DAY_REACH))
    if not match:
        return title, False, None
    day = _day(*match.groups())
    return (title[: match.start()] or title) if day else title, True, day


def posted(line):
    """Return what a line states as a "Posted on" line, else None.

    That is ((whether it has a date, the date or None for one that cannot be), names of categories).
    """
    line = _short_posted(line)
    match = _POSTED_LINE.fullmatch(line)
    stated = (False, None)
    if match and match["day"]:
        stated = _stated_day(match["day"])
    if not match or stated is None:
        return None
    names = (markup.one_line(name) for name in (match["categories"] or "").split(","))
    return stated, tuple(filter(None, names))


def is_almost_posted(line):
    """Tell whether a line that is no "Posted on" line may have been meant as one."""
    return _ALMOST_POSTED.match(_short_posted(line)) is not None


def _short_posted(line):
    if len(line) > _LONGEST_POSTED or _POSTED not in line:
        return ""
    line = markup.one_line(line)
    return line if line.startswith(_POSTED) else ""


def is_footer(line):
    """Tell whether a line is the navigation that ends a post."""
    if len(line) > _LONGEST_FOOTER or _FOOTER_BEGINS[:6] not in line:
        return False
    line = markup.one_line(line)
    return line.startswith(_FOOTER_BEGINS) and line.endswith(_FOOTER_ENDS)


def _stated_day(text):
    """Return (True, date or None for an impossible one) for what has the form of a date, else None."""
    if match := _DAY_ALONE.fullmatch(text):
        return True, _day(*match.groups())
    if match := _DAY_IN_WORDS.fullmatch(text):
        month = [n for n, name in enumerate(_MONTHS, start=1) if name.startswith(match[1].lower())]
        if month:
            return True, _day(month[0], match[2], match[3])
    return None


def _day(month, day, year):
    """Return the date of three numbers as written, or None. A year of two digits is in this century."""
    year = int(year) if len(year) == 4 else 2000 + int(year)
    try:
        return date(year, int(month), int(day)) if 1900 <= year < 2200 else None
    except ValueError:
        return None
