"""What the verbs over a tip require before they do anything, and how they lock, write and refuse."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone

from desk.errors import Overtaken, WrongState
from desk.log import log
from tips.dates import short
from tips.models import Tip, TipAction, TipState
from tips.schedule.forecast import floats
from tips.schedule.queue_lock import QueueSession, queue_session

_NEXT_STEP = {
    TipState.DRAFT: "is a draft. Submit it for review first.",
    TipState.IN_REVIEW: "is in review. Approve it or send it back first.",
    TipState.APPROVED: "is approved already.",
    TipState.WITHDRAWN: "is withdrawn. Reinstate it first.",
}
# What a verb's caller saw of a tip, and the verb holds it to.
_SEEN = ("state", "undated", "pinned", "publish_at")


def require_state(tip: Tip, *states: TipState, verb: str) -> None:
    """Raise WrongState unless a tip is in one of the states; ``verb`` completes “cannot be …”."""
    if tip.state not in states:
        raise WrongState(f"“{tip}” cannot be {verb}: it {_NEXT_STEP[TipState(tip.state)]}")


def refuse_public(tip: Tip, verb: str) -> None:
    """Raise WrongState where readers can see a tip; ``verb`` is as in ``require_state``."""
    if tip.is_published:
        raise WrongState(f"“{tip}” cannot be {verb}: readers can see it already. Correct or withdraw it.")


def refuse_past(when: datetime, now: datetime) -> None:
    """Raise WrongState for a moment that has passed."""
    if when <= now:
        raise WrongState(f"{short(when)} has passed. Choose a later moment, or publish the tip now.")


def refuse_dated_and_undated(tip: Tip) -> None:
    """Raise WrongState where a tip has a day and is undated as well."""
    if tip.undated and tip.publish_at:
        raise WrongState(f"“{tip}” has a day and is marked as undated. Take one of the two away first.")


def overtaken(tip: Tip) -> Overtaken:
    """Return what is raised where somebody else was first."""
    return Overtaken(f"Somebody else changed “{tip}” meanwhile. Look at it again before you go on.")


@contextmanager
def unchanged(tip: Tip, by: User) -> Iterator[QueueSession]:
    """Give a QueueSession in which a tip is locked; raise Overtaken unless it is what the caller saw."""
    with queue_session(by) as session:
        lock_unchanged(tip)
        yield session


def lock_unchanged(tip: Tip) -> None:
    """Lock a tip's row; raise Overtaken unless it is what the caller saw.

    The moment of a tip that floats in the queue is the queue's: it is brought up to date instead.
    """
    current = Tip.objects.filter(pk=tip.pk).select_for_update(of=("self",)).values(*_SEEN).first()
    if current is None:
        raise overtaken(tip)
    if floats(tip) and tip.publish_at and current["publish_at"] and current["publish_at"] > timezone.now():
        tip.publish_at = current["publish_at"]
    if current != {name: getattr(tip, name) for name in _SEEN}:
        raise overtaken(tip)


def write_if_unchanged(tip: Tip, by: User, action: TipAction, sentence: str, **changes: object) -> str:
    """Write the changes if the tip's row still is what was locked, and log them, or raise Overtaken.

    Returns the sentence.
    """
    changes["updated_at"] = timezone.now()
    seen = {name: getattr(tip, name) for name in _SEEN}
    if not Tip.objects.filter(pk=tip.pk, **seen).update(**changes):
        raise overtaken(tip)
    for name, value in changes.items():
        setattr(tip, name, value)
    return log(by, tip, action, sentence)
