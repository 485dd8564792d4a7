"""The plan: the weeks to come with what is planned in them, in one pass for all of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby, islice

from django.contrib.auth.models import User
from django.utils import timezone

from tips.models import PLANS, SlotRule, Tip, TipState
from tips.schedule import slot_states, verdict
from tips.schedule.forecast import Forecast
from tips.schedule.reasons import Reason
from tips.schedule.slot_states import COMING, SlotRow, SlotState
from tips.schedule.slots import Slot, Timetable
from tips.schedule.verdict import Verdict

# So many weeks are shown at once; the weeks behind them have pages of their own.
MOST_WEEKS = 26
# Of what is planned behind the weeks that are shown, so many tips are listed.
MOST_LATER = 20


@dataclass
class Week:
    """One week of the plan.

    ``changes`` are the rules that begin with this week. ``others`` go live at moments of their own before
    the next slot; ``is_next`` marks the slot that everybody waits for. A step ``earlier`` or ``later`` brings
    the week's tip to that slot.
    """

    verdict: Verdict
    row: SlotRow
    changes: list[SlotRule] = field(default_factory=list)
    is_next: bool = False
    earlier: Slot | None = None
    later: Slot | None = None

    @property
    def slot(self) -> Slot:
        """The week's slot."""
        return self.row.slot


@dataclass
class Plan:
    """Weeks to come at a moment, ``now``.

    ``rule`` is what holds today, else the first rule to come. ``later`` are tips that are planned behind the
    weeks; ``changes`` the rules that begin behind them. ``page`` counts from 0; ``has_more`` says that there
    are weeks behind. ``near`` are the rows of the next COMING weeks, on whichever page.
    """

    now: datetime
    rule: SlotRule | None
    weeks: list[Week]
    later: list[Tip]
    changes: list[SlotRule]
    page: int
    has_more: bool
    near: list[SlotRow]

    @property
    def months(self) -> list[tuple[date, list[Week]]]:
        """The weeks by months, each as (its first day, its weeks), by the site's clock."""
        by_month = groupby(self.weeks, lambda week: timezone.localdate(week.slot.at).replace(day=1))
        return [(month, list(weeks)) for month, weeks in by_month]

    @property
    def free(self) -> list[Week]:
        """The weeks in which nothing is planned."""
        return [week for week in self.weeks if week.row.state == SlotState.FREE]

    @property
    def of_site(self) -> list[Reason]:
        """What is told of the whole site, and so of each week."""
        return next((week.verdict.of_site for week in self.open), [])

    @property
    def near_and_free(self) -> int:
        """How many of the next weeks are free, on whichever page."""
        return sum(row.state == SlotState.FREE for row in self.near)

    @property
    def open(self) -> list[Week]:
        """The weeks that are not skipped."""
        return [week for week in self.weeks if week.row.state != SlotState.SKIPPED]


def plan(user: User, now: datetime | None = None, page: int = 0) -> Plan:
    """Return the Plan at a moment (an aware datetime), as a person may see it.

    On page 0 stand as many weeks as are planned and 13 more, at most MOST_WEEKS. The number of queries does
    not depend on that of the weeks or tips.
    """
    now, table = now or timezone.now(), Timetable.load()
    tips = list(_planned(now))
    first = list(islice(table.after(now), MOST_WEEKS))
    last = tips[-1].moment if tips else now
    on_first = min(sum(slot.at <= last for slot in first) + COMING, MOST_WEEKS)
    # A verdict is asked of all weeks from the next one on: what it says of the site is about that one.
    end = on_first + page * MOST_WEEKS
    slots = list(islice(table.after(now), end + 1))
    following = slots[end].at if len(slots) > end else None
    rows = [SlotRow(slot) for slot in slots[:end]]
    later = [tip for tip in tips if following and tip.moment >= following]
    slot_states.fill(rows, tips[: len(tips) - len(later)], now)
    slot_states.hide_titles(tips, user)
    following_row = next((row for row in rows if row.state != SlotState.SKIPPED), None)
    start = end - MOST_WEEKS if page else 0
    verdicts = verdict.seen_by(user, verdict.of_rows(rows, now)[start:])
    forecast = Forecast(now, tips, table)
    weeks = [Week(each, each.row) for each in verdicts if each.row]
    for week in weeks:
        week.is_next = week.row is following_row
        if week.row.tip:
            week.earlier, week.later = (forecast.beside(week.row.tip, later=side) for side in (False, True))
    today = timezone.localdate(now)
    changes = _place_changes(table, weeks, max(today, rows[start - 1].slot.day) if start else today)
    return Plan(
        now,
        table.rule_or_first(today),
        weeks,
        later[:MOST_LATER],
        changes,
        page,
        following is not None,
        rows[:COMING],
    )


def _planned(now: datetime) -> Iterable[Tip]:
    """Return the tips that hold a moment to come, in order."""
    # By the states, since an index has them before the moment; what is not approved is pinned.
    tips = Tip.objects.filter(state__in=[TipState.APPROVED, *PLANS], publish_at__gt=now).for_lists()
    return tips.select_related("author").order_by("publish_at", "id")


def _place_changes(table: Timetable, weeks: list[Week], before: date) -> list[SlotRule]:
    """Give each rule to come to the week with which it begins; return those that begin behind all weeks.

    A rule that holds on the day ``before`` the weeks is none to come: it is today, or the page before has it.
    """
    behind: list[SlotRule] = []
    for rule in table.rules[1:]:
        if rule.from_date > before and weeks:
            week = next((week for week in weeks if week.slot.day >= rule.from_date), None)
            (week.changes if week else behind).append(rule)
    return behind
