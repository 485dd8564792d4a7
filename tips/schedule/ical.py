"""The plan as iCalendar (RFC 5545), for the calendar program of a member of staff."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from tips import dates
from tips.models import Tip
from tips.schedule import coming_weeks, slot_states
from tips.schedule.coming_weeks import Week
from tips.schedule.slot_states import SlotRow, SlotState

if TYPE_CHECKING:
    from icalendar import Event

# How long an event of the slot lasts: long enough to be seen in a day's view.
_LASTS = timedelta(minutes=15)
_STATUS = {SlotState.SKIPPED: "CANCELLED", SlotState.SAFE: "CONFIRMED", SlotState.PUBLISHED: "CONFIRMED"}


def calendar(user: User) -> bytes:
    """Return the last weeks and those to come as a calendar, with the titles that a person may know.

    The UID of an event (section 3.8.4.7) is that of its slot, or of its tip where that goes live at a moment
    of its own: a program finds it again whatever stands there. A skipped week is a cancelled event.
    """
    now = timezone.now()
    # Loaded when it is needed: all processes would hold it otherwise.
    from icalendar import Calendar

    result = Calendar()
    result.add("prodid", "-//Tip desk//Calendar//EN")
    result.add("version", "2.0")
    result.add("x-wr-calname", f"{settings.SITE_NAME}: tips")
    result.add("refresh-interval", timedelta(hours=1), {"value": "DURATION"})
    for row in slot_states.around(user, now).past:
        if row.slot.is_weekly:
            result.add_component(_slot(row, _past_summary(row)))
        # One that filled the slot stands there, also where it went live late.
        apart = [*row.others, *([row.tip] if row.tip and not row.slot.is_weekly else [])]
        for tip in apart:
            # Where a tip is to come, its week below has it.
            if tip.is_published:
                result.add_component(_tip(tip, "CONFIRMED"))
    for week in coming_weeks.plan(user, now).weeks:
        result.add_component(_slot(week.row, _summary(week)))
        for tip in week.row.others:
            result.add_component(_tip(tip, "TENTATIVE"))
    result.add_missing_timezones()
    return result.to_ical()


def _slot(row: SlotRow, summary: str) -> "Event":
    event = _event(f"slot-{row.slot.day}", summary)
    event.add("dtstart", row.slot.at.astimezone(ZoneInfo(row.slot.zone)))
    event.add("duration", _LASTS)
    event.add("status", _STATUS.get(row.state, "TENTATIVE"))
    event.add("url", f"{settings.SITE_URL}{reverse('admin:tips_calendar')}#week-{row.slot.day}")
    return event


def _tip(tip: Tip, status: str) -> "Event":
    """Return the event of a tip that goes live at a moment of its own."""
    event = _event(f"tip-{tip.pk}", str(tip))
    event.add("dtstart", tip.moment.astimezone(dates.site_zone()))
    event.add("duration", _LASTS)
    event.add("status", status)
    return event


def _event(name: str, summary: str) -> "Event":
    from icalendar import Event

    event = Event()
    event.add("uid", f"{name}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("dtstamp", timezone.now())
    event.add("summary", summary)
    event.add("transp", "TRANSPARENT")
    return event


def _summary(week: Week) -> str:
    """Return the title of a week's tip, with how it stands where that is not safe."""
    if week.row.state == SlotState.SKIPPED:
        return f"Skipped: {week.slot.reason}"
    if week.row.tip is None:
        return "Free: nothing is planned"
    # A calendar that is asked once an hour says nothing of the site's state of the minute.
    own = tuple(reason for reason in week.verdict.reasons if reason.day)
    of_slot = replace(week.verdict, reasons=own, everywhere=())
    return str(week.row.tip) if of_slot.is_safe else f"{week.row.tip} ({of_slot.words})"


def _past_summary(row: SlotRow) -> str:
    if row.state == SlotState.SKIPPED:
        return f"Skipped: {row.slot.reason}"
    return str(row.tip) if row.tip and row.state == SlotState.PUBLISHED else "Missed: nothing was published"
