"""The grounds on which verbs refuse, and how they look at a tip and write it."""

from django.utils import timezone

from desk.errors import Overtaken, WrongState
from desk.log import log
from tips.dates import in_words
from tips.models import Tip, TipState
from tips.schedule import queue_lock


def require_reason(reason, what):
    reason = " ".join(reason.split())
    if not reason:
        raise WrongState(f"Say {what}: the reason is kept in the tip's history.")
    return reason


_NEXT = {
    TipState.DRAFT: "is a draft. Submit it for review first.",
    TipState.IN_REVIEW: "is in review. Approve it or send it back first.",
    TipState.APPROVED: "is approved already.",
    TipState.WITHDRAWN: "is withdrawn. Reinstate it first.",
}


def require_state(tip, *states, verb):
    if tip.state not in states:
        raise WrongState(f"“{tip}” cannot be {verb}: it {_NEXT[TipState(tip.state)]}")


def refuse_public(tip, verb):
    if tip.is_published:
        raise WrongState(
            f"“{tip}” cannot be {verb}: readers can see it already. Correct its text, or withdraw it."
        )


def refuse_past(when, now):
    if when <= now:
        raise WrongState(f"{in_words(when)} has passed. Choose a later moment, or publish the tip now.")


def both_dated_and_undated(tip):
    return WrongState(
        f"“{tip}” has a day and is marked as undated. Take one of the two away, then approve it."
    )


def overtaken(tip):
    return Overtaken(f"Somebody else changed “{tip}” meanwhile. Look at it again before you go on.")


def lock_unchanged(tip, now):
    """Lock a tip's row; raise Overtaken unless it is what the caller saw.

    The moment of a tip that floats in the queue is the queue's: it is brought up to date instead.
    """
    names = ("state", "undated", "pinned", "publish_at")
    row = Tip.objects.filter(pk=tip.pk).select_for_update(of=("self",)).values(*names).first()
    if row is None:
        raise overtaken(tip)
    floated = queue_lock.floats(tip) and tip.publish_at and row["publish_at"] and row["publish_at"] > now
    same = all(getattr(tip, name) == row[name] for name in names[: 3 if floated else 4])
    if not same:
        raise overtaken(tip)
    tip.publish_at = row["publish_at"]


def write_if_unchanged(tip, by, action, sentence, **changes):
    """Write the changes and log them, or raise Overtaken where the row is not what ``lock_unchanged`` saw."""
    seen = {name: getattr(tip, name) for name in ("state", "publish_at", "undated", "pinned")}
    if seen["publish_at"] is None:
        del seen["publish_at"]
        seen["publish_at__isnull"] = True
    changes["updated_at"] = timezone.now()
    if not Tip.objects.filter(pk=tip.pk, **seen).update(**changes):
        raise overtaken(tip)
    for name, value in changes.items():
        setattr(tip, name, value)
    log(by, tip, action, sentence)
