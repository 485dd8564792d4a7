"""Days, weeks and moments in the site's time zone, how people read them, and which periods hold a row.

Knows nothing of slots.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connections
from django.db.models import F, Model, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.formats import date_format

_Row = TypeVar("_Row", bound=Model)

MINUTE, DAY, WEEK = timedelta(minutes=1), timedelta(days=1), timedelta(weeks=1)

# A day as ``short`` and its like write one, with its year and its time where they have them.
_WRITTEN = re.compile(r"\b(?:[A-Z][a-z]{2} )?\d{1,2} [A-Z][a-z]{2}\b(?: \d{4})?(?:, \d\d:\d\d)?")


def site_zone() -> ZoneInfo:
    """Return the site's time zone."""
    return ZoneInfo(settings.TIME_ZONE)


def site_place() -> str:
    """Return the place that the site's time zone is named after, such as “New York”."""
    return place(site_zone().key)


def place(zone: str) -> str:
    """Return the place that a zone, such as America/New_York, is named after."""
    return zone.split("/")[-1].replace("_", " ")


def short(moment: datetime, now: datetime | None = None) -> str:
    """Return a moment as the desk writes it, “Tue 15 Dec, 07:00”, in the site's zone.

    The year stands with it where it is not that of ``now``.
    """
    return f"{short_day(moment, now)}, {clock(moment)}"


def short_day(day: date, now: datetime | None = None) -> str:
    """Return a date, or the day of a moment, for the desk: “Tue 15 Dec”, the year as in ``short``."""
    local, today = _local(day), timezone.localdate(now)
    return date_format(local, "D j M" if local.year == today.year else "D j M Y")


def zoned(moment: datetime, now: datetime | None = None) -> str:
    """Return a moment for those who do not see the desk's page around it: “Tue 15 Dec, 07:00 in New York”."""
    return f"{short(moment, now)} in {site_place()}"


def exact(moment: datetime, now: datetime | None = None) -> str:
    """Return a moment to the second: “Tue 15 Dec, 07:00:12”."""
    return f"{short(moment, now)}{date_format(timezone.localtime(moment), ':s')}"


def unbroken(text: str) -> str:
    """Return a sentence in whose days and times no line ends: “Tue 15 Dec 2026, 07:00” stays together."""
    return _WRITTEN.sub(lambda at: at[0].replace(" ", "\u00a0"), text)


def dated(day: date) -> str:
    """Return a day as a record keeps it for years: “Tue 15 Dec 2026”, always with its year."""
    return date_format(_local(day), "D j M Y")


def clock(at: datetime | time) -> str:
    """Return the time of a moment in the site's zone, or a time, as a clock shows it: “07:00”."""
    return f"{timezone.localtime(at) if isinstance(at, datetime) else at:%H:%M}"


def weekday(day: date) -> str:
    """Return the day of the week of a date or a moment: “Tuesday”."""
    return date_format(_local(day), "l")


def month_name(day: date) -> str:
    """Return the month of a date or a moment, “December 2026”."""
    return date_format(_local(day), "F Y")


def short_month(day: date) -> str:
    """Return the month of a date or a moment, “Dec”."""
    return date_format(_local(day), "M")


def nearby(moment: datetime, now: datetime | None = None) -> str:
    """Return a moment as the end of a sentence: “tomorrow at 07:00”, or “on Tue 15 Dec, 07:00”."""
    local, today = timezone.localtime(moment), timezone.localdate(now)
    names = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    if name := names.get((local.date() - today).days):
        return f"{name} at {clock(moment)}"
    return f"on {short(moment, now)}"


def dateline(day: date) -> str:
    """Return the day of a tip as readers see it above the tip: “Dec. 15, 2026”."""
    return _dateline(_day(day))


@lru_cache(maxsize=1000)
def _dateline(day: date) -> str:
    # A list of ten tips has ten of them, and each takes longer to write than to find.
    return date_format(day, "N j, Y")


def day_of_year(day: date) -> str:
    """Return a day among others of its year, as readers see it: “Dec. 15”."""
    return date_format(_day(day), "N j")


def iso_day(day: date) -> str:
    """Return a day as machines read it: “2026-12-15”."""
    return _day(day).isoformat()


def long_day(day: date) -> str:
    """Return a day as a page for readers writes it: “Tuesday, 15 December 2026”."""
    return date_format(_local(day), "l, j F Y")


def _day(day: date) -> date:
    local = _local(day)
    return local.date() if isinstance(local, datetime) else local


def _local(day: date) -> date:
    return timezone.localtime(day) if isinstance(day, datetime) else day


def moment(day: date, at_time: time | None = None, zone: ZoneInfo | None = None) -> datetime:
    """Return the moment of a wall-clock time on a day, as an aware datetime in UTC.

    ``at_time`` and ``zone`` default to the slot's time and the site's zone, as the settings have them. Where
    the clock is put back, a time that comes twice means its first; where it is put forward, a time that is
    left out means the first valid minute after the jump.
    """
    zone = zone or site_zone()
    local = datetime.combine(day, at_time or settings.SLOT_TIME, tzinfo=zone)
    at = local.astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return at
    # Inside a gap. With fold 0 the offset is the one before the jump (PEP 495), so ``at`` lies behind the
    # jump, by as much as the wall clock asked for goes beyond it: no gap is wider than a day.
    after = at.astimezone(zone).utcoffset()
    minutes = (at - timedelta(minutes=number) for number in range(24 * 60))
    return next(before for before in minutes if (before - MINUTE).astimezone(zone).utcoffset() != after)


