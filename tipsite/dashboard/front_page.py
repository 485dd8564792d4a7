"""The desk's front page: is the next slot safe, and what waits for somebody to do it.

Everybody sees how the weeks stand. An author finds their own tips besides; who approves, what waits for
review, the alerts, and what the archive still lacks. Who may see subscribers is told how the list grows.
"""

from collections import Counter
from dataclasses import dataclass

from django.contrib.admin.models import LogEntry
from django.db.models import Count, Q
from django.utils import timezone

from desk.log import entries_about
from subscribers.mailings import charts, control, status
from subscribers.models import LinkRequest, Mailing, OutgoingMail, ServiceMail, Subscriber
from subscribers.people import growth
from tips import permissions
from tips.models import ImportRun, Tip, TipAction, TipState
from tips.schedule import calendar, slots
from tipsite.alerts import slot_alerts
from tipsite.safety import verdict

# With the coming ones, a year of weeks.
PAST = 39
SEE_MAILINGS = "subscribers.view_mailing"
MOST_REASONS = 3
# Of the growth of the list.
GROWTH_WEEKS, CHART_HEIGHT = 26, 40
SEE_PEOPLE = "subscribers.view_subscriber"
MOST_IN_REVIEW, MOST_OWN, MOST_GAPS, MOST_IMPORTS = 8, 8, 4, 3


def context(user, now=None):
    """Return what the front page shows to a person, at a moment (an aware datetime)."""
    now = now or timezone.now()
    stretch = calendar.around(now, past=PAST).hide_titles(user)
    following = stretch.next
    shown = {
        "now": now,
        "next": following,
        "verdict": calendar.verdict(following) if following else "",
        "advice": calendar.advice(following) if following else "",
        "strip": strip([*reversed(stretch.past[:PAST]), *stretch.coming], following),
        "gaps": [row for row in stretch.coming if row.is_unsafe and row is not following][:MOST_GAPS],
    }
    reasons = verdict.reasons(now)
    shown["unsafe"] = len(reasons)
    if verdict.may_see(user):
        shown["reasons"], shown["more_reasons"] = reasons[:MOST_REASONS], len(reasons[MOST_REASONS:])
    if user.has_perm(SEE_MAILINGS):
        shown["mailing"] = mailing(now)
    if user.has_perm(permissions.APPROVE):
        shown |= {
            "may_approve": True,
            "alerts": alerts(stretch, now),
            "in_review": in_review(),
            "texts": texts(),
            "imports": ImportRun.objects.order_by("-at", "-pk")[:MOST_IMPORTS],
        }
    else:
        shown["own"] = own(user)
    if user.has_perm(SEE_PEOPLE):
        shown["people"] = people(now)
    return shown


def mailing(now):
    """Return the mailing under way, or the next one, or the last, as it is told; None where there was none.

    Of several, the one that began first.
    """
    rows = Mailing.objects.select_related("tip").defer("text", "html")
    states = Mailing.State
    for some in ([states.BUILDING, states.SENDING, states.PAUSED], [states.PREPARED], [states.HELD]):
        if row := rows.filter(state__in=some).order_by("starts_at", "pk").first():
            break
    else:
        row = rows.filter(state=states.SENT).order_by("-ended_at", "-pk").first()
    if row is None:
        return None
    row.status = status.describe(row, now)
    row.progress = control.progress(row, now) if row.started_at else None
    row.time_left = status.time_left(row.progress.left) if row.progress else ""
    return row


# --- What an editor is asked for --------------------------------------------------------------------


@dataclass
class Waiting:
    """A tip in review, and who handed it in and when, where that is known."""

    tip: Tip
    by: object = None
    since: object = None


