"""What staff are told by mail of slots whose tip will not reach the site and its readers, or did not appear.

For one slot these alerts are due, and none for a skipped week:

- from 5 days before it, while the verdict on it is not safe, for what the slot and its tip lack themselves;
- from 2 days before it likewise, and once more each time it was seen safe there and is unsafe again;
- when it passes while a tip stands in it that was not approved, until the next slot passes.

Of several that are due for a slot at once, since the worker was late, only the last goes out.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from django.urls import reverse
from django.utils import timezone

from tips import dates, permissions
from tips.schedule import slot_states, verdict
from tips.schedule.verdict import Verdict
from tipsite.alerts import notices
from tipsite.models import Notice

_EARLY, _LATE = timedelta(days=5), timedelta(days=2)
# Days on either side among which all slots are that may be due: a move may take one to its week's other end.
_NEAR = timedelta(days=14)


def send_alerts(now: datetime) -> None:
    """Tell staff of each slot whose tip will not reach its readers, or did not appear. Run each minute."""
    today = timezone.localdate(now)
    rows = slot_states.between(today - _NEAR, today + _NEAR, now)
    # What is wrong with mail as a whole, or with the server, has alerts of its own.
    verdicts = verdict.of_rows(rows, now, of_site=False)
    paired = list(zip(rows, verdicts, strict=True))
    if safe := [str(row.slot.day) for row, each in paired if row.slot.at > now and not each.against]:
        late = Notice.objects.filter(kind=Notice.Kind.SLOT_LATE, about__in=safe, settled_at=None)
        late.update(settled_at=now)
    passed = [row for row in rows if row.slot.at <= now]
    known = _notices_by_day(rows)
    # Of the slots that passed, only the latest is still worth a mail.
    for row, each in paired[max(len(passed) - 1, 0) :]:
        if notice := _due(row, each, known[str(row.slot.day)], now):
            page, when = reverse("admin:tips_calendar"), dates.zoned(row.slot.at, now)
            context = {"row": row, "verdict": each, "when": when}
            mail = partial(notices.mail_to_staff, "slot_alert", permissions.APPROVE, page, **context)
            notices.send_once(notice, mail, now)


def _kind_of(row: slot_states.SlotRow, found: Verdict, now: datetime) -> Notice.Kind | None:
    """Return the kind of alert that a slot wants at a moment (an aware datetime), sent or not."""
    ahead = row.slot.at - now
    if found.against and ahead <= _EARLY:
        return Notice.Kind.SLOT_LATE if ahead <= _LATE else Notice.Kind.SLOT_EARLY
    return Notice.Kind.SLOT_MISSED if row.state == slot_states.SlotState.MISSED and row.tip else None


def _notices_by_day(rows: Iterable[slot_states.SlotRow]) -> defaultdict[str, list[Notice]]:
    """Return {a slot's day as text: its notices, oldest first}, in one query."""
    by_day = defaultdict(list)
    kinds = [Notice.Kind.SLOT_EARLY, Notice.Kind.SLOT_LATE, Notice.Kind.SLOT_MISSED]
    days = [str(row.slot.day) for row in rows]
    for notice in Notice.objects.filter(kind__in=kinds, about__in=days).order_by("pk"):
        by_day[notice.about].append(notice)
    return by_day


def _due(row: slot_states.SlotRow, found: Verdict, known: list[Notice], now: datetime) -> Notice | None:
    """Return the notice of the alert that is due for a slot and was not sent, or None."""
    kind = _kind_of(row, found, now)
    same = [notice for notice in known if notice.kind == kind]
    if kind is None or (same and same[-1].sent_at and not same[-1].settled_at):
        return None
    # The alert that was last due is due until it went out; one that was settled is followed by another.
    number = len(same) + (not same or same[-1].settled_at is not None)
    return Notice(kind=kind, about=str(row.slot.day), occasion=str(number))