def clock_fault(day: date, at_time: time, zone: ZoneInfo | None = None) -> str:
    """Say that the clock of a zone (the site's) does not show a time on a day, or shows it twice.

    Empty where the time comes once, as nearly all do. The sentence names the nearest times that come once.
    """
    zone = zone or site_zone()
    local = datetime.combine(day, at_time).replace(second=0, microsecond=0)
    if _comes_once(local, zone):
        return ""
    before = after = local
    while not _comes_once(before, zone):
        before -= MINUTE
    while not _comes_once(after, zone):
        after += MINUTE
    first, second = (local.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    fault = "leaves out" if first < second else "shows twice"
    choices = " or ".join(
        clock(each.time()) if each.date() == day else f"{short_day(each.date())}, {clock(each.time())}"
        for each in (before, after)
    )
    when = f"{clock(at_time)} on {dated(day)}"
    return f"The clock in {place(zone.key)} {fault} {when}. Choose {choices}."


def _comes_once(local: datetime, zone: ZoneInfo) -> bool:
    first, second = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return first == second


def year(number: int) -> tuple[datetime, datetime]:
    """Return the (first, next) moments of a calendar year in the site's zone, as aware datetimes in UTC.

    Raises ValueError for a year that no calendar has.
    """
    return _year(number, site_zone())


@lru_cache(maxsize=1000)
def _year(number: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return moment(date(number, 1, 1), time(), zone), moment(date(number + 1, 1, 1), time(), zone)


def month(year: int, number: int) -> tuple[datetime, datetime]:
    """Return the (first, next) moments of a calendar month in the site's zone, like ``year``."""
    following = date(year + number // 12, number % 12 + 1, 1)
    return moment(date(year, number, 1), time()), moment(following, time())


def week(day: date) -> tuple[date, date]:
    """Return the (Monday, Sunday) of a day's week, as dates."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


# --- Periods that hold a row ------------------------------------------------------------------------------


def years_with(rows: QuerySet[_Row], field: str) -> list[int]:
    """Return the years in the site's zone in which some row has its moment, the latest first.

    ``field`` names the moment's column, which needs an index. Two queries at most, and none reads more than
    one entry of the index for each year: a list of distinct years would make a date of every row.
    """
    ends = _ends(rows, field)
    if ends is None:
        return []
    latest, earliest = ends
    inner = _years_as_sql(earliest + 1, latest, connections[rows.db].vendor, site_zone())
    return [latest, *reversed(_with_rows(rows, field, inner)), *([earliest] if earliest < latest else [])]


@lru_cache(maxsize=8)
def _years_as_sql(first: int, following: int, vendor: str, zone: ZoneInfo) -> str:
    """Return the years from one up to, and without, another, as ``_with_rows`` wants them."""
    return _as_sql([(number, *_year(number, zone)) for number in range(first, following)], vendor)


def _ends(rows: QuerySet[_Row], field: str) -> tuple[int, int] | None:
    """Return the (latest, earliest) years in which some row has its moment; one query."""
    # Each end is an entry of the index, whose order has nulls last: by another, PostgreSQL sorts all rows. As
    # aggregates of one query, SQLite would read every row.
    dated = rows.filter(**{f"{field}__isnull": False})
    earliest_first = Subquery(dated.order_by(F(field).asc(nulls_first=True)).values(field)[:1])
    latest_first = dated.order_by(F(field).desc(nulls_last=True))
    ends = latest_first.annotate(earliest=earliest_first).values_list(field, "earliest").first()
    if ends is None:
        return None
    last, first = ends
    zone = site_zone()
    return last.astimezone(zone).year, first.astimezone(zone).year


def months_with(rows: QuerySet[_Row], field: str, year: int) -> list[int]:
    """Return the numbers of the months of a year in which some row has its moment, like ``years_with``."""
    months = [(number, *month(year, number)) for number in range(1, 13)]
    return _with_rows(rows, field, _as_sql(months, connections[rows.db].vendor))


def _as_sql(periods: Iterable[tuple[int, datetime, datetime]], vendor: str) -> str:
    """Return periods (number, first moment, next moment in UTC) as rows of SQL, without parameters."""
    # As Django writes moments on SQLite, so that text compares with text.
    kind, zone = ("", "") if vendor == "sqlite" else ("timestamptz ", "+00")

    def written(moment: datetime) -> str:
        return f"{kind}'{moment.replace(tzinfo=None)}{zone}'"

    return ", ".join(
        f"({number}, {written(first)}, {written(following)})" for number, first, following in periods
    )


def _with_rows(rows: QuerySet[_Row], field: str, periods: str) -> list[int]:
    """Return the numbers of those periods (``_as_sql``) that hold a row, the least first.

    One statement that asks the index once for each period. The condition is compiled once: a subquery of
    Django's own for each of twenty years takes longer than the page around it.
    """
    if not periods:
        return []
    following = rows.filter(**{f"{field}__gte": RawSQL("period.first", [])}).order_by().values(at=F(field))
    sql, params = following.query.get_compiler(rows.db).as_sql()
    with connections[rows.db].cursor() as cursor:
        cursor.execute(
            f"WITH period(number, first, following) AS (VALUES {periods}) SELECT number FROM period"
            f" WHERE (SELECT MIN(at) FROM ({sql}) rows) < period.following",
            params,
        )
        return sorted(number for (number,) in cursor.fetchall())
