"""The verbs of the queue: which tip goes live when.

Each takes ``by``, who does it, and ``seen``, the queue's version that this person's page showed (None where
nobody looked, as in a command). Each is done as it was seen, or refused in a line that says who changed what.
It rewrites the queue in one transaction, leaves a line in the history of every tip it moved, and returns a
sentence that says what followed.
"""

from datetime import date, datetime

from django.contrib.auth.models import User
from django.utils import timezone

from desk.errors import Overtaken, WrongState
from desk.log import log
from tips.dates import short
from tips.models import PLANS, QueueVersion, Tip, TipAction, TipState
from tips.schedule.forecast import floats, holders
from tips.schedule.queue_lock import Place, Seen, planning_session
from tips.schedule.undo import snapshot


def version() -> int:
    """Return the queue's version, for a page to hand back as ``seen`` with what its reader does."""
    return QueueVersion.objects.values_list("version", flat=True).first() or 0


def waiting(now: datetime | None = None) -> list[Tip]:
    """Return the tips that hold a moment to come, in the order of their moments, without their texts.

    ``pinned`` tells which of them the queue leaves where they are; those that are not approved yet are always
    pinned, and put their slot at risk.
    """
    return list(holders(now or timezone.now()).for_lists().select_related("author"))


def move(
    tip: Tip, *, by: User, seen: Seen, before: Tip | None = None, after: Tip | None = None, position: int = 0
) -> str:
    """Give a tip another place in the queue: before or after another tip, or at a position.

    ``position`` counts from 0 in what ``waiting`` returns. Pinned tips stay at their moments meanwhile.
    """
    with planning_session(by, seen) as session:
        queue = session.holding()
        held = _in_queue(queue, tip)
        if not floats(held):
            raise WrongState(f"“{held}” is pinned to {short(held.moment)}. Unpin it first.")
        queue.remove(held)
        if neighbour := before or after:
            other = _in_queue(queue, neighbour)
            position = queue.index(other) + (0 if before else 1)
            side = "before" if before else "after"
            # The history is read by the tip's author, who may not know of the other one.
            where, in_history = f"{side} “{other}” in the queue", f"{side} another in the queue"
        else:
            position = min(position, len(queue))
            where = in_history = f"to place {position + 1} of the queue" if position else "to the front"
        queue.insert(position, held)
        was = held.moment
        session.reschedule([other for other in queue if floats(other)])
        _refresh(tip)
        if tip.publish_at == was and not session.moves:
            return f"“{tip}” stays at {short(was)}."
        at = short(tip.moment)
        log(by, tip, TipAction.MOVED_IN_QUEUE, f"Moved {in_history}: goes live {at}.")
        followed = session.record(f"moved “{tip}” {where}", besides=[tip], before=snapshot(session))
        return f"“{tip}” goes live {at}.{followed}"


def to_front(tip: Tip, *, by: User, seen: Seen) -> str:
    """Let a tip take the next slot that nobody holds by a pin; the others follow."""
    return move(tip, by=by, seen=seen)


def pin(tip: Tip, day: date, *, by: User, seen: Seen) -> str:
    """Give a tip the slot of a day, and keep it there whatever the queue does.

    A tip that is not approved may be planned so too: the slot is at risk until it is. A tip that floats there
    makes room; one that is pinned there does not.
    """
    with planning_session(by, seen) as session:
        _refresh(tip)
        if tip.state == TipState.WITHDRAWN:
            raise WrongState(f"“{tip}” is withdrawn. Reinstate it first.")
        if tip.state == TipState.APPROVED and (tip.undated or tip.moment <= session.settled_until):
            when = "public already" if tip.is_published else "about to appear"
            raise WrongState(f"“{tip}” is {when}, so it keeps its place.")
        slot = session.coming_slot(day)
        session.forecast().refuse_taken(tip, slot.at)
        session.before.setdefault(tip.pk, Place(tip.publish_at, tip.pinned, tip.undated))
        Tip.objects.filter(pk=tip.pk).update(publish_at=slot.at, pinned=True, undated=False)
        session.reschedule()
        _refresh(tip)
        log(by, tip, TipAction.PINNED, f"Pinned to {slot}.")
        change = f"pinned “{tip}” to {slot}"
        followed = session.record(change, besides=[tip], before=snapshot(session))
        condition = "" if tip.state == TipState.APPROVED else " It appears only if it is approved by then."
        return f"“{tip}” is pinned to {slot}.{condition}{followed}"