def in_review():
    """Return (the tips in review that wait longest, as Waiting; how many there are beside them)."""
    tips = Tip.objects.filter(state=TipState.IN_REVIEW).for_lists().select_related("author")
    tips = list(tips.order_by("updated_at", "id")[: MOST_IN_REVIEW * 10])
    last = _last_entries(tips, TipAction.SUBMITTED, TipAction.BACK_IN_REVIEW)
    waiting = []
    for tip in tips:
        line = last.get(str(tip.pk))
        waiting.append(Waiting(tip, line and line.user, line.action_time if line else tip.updated_at))
    waiting.sort(key=lambda each: (each.since, each.tip.pk))
    return waiting[:MOST_IN_REVIEW], len(waiting[MOST_IN_REVIEW:])


def alerts(stretch, now):
    """Return (row, when staff were last told by mail or None) for each slot that an alert is due for.

    The rule is that of the mails, of the slots to come and the last one.
    """
    rows = [row for row in [*stretch.past[:1], *stretch.coming] if slot_alerts.kind_of(row, now)]
    known = slot_alerts.notices_by_day(rows)
    return [
        (row, max(filter(None, (notice.sent_at for notice in known[str(row.slot.day)])), default=None))
        for row in rows
    ]


def texts():
    """Return how many public tips there are, how many of them lack their text, and the share that is here."""
    counted = Tip.objects.published().aggregate(
        total=Count("pk"), teasers=Count("pk", filter=Q(has_body=False))
    )
    total, teasers = counted["total"], counted["teasers"]
    return {
        "total": total,
        "teasers": teasers,
        "here": round(100 * (total - teasers) / total) if total else 100,
    }


def people(now):
    """Return how many subscribers there are, how the list grew of late, and how many mails wait."""
    weeks_of_growth = growth.weeks(GROWTH_WEEKS, now)
    waiting = Q(mail_state=OutgoingMail.MailState.WAITING)
    return {
        "confirmed": Subscriber.objects.confirmed().count(),
        "week": weeks_of_growth[-1],
        "chart": charts.growth(weeks_of_growth, CHART_HEIGHT),
        "mails": LinkRequest.objects.filter(waiting).count() + ServiceMail.objects.filter(waiting).count(),
    }


def own(user):
    """Return what an author has at work, what was touched last first.

    Each has ``sent_back``: the history's line that says who sent the draft back and why, or None.
    """
    tips = Tip.objects.filter(author=user).exclude(state=TipState.WITHDRAWN)
    tips = tips.filter(~Q(state=TipState.APPROVED) | Q(publish_at__gt=timezone.now()))
    tips = list(tips.for_lists().order_by("-updated_at", "-id")[:MOST_OWN])
    last = _last_entries(tips, TipAction.SUBMITTED, TipAction.SENT_BACK)
    for tip in tips:
        entry = last.get(str(tip.pk)) if tip.state == TipState.DRAFT else None
        tip.sent_back = entry if entry and entry.coded.code == TipAction.SENT_BACK else None
    return tips


def _last_entries(tips: list[Tip], *actions: TipAction) -> dict[str | None, LogEntry]:
    """Return {object id: the newest entry of the log} for the tips to which one of some things was done."""
    entries = entries_about(*tips).filter(coded__code__in=actions).select_related("coded")
    return {entry.object_id: entry for entry in reversed(entries)}


# --- A year of weeks at a glance ------------------------------------------------------------------------

_SQUARE, _GAP, _TOP = 14, 4, 16


@dataclass
class Square:
    """One week in the strip: where it is drawn, and what it says to who points at it."""

    row: slots.Row
    x: int
    is_next: bool
    month: str


def strip(rows, following):
    """Return the weeks as squares in a line, in order, with what they come to in words."""
    squares, before = [], None
    for place, row in enumerate(rows):
        local = timezone.localtime(row.slot.at)
        month = "" if before in (None, local.month) else f"{local:%b}"
        squares.append(Square(row, place * (_SQUARE + _GAP) + 1, row is following, month))
        before = local.month
    counted = Counter(row.standing for row in rows)
    return {
        "squares": squares,
        "side": _SQUARE,
        "top": _TOP,
        "width": max(len(rows), 1) * (_SQUARE + _GAP),
        "height": _TOP + _SQUARE + 2,
        "counts": [(standing, counted[standing]) for standing in slots.Standing if counted[standing]],
    }
