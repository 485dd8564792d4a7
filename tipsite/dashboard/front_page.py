"""The admin's front page: is the next slot safe, and what waits for somebody to do it.

Everybody sees how the weeks stand. An author finds their own tips besides. Whoever approves tips finds what
waits for review, the alerts, and what the archive still lacks. Whoever may see subscribers finds how the list
grows.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db.models import Count, Q
from django.utils import timezone

from desk.log import entries_about
from subscribers.mailings import charts, status
from subscribers.models import LinkRequest, Mailing, OutgoingMail, ServiceMail, SubscriberCount
from subscribers.people import growth
from tips import permissions
from tips.models import ImportRun, Tip, TipAction, TipState
from tips.schedule import slot_states, verdict
from tips.schedule.slot_states import SlotRow
from tipsite.alerts import slot_alerts
from tipsite.backup import runs

# With the coming ones, a year of weeks.
_PAST_WEEKS = 39
_GROWTH_WEEKS, _CHART_HEIGHT = 26, 40
_MOST_REASONS, _MOST_IN_REVIEW, _MOST_OWN, _MOST_GAPS, _MOST_IMPORTS = 3, 8, 8, 4, 3


def context(user: User, now: datetime | None = None) -> dict[str, object]:
    """Return what the front page shows to a person, at a moment (an aware datetime)."""
    now = now or timezone.now()
    stretch = slot_states.around(user, now, past=_PAST_WEEKS)
    following = stretch.next
    against = verdict.of_next(now, user=user).against
    shown: dict[str, object] = {
        "now": now,
        "next": following,
        "strip": _strip([*reversed(stretch.past[:_PAST_WEEKS]), *stretch.coming], following),
        "gaps": [row for row in stretch.coming if row.is_unsafe and row is not following][:_MOST_GAPS],
        "unsafe": len(against),
    }
    if verdict.may_see(user):
        shown |= {"reasons": against[:_MOST_REASONS], "more_reasons": len(against[_MOST_REASONS:])}
        shown["backups"] = runs.standing(now)
    if user.has_perm("subscribers.view_mailing"):
        shown |= _mailing(now)
    if user.has_perm(permissions.APPROVE):
        shown |= {
            "may_approve": True,
            "alerts": _alerts([*stretch.past[:1], *stretch.coming], now),
            "in_review": in_review(),
            "texts": _texts(),
            "imports": ImportRun.objects.order_by("-at", "-pk")[:_MOST_IMPORTS],
        }
    else:
        shown["own"] = _own(user)
    if user.has_perm("subscribers.view_subscriber"):
        shown["people"] = _people(now)
    return shown


def in_review() -> tuple[list[tuple[Tip, LogEntry | None]], int]:
    """Return the tips in review that wait longest, and how many there are beside them.

    Beside each tip stands the log's entry that says who handed it in and when, where that is known.
    """
    query = Tip.objects.filter(state=TipState.IN_REVIEW).for_lists().select_related("author")
    tips = list(query.order_by("updated_at", "id")[: _MOST_IN_REVIEW * 10])
    last = _last_entries(tips, TipAction.SUBMITTED, TipAction.BACK_IN_REVIEW)
    since = {tip.pk: entry.action_time for tip in tips if (entry := last.get(str(tip.pk)))}
    tips.sort(key=lambda tip: (since.get(tip.pk, tip.updated_at), tip.pk))
    shown = [(tip, last.get(str(tip.pk))) for tip in tips[:_MOST_IN_REVIEW]]
    return shown, len(tips) - len(shown)


def _mailing(now: datetime) -> dict[str, object]:
    """Return the mailing under way, or the next one, or the last, and how it stands; empty without any.

    Of several, the first that began.
    """
    mailings, states = Mailing.objects.select_related("tip").defer("text", "html"), Mailing.State
    first = mailings.order_by("starts_at", "pk")
    mailing = (
        first.filter(state__in=[states.BUILDING, states.SENDING, states.PAUSED]).first()
        or first.filter(state=states.PREPARED).first()
        or first.filter(state=states.HELD).first()
        or mailings.filter(state=states.SENT).order_by("-ended_at", "-pk").first()
    )
    if mailing is None:
        return {}
    return {
        "mailing": mailing,
        "mailing_status": status.describe(mailing, now),
        "progress": status.progress(mailing, now) if mailing.started_at else None,
    }


def _alerts(rows: Iterable[SlotRow], now: datetime) -> list[tuple[SlotRow, datetime | None]]:
    """Return (row, when staff were last told by mail or None) for each slot that wants an alert."""
    unsafe = [row for row in rows if slot_alerts.kind_of(row, now)]
    notices = slot_alerts.notices_by_day(unsafe)
    sent = {day: [notice.sent_at for notice in of_day if notice.sent_at] for day, of_day in notices.items()}
    return [(row, max(sent.get(str(row.slot.day), []), default=None)) for row in unsafe]


def _texts() -> dict[str, int]:
    """Return how many public tips there are, how many lack their text, and how many in 100 have it."""
    teasers = Count("pk", filter=Q(has_body=False))
    counts = Tip.objects.published().aggregate(total=Count("pk"), teasers=teasers)
    return counts | {"here": round(100 - 100 * counts["teasers"] / max(counts["total"], 1))}


def _people(now: datetime) -> dict[str, object]:
    """Return how many subscribers there are, how the list grew of late, and how many mails wait."""
    weeks = growth.weeks(_GROWTH_WEEKS, now)
    waiting = Q(mail_state=OutgoingMail.MailState.WAITING)
    return {
        "confirmed": SubscriberCount.objects.confirmed(),
        "week": weeks[-1],
        "chart": charts.growth(weeks, _CHART_HEIGHT),
        "mails": LinkRequest.objects.filter(waiting).count() + ServiceMail.objects.filter(waiting).count(),
    }


def _own(user: User) -> list[tuple[Tip, LogEntry | None]]:
    """Return what an author has at work, the last touched first.

    Beside each stands the log's entry that says who sent the draft back and why, or None.
    """
    query = Tip.objects.filter(author=user.pk).exclude(state=TipState.WITHDRAWN).for_lists()
    query = query.filter(~Q(state=TipState.APPROVED) | Q(publish_at__gt=timezone.now()))
    tips = list(query.order_by("-updated_at", "-id")[:_MOST_OWN])
    last = _last_entries(tips, TipAction.SUBMITTED, TipAction.SENT_BACK)
    sent_back = {pk: entry for pk, entry in last.items() if entry.coded.code == TipAction.SENT_BACK}
    return [(tip, sent_back.get(str(tip.pk)) if tip.state == TipState.DRAFT else None) for tip in tips]


def _last_entries(tips: list[Tip], *actions: TipAction) -> dict[str | None, LogEntry]:
    """Return {object id: the newest entry of the log} for the tips to which one of some things was done."""
    entries = entries_about(*tips).filter(coded__code__in=actions).select_related("coded")
    return {entry.object_id: entry for entry in reversed(entries)}


# --- A year of weeks at a glance --------------------------------------------------------------------

_SQUARE, _GAP, _TOP = 14, 4, 16


def _strip(rows: Sequence[SlotRow], following: SlotRow | None) -> dict[str, object]:
    """Return the weeks as squares in a line, in order, with what they come to in words."""
    months = [timezone.localtime(row.slot.at) for row in rows]
    squares = [
        {
            "row": row,
            "x": place * (_SQUARE + _GAP) + 1,
            "is_next": row is following,
            "month": f"{month:%b}" if place and month.month != months[place - 1].month else "",
        }
        for place, (row, month) in enumerate(zip(rows, months, strict=True))
    ]
    counts = Counter(row.state for row in rows)
    return {
        "squares": squares,
        "side": _SQUARE,
        "top": _TOP,
        "width": max(len(rows), 1) * (_SQUARE + _GAP),
        "height": _TOP + _SQUARE + 2,
        "counts": [(state, counts[state]) for state in slot_states.SlotState if counts[state]],
    }
