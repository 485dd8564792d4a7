"""What stands in each slot, and a stretch of weeks as staff see it: past slots, coming ones, and the next."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from operator import attrgetter

from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone

from tips import dates, permissions
from tips.models import SlotRule, Tip, TipState
from tips.schedule.slots import Slot, Timetable

PAST, COMING = 8, 13
# A daily archive from before the first rule must not make the page endless.
_MOST_BEFORE_RULES = 100
HIDDEN_TITLE = "another author’s tip"


# --- What stands in each slot -----------------------------------------------------------------------


class SlotState(models.TextChoices):
    """What an editor wants to know of a slot."""

    SAFE = "safe", "Safe"
    AT_RISK = "at_risk", "At risk"
    FREE = "free", "Free"
    SKIPPED = "skipped", "Skipped"
    MISSED = "missed", "Missed"
    PUBLISHED = "published", "Published"


@dataclass
class SlotRow:
    """A slot, its ``state``, the ``tip`` that holds or filled it (or None), and ``others``.

    Others are tips of the slot's week, up to the next slot, that go live at a moment of their own. The tip of
    a missed slot is one that was pinned to it and not approved in time.
    """

    slot: Slot
    state: SlotState = SlotState.FREE
    tip: Tip | None = None
    others: list[Tip] = field(default_factory=list)

    @property
    def is_unsafe(self) -> bool:
        """Whether the slot is to come, and nothing will appear in it as things stand."""
        return self.state in (SlotState.FREE, SlotState.AT_RISK)

    @property
    def sentence(self) -> str:
        """The slot's state in a sentence that names its tip."""
        if self.state == SlotState.SKIPPED:
            return f"Skipped: {self.slot.reason}"
        if (tip := self.tip) is None:
            return "Nothing was published." if self.state == SlotState.MISSED else "Nothing is planned."
        still = "a draft" if tip.state == TipState.DRAFT else "in review"
        since = ", and withdrawn since" if tip.state == TipState.WITHDRAWN else ""
        when = "" if tip.publish_at == self.slot.at else f" on {dates.short(tip.moment)}"
        sentences = {
            SlotState.SAFE: f"“{tip}” is approved.",
            SlotState.AT_RISK: f"“{tip}” is planned, but is still {still}.",
            SlotState.MISSED: f"Nothing was published: “{tip}” was planned, and not approved in time.",
        }
        return sentences.get(self.state, f"“{tip}” was published{when}{since}.")


def between(
    first: date, last: date, now: datetime | None = None, table: Timetable | None = None
) -> list[SlotRow]:
    """Return a SlotRow for each slot whose day lies between two dates, both included, in order.

    Three queries, however many slots and tips there are; one for whoever has loaded the ``table`` already.
    ``now`` is an aware datetime.
    """
    table, now = table or Timetable.load(), now or timezone.now()
    weeks = [SlotRow(slot) for slot in table.between(first, last)]
    if not weeks:
        return []
    following = next(table.between(last + dates.DAY, last + 2 * dates.WEEK), None)
    end = following.at if following else weeks[-1].slot.at + dates.WEEK
    # Of every state, named since an index has the states before the moment.
    of_weeks = {"publish_at__gte": weeks[0].slot.at, "publish_at__lt": end}
    tips = Tip.objects.filter(state__in=[*TipState], **of_weeks).for_lists()
    fill(weeks, tips.select_related("author").order_by("publish_at", "id"), now)
    return weeks


def fill(weeks: Sequence[SlotRow], tips: Iterable[Tip], now: datetime) -> None:
    """Give weeks their tips and states. Tips from before the first slot stand beside that slot's own."""
    moments = [week.slot.at for week in weeks]
    for tip in tips:
        if weeks:
            weeks[max(bisect_right(moments, tip.moment) - 1, 0)].others.append(tip)
    for week in weeks:
        _settle(week, now)


def ahead(now: datetime | None = None, count: int = COMING) -> list[SlotRow]:
    """Return the SlotRows of the next slots after a moment, skipped ones too: at most ``count``, in order."""
    now, table = now or timezone.now(), Timetable.load()
    days = [slot.day for slot in islice(table.after(now), count)]
    weeks = between(days[0], days[-1], now, table) if days else []
    return [week for week in weeks if week.slot.at > now]