def plan(tip: Tip, *, by: User) -> str:
    """Pin a tip that has no day to the next slot that no tip holds; nothing else moves.

    Raises WrongState for an undated tip too: it would lose its mark without anybody's having said so.
    """
    with planning_session(by, None) as session:
        _refresh(tip)
        if tip.state == TipState.WITHDRAWN:
            raise WrongState(f"“{tip}” is withdrawn. Reinstate it first.")
        if tip.is_published:
            raise WrongState(f"“{tip}” is public already, so it keeps its place.")
        if tip.state not in PLANS:
            raise WrongState(f"“{tip}” is approved already; the queue gives it its day.")
        if tip.undated:
            raise WrongState(
                f"“{tip}” is marked as undated. Take the mark away first, so that it can have a day."
            )
        if tip.publish_at:
            raise WrongState(f"“{tip}” is planned for {short(tip.publish_at)} already.")
        forecast = session.forecast()
        slot = next(forecast.open_slots({held.moment for held in forecast.holding}), None)
        if slot is None:
            raise WrongState("There is no weekly slot. Make a slot rule first.")
        return pin(tip, slot.day, by=by, seen=None)


def unpin(tip: Tip, *, by: User, seen: Seen) -> str:
    """Let a pinned tip go: into the queue at its place, or, if it is not approved, without a day."""
    with planning_session(by, seen) as session:
        held = _in_queue(session.holding(), tip)
        if not held.pinned:
            raise WrongState(f"“{held}” is not pinned; the queue moves it as it is.")
        was, kept = short(held.moment), held.moment if held.state == TipState.APPROVED else None
        Tip.objects.filter(pk=tip.pk).update(pinned=False, publish_at=kept)
        session.reschedule()
        _refresh(tip)
        outcome = f"goes live {short(tip.publish_at)}" if tip.publish_at else "has no day any more"
        log(by, tip, TipAction.UNPINNED, f"Unpinned from {was}: {outcome}.")
        change = f"unpinned “{tip}” from {was}"
        return f"“{tip}” {outcome}.{session.record(change, besides=[tip], before=snapshot(session))}"


def swap(one: Tip, other: Tip, *, by: User, seen: Seen) -> str:
    """Let two tips trade places. A pin stays with the place; a tip that is not approved is always pinned."""
    with planning_session(by, seen) as session:
        queue = session.holding()
        first, second = _in_queue(queue, one), _in_queue(queue, other)
        if first.pk == second.pk:
            raise WrongState("A tip cannot trade places with itself. Choose two.")
        trades = [(first, second), (second, first)]
        pinned = {
            tip: place.moment for tip, place in trades if place.pinned or tip.state != TipState.APPROVED
        }
        floating = {tip: place.moment for tip, place in trades if tip not in pinned}
        session.lift([first, second])
        session.write(floating)
        session.repin(pinned)
        session.reschedule()
        outcomes = []
        for tip in (one, other):
            _refresh(tip)
            verb = "goes live" if tip.state == TipState.APPROVED else "is planned for"
            outcome = f"{verb} {short(tip.moment)}"
            log(by, tip, TipAction.SWAPPED, f"Swapped. The tip {outcome}.")
            outcomes.append(f"“{tip}” {outcome}")
        change = f"swapped “{one}” and “{other}”"
        followed = session.record(change, besides=[one, other], before=snapshot(session))
        return f"{' and '.join(outcomes)}.{followed}"


def _in_queue(queue: list[Tip], tip: Tip) -> Tip:
    """Return a tip as it stands in the queue now."""
    held = next((held for held in queue if held.pk == tip.pk), None)
    if held is None:
        raise Overtaken(f"“{tip}” does not wait for a slot any more. Look at the queue again.")
    return held


def _refresh(tip: Tip) -> None:
    """Set what the queue decides on a caller's tip to what its row says."""
    locked = Tip.objects.select_for_update(of=("self",))
    try:
        tip.refresh_from_db(fields=["state", "publish_at", "pinned", "undated"], from_queryset=locked)
    except Tip.DoesNotExist:
        raise Overtaken(f"“{tip}” was deleted meanwhile. Look at the queue again.") from None
