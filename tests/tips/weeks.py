"""Slots, staff and a clock for tests of what goes live when."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tips import dates
from tips.models import SlotRule

NEW_YORK = ZoneInfo("America/New_York")
# A Tuesday's noon; the slot of that day has passed.
NOON = datetime(2026, 3, 3, 12, tzinfo=NEW_YORK)
TODAY = NOON.date()


def tuesdays(from_date=date(2020, 1, 1)):
    """Make Tuesday at seven in New York the one rule; it holds from long ago, unless told otherwise."""
    SlotRule.objects.all().delete()
    return SlotRule.objects.create(from_date=from_date, weekday=1, time=time(7), zone="America/New_York")


def week(number):
    """Return the day of the slot that lies so many weeks after TODAY's."""
    return TODAY + timedelta(weeks=number)


def at(number):
    """Return the moment of the slot that lies so many weeks after TODAY's."""
    return dates.moment(week(number), time(7), NEW_YORK)
