"""The verbs of the queue and of its weeks: what goes live when.

Each takes ``by``, who does it, and ``seen``, the queue's version that this person's page showed (None where
nobody looked, as in a command). Each is done as it was seen or refused in a line that says who changed what,
rewrites the queue in one transaction, leaves a line in the history of every tip it moved, and returns a
sentence that says what followed. A slot is named by its ``day``, a date (``slots.Slot.day``).
"""

from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format

from desk.errors import Overtaken, WrongState
from desk.log import log
from tips import dates
from tips.models import QueueVersion, SlotAction, SlotException, Tip, TipAction, TipState
from tips.permissions import APPROVE, permit
from tips.schedule import queue_lock, slots


def version():
    """Return the queue's version, for a page to hand back as ``seen`` with what its reader does."""
    return QueueVersion.objects.values_list("version", flat=True).first() or 0


def waiting(now=None):
    """Return the tips that hold a moment to come, in the order of their moments, without their texts.

    ``pinned`` tells which of them the queue leaves where they are; those that are not approved yet are always
    pinned, and put their slot at risk.
    """
    return list(queue_lock.holders(now or timezone.now()).for_lists().select_related("author"))


# --- The order of tips ------------------------------------------------------------------------------


def move(tip, *, by, seen, before=None, after=None, position=None):
    """Give a tip another place in the queue: before or after another tip, or at a position.

    ``position`` counts from 0 in what ``waiting`` returns. Pinned tips stay at their moments meanwhile.
    """
    with _session(by, seen) as session:
        queue = session.holding()
        held = _floating(_found(queue, tip))
        queue.remove(held)
        if before or after:
            other = _found(queue, before or after)
            position = queue.index(other) + (0 if before else 1)
            where = f"{'before' if before else 'after'} “{other}” in the queue"
            # The history is read by the tip's author, who may not know of the other one.
            trace = f"{'before' if before else 'after'} another in the queue"
        else:
            position = min(max(position or 0, 0), len(queue))
            where = trace = "to the front" if position == 0 else f"to place {position + 1} of the queue"
        queue.insert(position, held)
        order = [each for each in queue if queue_lock.floats(each)]
        return _reorder(session, tip, held, order, where, trace)


def to_front(tip, *, by, seen):
    """Let a tip take the next slot that nobody holds by a pin; the others follow."""
    with _session(by, seen) as session:
        queue = session.holding()
        held = _floating(_found(queue, tip))
        others = [each for each in queue if queue_lock.floats(each) and each != held]
        return _reorder(session, tip, held, [held, *others], "to the front", "to the front")


def _reorder(session, tip, held, order, where, trace):
    """Write a new order in which the queue's row of a tip, ``held``, has its new place.

    ``where`` says which place in the queue's own record, ``trace`` in the tip's history.
    """
    was = held.publish_at
    session.reschedule(order)
    _bring_up(tip)
    if tip.publish_at == was and not session.moved:
        return f"“{tip}” stays at {dates.in_words(was)}."
    log(
        session.by,
        tip,
        TipAction.MOVED_IN_QUEUE,
        f"Moved {trace}: goes live {dates.in_words(tip.publish_at)}.",
    )
    followed = session.record(f"moved “{tip}” {where}", besides=[tip])
    return f"“{tip}” goes live {dates.in_words(tip.publish_at)}.{followed}"


def pin(tip, day, *, by, seen):
    """Give a tip the slot of a day, and keep it there whatever the queue does.

    A tip that is not approved may be planned so too: the slot is at risk until it is. A tip that floats there
    makes room; one that is pinned there does not.
    """
    with _session(by, seen) as session:
        _bring_up(tip)
        _refuse_settled(tip, session.settled_until)
        slot = _coming_slot(session, day)
        session.refuse_taken(tip, slot.at)
        Tip.objects.filter(pk=tip.pk).update(publish_at=slot.at, pinned=True, undated=False)
        session.reschedule()
        _bring_up(tip)
        log(by, tip, TipAction.PINNED, f"Pinned to {slot}.")
        followed = session.record(f"pinned “{tip}” to {slot}", besides=[tip])
        return f"“{tip}” is pinned to {slot}.{_condition(tip)}{followed}"


