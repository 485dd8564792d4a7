"""Which tip goes to which slot: said before a verb, and written by it.

In the queue is every approved tip with a day that is still to come. Those that are not pinned float: they
take the coming free slots in the order of their moments, so that order is stored nowhere else. A pinned tip
keeps its moment; so does one that is not approved yet and was planned for a slot, which is pinned always and
leaves its slot at risk.

A ``Forecast`` alone decides who goes where. A page says what a forecast says; a verb loads its own with the
queue locked (``QueueSession.forecast``), and writes what that says.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import NamedTuple

from django.utils import timezone

from desk.errors import WrongState
from desk.once import once_a_page
from tips import dates
from tips.models import PLANS, Tip, TipQuerySet, TipState
from tips.schedule.slots import Slot, Timetable

# A tip whose moment is this near is as good as public: it, and its slot, stay as they are. A change of the
# queue, from reading the clock to its commit, takes less.
MARGIN = timedelta(minutes=2)
# {tip: its moments (before, after)}
Moves = Mapping[Tip, tuple[datetime, datetime]]
_FIELDS = ("id", "title", "state", "publish_at", "pinned", "undated", "for_mail")


def holders(now: datetime) -> TipQuerySet:
    """Return the tips that hold a moment to come: the queue, and what is pinned, approved or not.

    Tips that go live within MARGIN of ``now`` are left out: nothing of theirs can still be changed.
    """
    # By the states, since an index has them before the moment; what is not approved is pinned.
    tips = Tip.objects.filter(state__in=[TipState.APPROVED, *PLANS], publish_at__gt=now + MARGIN)
    return tips.order_by("publish_at", "id")


def floats(tip: Tip) -> bool:
    """Tell whether a tip that is still to come goes where the queue puts it."""
    return tip.state == TipState.APPROVED and not tip.pinned


class Approval(NamedTuple):
    """What an approval gives a tip: its moment, the ``order`` of what floats then, and what moves for it."""

    at: datetime
    order: Sequence[Tip]
    moves: Moves


class Forecast:
    """The queue at ``now``: the tips ``holding`` a moment to come, in order, and the ``table`` of slots.

    A verb that is done later finds the queue as it is then; with the queue locked, a forecast is certain.
    """

    def __init__(self, now: datetime, holding: Sequence[Tip], table: Timetable) -> None:
        self.now, self.holding, self.table = now, holding, table
        self.settled_until = now + MARGIN

    @classmethod
    def load(cls, now: datetime | None = None) -> "Forecast":
        """Read the queue without a lock, in two queries, whatever is asked of it then.

        Without ``now``, it is the queue at present, and read once a page.
        """
        if now is None:
            return _at_present()
        return cls(now, list(holders(now).only(*_FIELDS)), Timetable.load())

    # --- What a verb does ---------------------------------------------------------------------------------

    def approved(self, tip: Tip) -> Approval:
        """Return what the approval of a dated tip does: without a day, it goes to the end of the queue.

        Planned for a moment that has passed, it goes to the front; for one to come, it is there already.
        Raises WrongState where the approval would be refused for want of a slot.
        """
        planned, floating = tip.publish_at, self.floating(besides=tip)
        if planned and planned > self.now:
            return Approval(planned, floating, self.moves(floating))
        order = [tip, *floating] if planned else [*floating, tip]
        return Approval(self.places(order)[tip], order, self.moves(order))

    def without(self, tip: Tip) -> Moves:
        """Return what moves where a tip leaves its slot."""
        return self.moves(self.floating(besides=tip), leaving=tip)

    def pinned(self, tip: Tip, when: datetime) -> Moves:
        """Return what moves where a tip is pinned to a moment, and leaves the one that it has."""
        return self.moves(self.floating(besides=tip), leaving=tip, taken=[when])

    def skipped(self, when: datetime) -> Moves:
        """Return what moves where the slot at a moment is skipped."""
        return self.moves(self.floating(), taken=[when])

    def refuse_taken(self, tip: Tip, when: datetime) -> None:
        """Raise WrongState if another tip is pinned to a moment, or the slot there is skipped."""
        slot = self.table.at(when)
        if slot and slot.skipped:
            raise WrongState(f"{slot} is skipped ({slot.reason}). Choose another, or take that back first.")
        # What floats makes room, unless its moment is too near for that.
        is_settled = self.now < when <= self.settled_until
        there = holders(self.now - MARGIN).filter(publish_at=when) if is_settled else self.holding
        others = (held for held in there if held.publish_at == when and held != tip)
        if other := next((held for held in others if is_settled or not floats(held)), None):
            at = dates.short(when)
            raise WrongState(f"{at} is held by “{other}”. Choose another slot, or swap the two.")

    def after(self, when: datetime) -> Tip | None:
        """Return the first tip that holds a moment behind this one."""
        return next((held for held in self.holding if held.moment > when), None)

    def beside(self, tip: Tip, *, later: bool) -> Slot | None:
        """Return the slot to which a step brings a tip: past skipped ones, and what others are pinned to."""
        here = next((held.moment for held in self.holding if held == tip), None)
        if here is None:
            return None
        fixed = {held.moment for held in self.holding if not floats(held) and held != tip}
        free = self.open_slots(fixed)
        if later:
            return next((slot for slot in free if slot.at > here), None)
        return [None, *takewhile(lambda slot: slot.at < here, free)][-1]

    # --- Who goes where -----------------------------------------------------------------------------------

    def floating(self, besides: Tip | None = None) -> list[Tip]:
        """Return the tips that go where the queue puts them, in order."""
        return [held for held in self.holding if floats(held) and held != besides]

    def open_slots(self, taken: Collection[datetime]) -> Iterator[Slot]:
        """Yield the coming slots that are neither skipped nor ``taken``, in order, from MARGIN on."""
        coming = self.table.after(self.settled_until)
        return (slot for slot in coming if not slot.skipped and slot.at not in taken)

    def places(
        self, order: Sequence[Tip], *, leaving: Tip | None = None, taken: Collection[datetime] = ()
    ) -> dict[Tip, datetime]:
        """Return {tip: moment} for what floats, in this order: the coming free slots, one each.

        ``leaving`` gives up the moment that it holds; the moments that are ``taken`` are not free either.
        Raises WrongState where slots run out.
        """
        pinned = {held.moment for held in self.holding if not floats(held) and held != leaving}
        slots = self.open_slots({*pinned, *taken})
        places = dict(zip(order, (slot.at for slot in slots), strict=False))
        if len(places) < len(order):
            raise WrongState("There is no weekly slot. Make a slot rule first.")
        return places

    def moves(
        self, order: Sequence[Tip], *, leaving: Tip | None = None, taken: Collection[datetime] = ()
    ) -> Moves:
        """Return what moves by ``places``. What holds no moment to come gets one, and does not move."""
        held = {tip: tip.moment for tip in self.holding}
        places = self.places(order, leaving=leaving, taken=taken)
        return {tip: (held[tip], at) for tip, at in places.items() if tip in held and held[tip] != at}


@once_a_page
def _at_present() -> Forecast:
    return Forecast.load(timezone.now())
