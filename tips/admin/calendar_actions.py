"""What the calendar's forms ask for, as calls of the queue's verbs. Each returns what followed."""

from django.utils import timezone

from desk.errors import WrongState
from tips import dates
from tips.schedule import queue, queue_lock, slots


def place(tip, day, *, by, seen):
    """Bring a tip to the slot of a day, as a drag does; return what followed.

    Onto a tip that floats in the queue, a floating tip takes its place in the order; onto anything else, it
    is pinned, so that a slot before it may stay free.
    """
    slot = slots.Timetable.load().slot(day)
    line = queue.waiting()
    mine = next((each for each in line if each.pk == tip.pk), None)
    there = next((each for each in line if slot and each.publish_at == slot.at), None)
    if there and there.pk != tip.pk and mine and queue_lock.floats(mine) and queue_lock.floats(there):
        side = "after" if mine.publish_at < there.publish_at else "before"
        return queue.move(tip, by=by, seen=seen, **{side: there})
    return queue.pin(tip, day, by=by, seen=seen)


def step(tip, weeks_on, *, by, seen):
    """Bring a tip one slot on (1) or back (-1), past skipped ones and what others are pinned to."""
    table, line, now = slots.Timetable.load(), queue.waiting(), timezone.now()
    mine = next((each for each in line if each.pk == tip.pk), None)
    if mine is None:
        raise WrongState(f"“{tip}” has no slot yet. Choose one for it first.")
    fixed = {each.publish_at for each in line if not queue_lock.floats(each) and each.pk != tip.pk}
    free = (slot for slot in table.after(now) if not slot.skipped and slot.at not in fixed)
    before = None
    for slot in free:
        if weeks_on > 0 and slot.at > mine.publish_at:
            return place(tip, slot.day, by=by, seen=seen)
        if weeks_on < 0 and slot.at >= mine.publish_at:
            break
        before = slot if slot.at < mine.publish_at else before
    if before is None:
        raise WrongState(f"“{mine}” has the first slot that it can have.")
    return place(tip, before.day, by=by, seen=seen)


def _needing(name, verb):
    def run(asked, by):
        if not asked[name]:
            raise WrongState("Choose a slot." if name == "day" else "Choose two tips.")
        return verb(asked["tip"], asked[name], by=by, seen=asked["seen"])

    return run


MOVES = {
    "place": _needing("day", place),
    "pin": _needing("day", queue.pin),
    "swap": _needing("other", queue.swap),
    "unpin": lambda asked, by: queue.unpin(asked["tip"], by=by, seen=asked["seen"]),
    "front": lambda asked, by: queue.to_front(asked["tip"], by=by, seen=asked["seen"]),
    "earlier": lambda asked, by: step(asked["tip"], -1, by=by, seen=asked["seen"]),
    "later": lambda asked, by: step(asked["tip"], 1, by=by, seen=asked["seen"]),
}


def of_week(day, asked, by):
    """Do with a week what its form asks for; return what followed."""
    seen = asked["seen"]
    match asked["verb"]:
        case "pin":
            return queue.pin(asked["tip"], day, by=by, seen=seen)
        case "skip":
            return queue.skip(day, asked["reason"], by=by, seen=seen)
        case "unskip":
            return queue.unskip(day, by=by, seen=seen)
    when = dates.moment(asked["date"], asked["time"])
    return queue.move_slot(day, when, asked["reason"], by=by, seen=seen)