def unpin(tip, *, by, seen):
    """Let a pinned tip go: into the queue at its place, or, if it is not approved, without a day."""
    with _session(by, seen) as session:
        held = _found(session.holding(), tip)
        if not held.pinned:
            raise WrongState(f"“{held}” is not pinned; the queue moves it as it is.")
        was, kept = (
            dates.in_words(held.publish_at),
            held.publish_at if held.state == TipState.APPROVED else None,
        )
        Tip.objects.filter(pk=tip.pk).update(pinned=False, publish_at=kept)
        session.reschedule()
        _bring_up(tip)
        outcome = f"goes live {dates.in_words(tip.publish_at)}" if tip.publish_at else "has no day any more"
        log(by, tip, TipAction.UNPINNED, f"Unpinned from {was}: {outcome}.")
        followed = session.record(f"unpinned “{tip}” from {was}", besides=[tip])
        return f"“{tip}” {outcome}.{followed}"


def swap(one, other, *, by, seen):
    """Let two tips trade places. A pin stays with the place; a tip that is not approved is always pinned."""
    with _session(by, seen) as session:
        queue = session.holding()
        first, second = _found(queue, one), _found(queue, other)
        if first.pk == second.pk:
            raise WrongState("A tip cannot trade places with itself. Choose two.")
        places = {
            first.pk: (second.publish_at, second.pinned or first.state != TipState.APPROVED),
            second.pk: (first.publish_at, first.pinned or second.state != TipState.APPROVED),
        }
        pinned = {pk: at for pk, (at, is_pinned) in places.items() if is_pinned}
        Tip.objects.filter(pk__in=places).update(pinned=False)
        session.write({pk: at for pk, (at, _) in places.items() if pk not in pinned})
        session.repin(pinned)
        session.reschedule()
        change = f"swapped “{one}” and “{other}”"
        for tip in (one, other):
            _bring_up(tip)
            log(by, tip, TipAction.SWAPPED, f"Swapped: {_stands(tip)}.")
        followed = session.record(change, besides=[one, other])
        ends = " and ".join(f"“{tip}” {_stands(tip)}" for tip in (one, other))
        return f"{ends}.{followed}"


# --- Weeks ------------------------------------------------------------------------------------------


def skip(day, reason, *, by, seen):
    """Skip the week of a slot, with a reason: the queue moves on by a week, and no alert is sent."""
    with _session(by, seen) as session:
        reason = _reason(reason)
        slot = _coming_slot(session, day)
        if slot.skipped:
            raise WrongState(f"{slot} is skipped already.")
        held = next((tip for tip in session.holding() if tip.publish_at == slot.at and tip.pinned), None)
        if held:
            raise WrongState(f"{slot} is held by “{held}”. Pin it to another slot, or unpin it, first.")
        _except(session, slot, reason, kind=SlotException.Kind.SKIP, moved_to=None)
        session.reschedule()
        return f"{slot} is skipped.{session.record(f'skipped {slot}')}"


def unskip(day, *, by, seen):
    """Take back that a week is skipped; the queue moves up. The slot stands at its regular moment again."""
    with _session(by, seen) as session:
        slot = _coming_slot(session, day)
        if not slot.skipped:
            raise WrongState(f"{slot} is not skipped.")
        _regular_again(session, slot)
        session.reschedule()
        return f"{slot} is a slot again.{session.record(f'took back that {slot} is skipped')}"


