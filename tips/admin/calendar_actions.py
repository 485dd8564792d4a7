"""What the calendar's forms ask for, as calls of the queue's verbs. Each returns what followed."""

from collections.abc import Callable
from datetime import date

from django.contrib.auth.models import User
from django.utils import timezone

from desk.errors import WrongState
from desk.pages import Context
from tips import dates
from tips.models import Tip
from tips.schedule import queue, queue_lock, slot_changes, slots


def place(tip: Tip, day: date, *, by: User, seen: int) -> str:
    """Bring a tip to the slot of a day, as a drag does; return what followed.

    Onto a tip that floats in the queue, a floating tip takes its place in the order; onto anything else, it
    is pinned, so that a slot before it may stay free.
    """
    slot = slots.Timetable.load().slot(day)
    waiting = queue.waiting()
    mine = next((other for other in waiting if other.pk == tip.pk), None)
    there = next((other for other in waiting if slot and other.publish_at == slot.at), None)
    if there and there.pk != tip.pk and mine and queue_lock.floats(mine) and queue_lock.floats(there):
        if waiting.index(mine) < waiting.index(there):
            return queue.move(tip, by=by, seen=seen, after=there)
        return queue.move(tip, by=by, seen=seen, before=there)
    return queue.pin(tip, day, by=by, seen=seen)


def step(tip: Tip, weeks_on: int, *, by: User, seen: int) -> str:
    """Bring a tip one slot on (1) or back (-1), past skipped ones and what others are pinned to."""
    table, waiting, now = slots.Timetable.load(), queue.waiting(), timezone.now()
    mine = next((other for other in waiting if other.pk == tip.pk), None)
    if mine is None or mine.publish_at is None:
        raise WrongState(f"“{tip}” has no slot yet. Choose one for it first.")
    fixed = {other.publish_at for other in waiting if not queue_lock.floats(other) and other.pk != tip.pk}
    before = None
    for slot in table.after(now):
        if slot.skipped or slot.at in fixed:
            continue
        if weeks_on > 0 and slot.at > mine.publish_at:
            return place(tip, slot.day, by=by, seen=seen)
        if weeks_on < 0 and slot.at >= mine.publish_at:
            break
        before = slot if slot.at < mine.publish_at else before
    if before is None:
        raise WrongState(f"“{mine}” has the first slot that it can have.")
    return place(tip, before.day, by=by, seen=seen)


def _needing(name: str, verb: Callable[..., str]) -> Callable[[Context, User], str]:
    def run(asked: Context, by: User) -> str:
        if not asked[name]:
            raise WrongState("Choose a slot." if name == "day" else "Choose two tips.")
        return verb(asked["tip"], asked[name], by=by, seen=asked["seen"])

    return run


MOVES: dict[str, Callable[[Context, User], str]] = {
    "place": _needing("day", place),
    "pin": _needing("day", queue.pin),
    "swap": _needing("other", queue.swap),
    "unpin": lambda asked, by: queue.unpin(asked["tip"], by=by, seen=asked["seen"]),
    "front": lambda asked, by: queue.to_front(asked["tip"], by=by, seen=asked["seen"]),
    "earlier": lambda asked, by: step(asked["tip"], -1, by=by, seen=asked["seen"]),
    "later": lambda asked, by: step(asked["tip"], 1, by=by, seen=asked["seen"]),
}


def of_week(day: date, asked: Context, by: User) -> str:
    """Do with a week what its form asks for; return what followed."""
    seen = asked["seen"]
    match asked["verb"]:
        case "pin":
            return queue.pin(asked["tip"], day, by=by, seen=seen)
        case "skip":
            return slot_changes.skip(day, asked["reason"], by=by, seen=seen)
        case "unskip":
            return slot_changes.unskip(day, by=by, seen=seen)
    when = dates.moment(asked["date"], asked["time"])
    return slot_changes.move_slot(day, when, asked["reason"], by=by, seen=seen)
