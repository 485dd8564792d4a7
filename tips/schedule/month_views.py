"""Months as tables: each day with its slot, and with what goes live at a moment of its own."""

from calendar import Calendar
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR

from tips import dates
from tips.models import Tip
from tips.schedule import slot_states, verdict
from tips.schedule.slots import Timetable
from tips.schedule.verdict import Verdict


@dataclass
class Day:
    """One day of a table; ``slots`` are the verdicts of the slots on it, ``others`` tips besides."""

    day: date
    is_inside: bool
    is_today: bool
    is_slot_day: bool
    slots: list[Verdict] = field(default_factory=list)
    others: list[Tip] = field(default_factory=list)


@dataclass
class Month:
    """A month's table: the ``heads`` of its columns as (name, whether it is the slot's), and its weeks."""

    first: date
    heads: list[tuple[str, bool]]
    weeks: list[list[Day]]


def months(user: User, firsts: list[date]) -> list[Month]:
    """Return the tables of months that follow each other, as a person may see them.

    They are given by their first days. The number of queries does not depend on that of the months or tips.
    """
    now, table = timezone.now(), Timetable.load()
    grids = [Calendar().monthdatescalendar(first.year, first.month) for first in firsts]
    start, end = grids[0][0][0], grids[-1][-1][-1]
    today = timezone.localdate(now)
    # A moved slot may stand a few days from its own; the next one tells what stands against all.
    begin = min(start, today) - dates.WEEK if end >= today else start - dates.WEEK
    rows = slot_states.between(begin, end + dates.WEEK, now, table)
    slot_states.hide_titles((tip for row in rows for tip in [row.tip, *row.others] if tip), user)
    slots: defaultdict[date, list[Verdict]] = defaultdict(list)
    others: defaultdict[date, list[Tip]] = defaultdict(list)
    for each in verdict.of_rows(rows, now):
        if each.row:
            slots[timezone.localdate(each.row.slot.at)].append(each.seen_by(user))
            for tip in each.row.others:
                others[timezone.localdate(tip.moment)].append(tip)
    return [
        _month(first, grid, table, today, slots, others) for first, grid in zip(firsts, grids, strict=True)
    ]


def _month(
    first: date,
    grid: list[list[date]],
    table: Timetable,
    today: date,
    slots: dict[date, list[Verdict]],
    others: dict[date, list[Tip]],
) -> Month:
    rule = table.rule_or_first(first + timedelta(days=27))
    heads = [
        (f"{WEEKDAYS[number]}, {rule.time:%H:%M}", True)
        if rule and rule.weekday == number
        else (str(WEEKDAYS_ABBR[number]), False)
        for number in range(7)
    ]
    weeks = [
        [
            Day(
                day,
                day.month == first.month,
                day == today,
                rule is not None and day.weekday() == rule.weekday,
                slots.get(day, []) if day.month == first.month else [],
                others.get(day, []) if day.month == first.month else [],
            )
            for day in week
        ]
        for week in grid
    ]
    return Month(first, heads, weeks)
