"""The weeks that a tip's form offers, and the week for which a new tip is begun."""

from datetime import date, datetime
from itertools import islice

from django.contrib.auth.models import User
from django.utils import timezone

from tips import dates, permissions
from tips.admin.fields import week_value
from tips.models import Tip
from tips.schedule.forecast import Forecast, floats
from tips.schedule.slots import Timetable

# So many free weeks are offered; behind them one writes a day.
MOST = 12


def choices(tip: Tip) -> list[tuple[str, str]]:
    """Return the choices of a week for a tip that is not approved, as (value, words).

    The first is none: approval lines the tip up in the queue. Then come the weeks that are free, and the one
    that the tip holds. The number of queries does not depend on that of the weeks.
    """
    forecast = Forecast.load()
    taken = {held.moment for held in forecast.holding if held != tip}
    free = islice(forecast.open_slots(taken), MOST)
    weeks = {slot.at: dates.short_day(slot.at, forecast.now) for slot in free}
    return [("", _unchosen(tip, forecast)), *((week_value(at), words) for at, words in weeks.items())]


def _unchosen(tip: Tip, forecast: Forecast) -> str:
    """Say where a tip goes for which no week is chosen."""
    if tip.undated:
        return "No week: it is undated"
    fixed = {held.moment for held in forecast.holding if not floats(held) and held != tip}
    behind = len(forecast.floating(besides=tip))
    slot = next(islice(forecast.open_slots(fixed), behind, None), None)
    if slot is None:
        return "When there is a weekly slot"
    return f"Next free week: {dates.short_day(slot.at, forecast.now)}"


def begun_for(user: User, day: str) -> datetime | None:
    """Return the moment of the slot for which somebody begins a tip, by its day, as in “2026-12-08”.

    None where the day has no slot to come, or this person may plan no tips.
    """
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        return None
    if not user.has_perm(permissions.APPROVE):
        return None
    slot = Timetable.load().slot(wanted)
    return slot.at if slot and not slot.skipped and slot.at > timezone.now() else None
