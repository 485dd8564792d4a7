"""Days, weeks and moments in the site's time zone, and how staff read them. Knows nothing of slots."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

MINUTE, DAY, WEEK = timedelta(minutes=1), timedelta(days=1), timedelta(weeks=1)


def site_zone() -> ZoneInfo:
    """Return the site's time zone."""
    return ZoneInfo(settings.TIME_ZONE)


def in_words(moment: datetime) -> str:
    """Return a moment as staff read it: in the site's zone, with the weekday and the name of the zone."""
    return date_format(timezone.localtime(moment), "l, j F Y, H:i T")


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


def year(number: int) -> tuple[datetime, datetime]:
    """Return the (first, next) moments of a calendar year in the site's zone, as aware datetimes in UTC.

    Raises ValueError for a year that no calendar has.
    """
    return moment(date(number, 1, 1), time()), moment(date(number + 1, 1, 1), time())


def month(year: int, number: int) -> tuple[datetime, datetime]:
    """Return the (first, next) moments of a calendar month in the site's zone, like ``year``."""
    following = date(year + number // 12, number % 12 + 1, 1)
    return moment(date(year, number, 1), time()), moment(following, time())


def week(day: date) -> tuple[date, date]:
    """Return the (Monday, Sunday) of a day's week, as dates."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)