def move_slot(day, when, reason, *, by, seen):
    """Move a slot within its week to another moment (an aware datetime), with a reason; its tip goes along.

    The slot's regular moment takes an earlier move back.
    """
    with _session(by, seen) as session:
        reason = _reason(reason)
        slot = _coming_slot(session, day)
        when = when.replace(second=0, microsecond=0)
        if slot.skipped:
            raise WrongState(f"{slot} is skipped. Take that back before you move it.")
        if when <= session.settled_until:
            why = "has passed" if when <= session.now else "is too near"
            raise WrongState(f"{dates.in_words(when)} {why}. Choose a later moment.")
        monday, sunday = dates.week(slot.day)
        if not monday <= when.astimezone(ZoneInfo(slot.zone)).date() <= sunday:
            raise WrongState(
                f"A slot moves within its week only, here from {_date(monday)} to {_date(sunday)}."
                " Skip this week, or pin the tip to another slot."
            )
        if when == slot.at:
            raise WrongState(f"The slot stands at {slot} already.")
        session.refuse_taken(Tip(), when)
        held = [tip for tip in session.holding() if tip.publish_at == slot.at]
        if when == slot.regular:
            _regular_again(session, slot)
        else:
            _except(session, slot, reason, kind=SlotException.Kind.MOVE, moved_to=when)
        session.refuse_disorder(slot.day)
        for tip in held:
            (session.repin if tip.pinned else session.write)({tip.pk: when})
        session.moved += [queue_lock.Move(tip, slot.at, when) for tip in held]
        session.reschedule()
        moved = f"{slot} to {dates.in_words(when)}"
        return f"Moved the slot of {moved}.{session.record(f'moved the slot of {moved}')}"


# --- What the verbs have in common ------------------------------------------------------------------


def _session(by, seen):
    permit(by, APPROVE, "change the queue")
    return queue_lock.queue_session(by, seen)


def _found(queue, tip):
    """Return a tip as it stands in the queue now."""
    found = next((each for each in queue if each.pk == tip.pk), None)
    if found is None:
        raise Overtaken(f"“{tip}” does not wait for a slot any more. Look at the queue again.")
    return found


def _floating(tip):
    if not queue_lock.floats(tip):
        raise WrongState(f"“{tip}” is pinned to {dates.in_words(tip.publish_at)}. Unpin it first.")
    return tip


def _bring_up(tip):
    """Set what the queue decides on a caller's tip to what its row says."""
    names = ("state", "publish_at", "pinned", "undated")
    row = Tip.objects.filter(pk=tip.pk).select_for_update(of=("self",)).values(*names).first()
    if row is None:
        raise Overtaken(f"“{tip}” was deleted meanwhile. Look at the queue again.")
    for name in names:
        setattr(tip, name, row[name])


def _refuse_settled(tip, until):
    """Raise WrongState where a tip can be given no slot any more."""
    if tip.state == TipState.WITHDRAWN:
        raise WrongState(f"“{tip}” is withdrawn. Reinstate it first.")
    if tip.state == TipState.APPROVED and (tip.undated or tip.publish_at <= until):
        when = "public already" if tip.is_published else "about to appear"
        raise WrongState(f"“{tip}” is {when}, so it keeps its place.")


def _stands(tip):
    verb = "goes live" if tip.state == TipState.APPROVED else "is planned for"
    return f"{verb} {dates.in_words(tip.publish_at)}"


def _coming_slot(session, day):
    slot = session.table.slot(day)
    if slot is None:
        raise WrongState(f"{_date(day)} has no slot. Choose a day from the calendar.")
    if slot.at <= session.settled_until:
        why = "has passed" if slot.at <= session.now else "is too near"
        raise WrongState(f"The slot of {slot} {why}. Choose a later one.")
    return slot


def _except(session, slot, reason, **fields):
    slot_row, _ = SlotException.objects.update_or_create(
        day=slot.day, defaults={"reason": reason, "by": session.by, "at": session.now, **fields}
    )
    is_skip = slot_row.kind == SlotException.Kind.SKIP
    log(session.by, slot_row, SlotAction.SKIPPED if is_skip else SlotAction.MOVED, reason)
    session.table = slots.Timetable.load()


def _regular_again(session, slot):
    slot_row = SlotException.objects.get(day=slot.day)
    log(session.by, slot_row, SlotAction.RESTORED, "Taken back: the slot stands at its regular moment.")
    slot_row.delete()
    session.table = slots.Timetable.load()


def _reason(reason):
    reason = " ".join(reason.split())
    if not reason:
        raise WrongState("Say why: the reason stands in the calendar.")
    return reason


def _date(day):
    return date_format(day, "l, j F Y")


def _condition(tip):
    return "" if tip.state == TipState.APPROVED else " It appears only if it is approved by then."
