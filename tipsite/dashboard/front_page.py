"""The desk's front page: is the next slot safe, what waits for the person, and where they left off.

Everybody sees the verdict and the coming weeks. What a person may not do, and what is empty, is left out.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from subscribers.mailings import latest
from subscribers.people import contact
from tips import permissions
from tips.publishing import whose_turn
from tips.schedule import reasons, slot_states, verdict
from tips.schedule.verdict import Verdict
from tips.text import contents
from tipsite.alerts import reach

_MOST_TURNS, _MOST_DRAFTS, _MOST_GAPS = 8, 4, 3


def context(user: User, now: datetime | None = None) -> dict[str, object]:
    """Return what the front page shows to a person, at a moment (an aware datetime)."""
    now = now or timezone.now()
    weeks = slot_states.around(user, now, past=1)
    verdicts = verdict.seen_by(user, verdict.of_rows([*weeks.past[:1], *weeks.coming], now))
    following = next((each for each in verdicts if each.row is weeks.next), None) if weeks.next else None
    following = following or verdict.of_next(now, user=user)
    turns = whose_turn.turns(user)
    waiting = len(turns) if len(turns) < whose_turn.MOST else whose_turn.count(user)
    drafts = whose_turn.left_off(user, turns, _MOST_DRAFTS)
    shown: dict[str, object] = {
        "now": now,
        "verdict": following,
        "sees_all": reasons.may_see(user),
        "is_led_to_safe": any(each.url.startswith(reverse("admin:safe")) for each in following.remedies),
        "weeks": verdicts,
        "counts": _counts(verdicts, now),
        "turns": turns[:_MOST_TURNS],
        "more_turns": waiting - len(turns[:_MOST_TURNS]),
        "drafts": [(draft, contents.words(draft.body).total()) for draft in drafts],
        # The bar's number is that of the rows.
        "needs_you": waiting,
    }
    if user.has_perm(permissions.APPROVE):
        gaps = [each.row for each in verdicts if each.row and each.sign == "free" and each.row.slot.at > now]
        shown["unheard"] = reach.fault()
        shown["gaps"] = [row for row in gaps if row is not following.row][:_MOST_GAPS]
    if user.has_perm("subscribers.view_contactmessage"):
        shown["messages_waiting"] = contact.waiting()
    if user.has_perm("subscribers.view_mailing"):
        shown["mailing"] = latest.look(user, now)
    return shown


def _counts(verdicts: Sequence[Verdict], now: datetime) -> str:
    """Return what the coming weeks come to, in words: “2 safe, 1 not safe, 7 free”."""
    words = Counter(each.word for each in verdicts if each.row and each.row.slot.at > now)
    order = ["safe", "approved", "on the site only", "not safe", "at risk", "skipped", "free"]
    return ", ".join(f"{words[word]} {word}" for word in order if words[word])
