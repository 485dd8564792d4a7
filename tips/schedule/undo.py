"""Taking back the last change of the queue: a move, a pin, a skipped week.

What the change found is kept with the queue's version (``QueueVersion.before``). So it is taken back as a
whole, or refused in a sentence where somebody changed the queue since.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.utils.dateparse import parse_date, parse_datetime

from desk.errors import WrongState
from desk.log import log_each
from desk.names import person
from tips import dates
from tips.models import QueueVersion, SlotException, Tip, TipAction, TipState
from tips.schedule.queue_lock import Before, Place, QueueSession, Seen, planning_session
from tips.schedule.slots import Slot, Timetable

_WEEK = ("kind", "moved_to", "reason", "by_id", "at")


def may_undo(user: User, version: QueueVersion | None) -> bool:
    """Tell whether the last change of the queue is this person's, and can be taken back."""
    return version is not None and bool(version.before) and version.by_id == user.pk


def snapshot(session: QueueSession, slot: Slot | None = None) -> Before:
    """Return how a session found the tips that it has moved, and the week of a ``slot`` before it changed.

    For ``QueueSession.record``. What a change of a week needs is kept by ``week_before``.
    """
    rows = Tip.objects.filter(pk__in=session.before).values_list("id", *Place._fields)
    now = {pk: Place(*place) for pk, *place in rows}
    moved = {pk: place for pk, place in session.before.items() if place != now.get(pk)}
    tips = {
        str(pk): {
            "publish_at": place.publish_at and place.publish_at.isoformat(),
            "pinned": place.pinned,
            "undated": place.undated,
        }
        for pk, place in moved.items()
    }
    before: Before = {"tips": tips}
    if slot:
        before["week"] = {"day": slot.day.isoformat(), **session.week_before}
    return before if tips or slot else {}


def week_before(slot: Slot) -> dict[str, object]:
    """Return how a week differs from its rule, in the form that the database keeps; empty if it does not."""
    row = SlotException.objects.filter(day=slot.day).values(*_WEEK).first()
    if row is None:
        return {}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def undo(*, by: User, seen: Seen) -> str:
    """Take back the last change of the queue, which has the version that was ``seen``; return what followed.

    Raises Overtaken where somebody changed the queue since, and WrongState where what was moved is public
    by now, or about to be, or where the change is a colleague's or cannot be taken back.
    """
    with planning_session(by, seen) as session:
        before = session.version.before
        if not before:
            raise WrongState("The last change cannot be taken back. Look at the calendar again.")
        if session.version.by_id != by.pk:
            who = person(session.version.by)
            raise WrongState(f"Not taken back: the last change is that of {who}. Move the tips back by hand.")
        places = {int(pk): _place(place) for pk, place in before["tips"].items()}
        locked = Tip.objects.filter(pk__in=places).select_for_update(of=("self",)).order_by("id")
        tips = list(locked.only("id", "title", "state", *Place._fields))
        if len(tips) < len(places):
            raise WrongState("Not taken back: a tip that was moved is deleted since.")
        for tip in tips:
            _refuse_settled(session, tip, places[tip.pk])
        if week := before.get("week"):
            _restore_week(session, week)
        _restore_tips(session, tips, places)
        session.reschedule()
        for tip in tips:
            tip.refresh_from_db(fields=[*Place._fields])
        log_each(
            by, TipAction.MOVE_UNDONE, [(tip, f"A change was taken back: {_stands(tip)}.") for tip in tips]
        )
        said = _said(tips, session.version.change)
        session.record(f"took back: {session.version.change}", besides=tips)
        return said


def _place(stored: dict[str, object]) -> Place:
    at = stored["publish_at"]
    moment = parse_datetime(at) if isinstance(at, str) else None
    return Place(moment, bool(stored["pinned"]), bool(stored["undated"]))


def _refuse_settled(session: QueueSession, tip: Tip, place: Place) -> None:
    """Raise WrongState where a tip is about to appear, or would go back to a moment that has passed."""
    if tip.state == TipState.APPROVED:
        for moment in (tip.publish_at, place.publish_at):
            if moment and moment <= session.settled_until:
                at = dates.short(moment)
                raise WrongState(f"Not taken back: {at} has passed or is too near for “{tip}” to move.")


def _restore_week(session: QueueSession, week: dict[str, object]) -> None:
    """Let a week be skipped, moved or regular as it was before."""
    day = parse_date(str(week["day"]))
    assert day  # noqa: S101  what ``snapshot`` wrote
    if slot := session.table.slot(day):
        session.refuse_settled(slot.at, f"Not taken back: {slot}")
        session.refuse_settled(slot.regular, f"Not taken back: {dates.short(slot.regular)}")
    SlotException.objects.filter(day=day).delete()
    if fields := {name: week[name] for name in _WEEK if name in week}:
        for name in ("moved_to", "at"):
            fields[name] = parse_datetime(str(fields[name])) if fields[name] else None
        SlotException.objects.create(day=day, **fields)
    session.table = Timetable.load()


def _restore_tips(session: QueueSession, tips: list[Tip], places: dict[int, Place]) -> None:
    """Put tips where they were, pinned as they were."""
    session.lift(tips)
    dated = {tip: place.publish_at for tip in tips if (place := places[tip.pk]).publish_at}
    session.write({tip: at for tip, at in dated.items() if not places[tip.pk].pinned})
    session.write({tip: at for tip, at in dated.items() if places[tip.pk].pinned}, pinned=True)
    undated = [tip.pk for tip in tips if places[tip.pk].undated]
    Tip.objects.filter(pk__in=undated).update(undated=True)


def _stands(tip: Tip) -> str:
    if tip.publish_at is None:
        return "has no day"
    verb = "goes live" if tip.state == TipState.APPROVED else "is planned for"
    return f"{verb} {dates.short(tip.publish_at)}"


def _said(tips: list[Tip], change: str) -> str:
    """Say what stands again; ``change`` is what was taken back, as the queue's version has it."""
    if not tips:
        return f"Taken back: you had {change}."
    first, rest = tips[0], len(tips) - 1
    more = f", and {rest} more {'tip stands' if rest == 1 else 'tips stand'} as before" if rest else ""
    return f"Taken back: “{first}” {_stands(first)} again{more}."
