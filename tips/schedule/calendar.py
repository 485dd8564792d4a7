"""What stands in each slot, and a stretch of weeks as staff see it: past slots, coming ones, and the next."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format

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
        if self.tip is None:
            return "Nothing was published." if self.state == SlotState.MISSED else "Nothing is planned."
        match self.state:
            case SlotState.SAFE:
                return f"“{self.tip}” is approved."
            case SlotState.AT_RISK:
                still = "a draft" if self.tip.state == TipState.DRAFT else "in review"
                return f"“{self.tip}” is planned, but is still {still}."
            case SlotState.MISSED:
                return f"Nothing was published: “{self.tip}” was planned, and not approved in time."
        since = ", and withdrawn since" if self.tip.state == TipState.WITHDRAWN else ""
        when = "" if self.tip.publish_at == self.slot.at else f" on {dates.in_words(self.tip.moment)}"
        return f"“{self.tip}” was published{when}{since}."


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
    tips = (
        Tip.objects.filter(publish_at__gte=weeks[0].slot.at, publish_at__lt=end)
        .filter(Q(state__in=[TipState.APPROVED, TipState.WITHDRAWN]) | Q(pinned=True))
        .for_lists()
        .select_related("author")
        .order_by("publish_at", "id")
    )
    moments = [week.slot.at for week in weeks]
    for tip in tips:
        weeks[bisect_right(moments, tip.moment) - 1].others.append(tip)
    for week in weeks:
        _settle(week, now)
    return weeks


def ahead(now: datetime | None = None, count: int = COMING) -> list[SlotRow]:
    """Return the SlotRows of the next slots after a moment, skipped ones too: at most ``count``, in order."""
    now, table = now or timezone.now(), Timetable.load()
    coming = list(islice(table.after(now), count))
    if not coming:
        return []
    return [week for week in between(coming[0].day, coming[-1].day, now, table) if week.slot.at > now]


def _settle(week: SlotRow, now: datetime) -> None:
    """Choose the tip of a slot among those of its week, and set the slot's state."""
    if week.slot.skipped:
        week.state = SlotState.SKIPPED
        return
    holders = [tip for tip in week.others if tip.publish_at == week.slot.at]
    if week.slot.at > now:
        holders = [tip for tip in holders if tip.state != TipState.WITHDRAWN]
        week.tip = min(holders, key=lambda tip: tip.state != TipState.APPROVED, default=None)
        if week.tip:
            week.state = SlotState.SAFE if week.tip.state == TipState.APPROVED else SlotState.AT_RISK
    else:
        # A tip that was published late, before the next slot, has filled this slot.
        known = (TipState.APPROVED, TipState.WITHDRAWN)
        appeared = [tip for tip in week.others if tip.moment <= now and tip.state in known]
        week.tip = min(appeared, key=lambda tip: tip.state, default=None) or next(iter(holders), None)
        week.state = SlotState.PUBLISHED if appeared else SlotState.MISSED
    week.others = [tip for tip in week.others if tip is not week.tip]


# --- A stretch of weeks -----------------------------------------------------------------------------


@dataclass
class Weeks:
    """SlotRows around a moment: ``past`` ones, newest first, and ``coming`` ones in order.

    ``now`` is the moment, ``first`` the day at which the past ones end.
    """

    now: datetime
    table: Timetable
    first: date
    past: list[SlotRow]
    coming: list[SlotRow]

    @property
    def rule(self) -> SlotRule | None:
        """The rule that holds today, else the first one to come, or None."""
        return self.table.rule(timezone.localdate(self.now)) or next(iter(self.table.rules), None)

    @property
    def next(self) -> SlotRow | None:
        """The next slot that is not skipped, or None."""
        return next((week for week in self.coming if week.state != SlotState.SKIPPED), None)

    def hide_titles(self, user: User) -> "Weeks":
        """Hide from an author what others have written and readers do not see yet; return self."""
        for week in [*self.past, *self.coming]:
            hide_titles([*([week.tip] if week.tip else []), *week.others], user)
        return self


def around(now: datetime | None = None, *, past: int = PAST, page: int = 1) -> Weeks:
    """Return the Weeks around a moment (an aware datetime), in four queries at most.

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
    passed = [
        *_before_rules(table, first, last, now),
        *(week for week in weeks if week.slot.at <= now),
    ]
    return Weeks(now, table, first, passed[::-1], [week for week in weeks if week.slot.day in days])


def _before_rules(table: Timetable, first: date, last: date, now: datetime) -> list[SlotRow]:
    """Return SlotRows for what was published before there were slots, in order."""
    start, end = dates.moment(first, time()), min(dates.moment(last + dates.DAY, time()), now)
    if table.rules:
        from_date = table.rules[0].from_date
        slot = next(table.between(from_date, from_date + dates.WEEK), None)
        end = min(end, slot.at) if slot else end
    tips = Tip.objects.published_dated(now).filter(publish_at__gte=start, publish_at__lt=end)
    tips = tips.for_lists().select_related("author").newest_first()[:_MOST_BEFORE_RULES]
    return [
        SlotRow(
            Slot(timezone.localdate(tip.moment), tip.moment, tip.moment, settings.TIME_ZONE),
            SlotState.PUBLISHED,
            tip,
        )
        for tip in reversed(list(tips) if start < end else [])
    ]


def hide_titles(tips: Iterable[Tip], user: User) -> None:
    """Give tips that a person may not know of yet a title that says nothing, and set ``title_is_hidden``.

    The tips are for showing only: they must not be saved afterwards.
    """
    sees_all = user.has_perm(permissions.CHANGE_ANY)
    for tip in tips:
        tip.title_is_hidden = not (sees_all or tip.author_id == user.pk or tip.is_published)
        if tip.title_is_hidden:
            tip.title = HIDDEN_TITLE


def when(slot: Slot) -> str:
    """Return a slot's moment as a sentence has it: “Tuesday, 24 November, 07:00”, in the site's zone."""
    return date_format(timezone.localtime(slot.at), "l, j F, H:i")


def verdict(week: SlotRow) -> str:
    """Return how a coming slot stands, to complete “Tuesday, 24 November, 07:00, is …”."""
    match week.state:
        case SlotState.SAFE:
            sentence = f"safe: “{week.tip}” goes live."
        case SlotState.AT_RISK:
            sentence = f"at risk: {week.sentence}"
        case SlotState.FREE:
            sentence = "free: nothing is planned."
        case _:
            sentence = f"skipped: {week.slot.reason}"
    # That is no title.
    return sentence.replace(f"“{HIDDEN_TITLE}”", HIDDEN_TITLE)


def advice(week: SlotRow) -> str:
    """Return what an editor can do about a coming slot, or an empty text."""
    match week.state:
        case SlotState.AT_RISK:
            return "Approve it, or let another tip take the slot."
        case SlotState.FREE:
            return "Approve a tip that waits for review: it takes the next free slot. Or skip the week."
    return ""
