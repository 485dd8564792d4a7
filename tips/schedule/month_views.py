"""Months as tables: each day with its slot, and with what goes live at a moment of its own."""

from calendar import Calendar
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR

from tips import dates, permissions
from tips.models import Tip, TipState
from tips.schedule import slot_states, verdict
from tips.schedule.reasons import Reason
from tips.schedule.slots import Timetable
from tips.schedule.verdict import Verdict

# Of the drafts that are due in these months, so many are shown.
MOST_DUE = 50


@dataclass
class Day:
    """One day of a table.

    ``slots`` are the verdicts of the slots on it, ``due`` the drafts that are due, ``others`` what goes live
    at a moment of its own.
    """

    day: date
    is_inside: bool
    is_today: bool
    slots: list[Verdict]
    due: list[Tip]
    others: list[Tip]


@dataclass
class Month:
    """A month's table: the ``heads`` of its columns as (name, whether it is the slot's), and its weeks."""

    first: date
    heads: list[tuple[str, bool]]
    weeks: list[list[Day]]


@dataclass
class Months:
    """Tables of months, and what is told of the whole site, and so of each slot in them."""

    tables: list[Month]
    of_site: list[Reason]


class _Found:
    """What stands on each day, as a person may see it, found once for all months."""

    def __init__(self, user: User, start: date, end: date, table: Timetable, now: datetime) -> None:
        self.table, self.today = table, timezone.localdate(now)
        self.slots: defaultdict[date, list[Verdict]] = defaultdict(list)
        self.others: defaultdict[date, list[Tip]] = defaultdict(list)
        self.due: defaultdict[date, list[Tip]] = defaultdict(list)
        # A moved slot may stand a few days from its own.
        rows = slot_states.between(start - dates.WEEK, end + dates.WEEK, now, table)
        slot_states.hide_titles((tip for row in rows for tip in [row.tip, *row.others] if tip), user)
        following = verdict.next_slot(table, now)
        found = verdict.seen_by(user, verdict.of_rows(rows, now, following=following))
        self.of_site = next((each.of_site for each in found if each.of_site), [])
        for each in found:
            if each.row:
                self.slots[timezone.localdate(each.row.slot.at)].append(each)
                for tip in each.row.others:
                    self.others[timezone.localdate(tip.moment)].append(tip)
        due = Tip.objects.filter(state=TipState.DRAFT, due_on__range=(start, end)).for_lists()
        if not user.has_perm(permissions.CHANGE_ANY):
            due = due.filter(author=user)
        for tip in due.order_by("due_on", "id")[:MOST_DUE]:
            self.due[tip.due_on or start].append(tip)

    def month(self, first: date, grid: list[list[date]]) -> Month:
        rule = self.table.rule_or_first(first + timedelta(days=27))
        heads = [
            (f"{WEEKDAYS[number]}, {dates.clock(rule.time)}", True)
            if rule and rule.weekday == number
            else (str(WEEKDAYS_ABBR[number]), False)
            for number in range(7)
        ]
        return Month(first, heads, [[self.day(day, first) for day in week] for week in grid])

    def day(self, day: date, month: date) -> Day:
        if day.month != month.month:
            return Day(day, False, day == self.today, [], [], [])
        slots, due, others = self.slots.get(day, []), self.due.get(day, []), self.others.get(day, [])
        return Day(day, True, day == self.today, slots, due, others)


def months(user: User, first: date | None = None, count: int = 2) -> Months:
    """Return the tables of months that follow each other, as a person may see them.

    The ``first`` is given by its first day; without one, it is the month of the next slot. The number of
    queries does not depend on that of the months or tips.
    """
    now, table = timezone.now(), Timetable.load()
    if first is None:
        following = next(table.after(now), None)
        first = timezone.localdate(following.at if following else now).replace(day=1)
    firsts = [first]
    while len(firsts) < count:
        firsts.append(next_month(firsts[-1]))
    grids = [Calendar().monthdatescalendar(each.year, each.month) for each in firsts]
    found = _Found(user, grids[0][0][0], grids[-1][-1][-1], table, now)
    tables = [found.month(each, grid) for each, grid in zip(firsts, grids, strict=True)]
    return Months(tables, found.of_site)


def next_month(month: date, step: int = 1) -> date:
    """Return the first day of the month that follows a first day, or of the one before (``step`` -1)."""
    return (month + timedelta(days=32 if step > 0 else -1)).replace(day=1)