def _settle(week: SlotRow, now: datetime) -> None:
    """Choose the tip of a slot among those of its week, and set the slot's state."""
    if week.slot.skipped:
        week.state = SlotState.SKIPPED
        return
    holders = [tip for tip in week.others if tip.publish_at == week.slot.at]
    # By the alphabet, an approved tip goes before any other.
    by_state = attrgetter("state")
    if week.slot.at > now:
        coming = (tip for tip in holders if tip.state != TipState.WITHDRAWN)
        week.tip = min(coming, key=by_state, default=None)
        if week.tip:
            week.state = SlotState.SAFE if week.tip.state == TipState.APPROVED else SlotState.AT_RISK
    else:
        # One that was published late, before the next slot, has filled this one.
        known = (TipState.APPROVED, TipState.WITHDRAWN)
        appeared = [tip for tip in week.others if tip.moment <= now and tip.state in known]
        week.tip = min(appeared, key=by_state, default=next(iter(holders), None))
        week.state = SlotState.PUBLISHED if appeared else SlotState.MISSED
    week.others = [tip for tip in week.others if tip is not week.tip]


# --- A stretch of weeks -----------------------------------------------------------------------------


@dataclass
class Weeks:
    """SlotRows around a moment, ``now``: ``past`` ones, newest first, and ``coming`` ones in order.

    ``rule`` is what holds today, else the first rule to come; ``first`` the day at which the past ones end.
    """

    now: datetime
    rule: SlotRule | None
    first: date
    past: list[SlotRow]
    coming: list[SlotRow]

    @property
    def next(self) -> SlotRow | None:
        """The next slot that is not skipped, or None."""
        return next((week for week in self.coming if week.state != SlotState.SKIPPED), None)


def around(user: User, now: datetime | None = None, *, past: int = PAST, page: int = 1) -> Weeks:
    """Return the Weeks around a moment (an aware datetime), in four queries at most, as a user may see them.

    ``past`` is a number of weeks. Behind page 1 there are only past ones, ``past`` weeks to a page. What was
    published before the first rule stands among them, at its own moment: it was never missed.
    """
    now, table = now or timezone.now(), Timetable.load()
    today = timezone.localdate(now)
    first, last = today - page * past * dates.WEEK, today - (page - 1) * past * dates.WEEK - dates.DAY
    days = []
    if page == 1:
        days = [slot.day for slot in islice(table.after(now), COMING)]
        last = max([today + dates.WEEK, *days])
    weeks = between(first, last, now, table)
    passed = [week for week in reversed(weeks) if week.slot.at <= now]
    passed += _before_rules(table, first, last, now)
    coming = [week for week in weeks if week.slot.day in days]
    hide_titles((tip for week in [*passed, *coming] for tip in [week.tip, *week.others] if tip), user)
    return Weeks(now, table.rule_or_first(today), first, passed, coming)


def _before_rules(table: Timetable, first: date, last: date, now: datetime) -> list[SlotRow]:
    """Return SlotRows for what was published before there were slots, newest first."""
    first_slot = next(table.between(date.min, date.max), None)
    start, end = dates.moment(first, time()), min(dates.moment(last + dates.DAY, time()), now)
    if first_slot:
        end = min(end, first_slot.at)
    if start >= end:
        return []
    tips = Tip.objects.published_dated(now).filter(publish_at__gte=start, publish_at__lt=end)
    tips = tips.for_lists().select_related("author").newest_first()[:_MOST_BEFORE_RULES]
    moments = [(tip, tip.moment) for tip in tips]
    return [SlotRow(Slot.of_moment(at), SlotState.PUBLISHED, tip) for tip, at in moments]


def hide_titles(tips: Iterable[Tip], user: User) -> None:
    """Give tips that a person may not know of a title that says nothing, and set ``title_is_hidden``.

    All who may see tips know what is planned, so that nobody writes the same twice; of a draft without a day
    only its author and editors know. The tips are for showing only: they must not be saved afterwards.
    """
    sees_all, sees_plans = user.has_perm(permissions.CHANGE_ANY), user.has_perm("tips.view_tip")
    for tip in tips:
        is_planned = sees_plans and tip.publish_at is not None and tip.state != TipState.WITHDRAWN
        is_known = sees_all or tip.author_id == user.pk or tip.is_published or is_planned
        tip.title_is_hidden = not is_known
        if tip.title_is_hidden:
            tip.title = HIDDEN_TITLE
