"""What a verb would do to the queue, reckoned without a lock, to be said before the verb is done."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from django.utils import timezone

from desk.errors import WrongState
from tips import dates
from tips.models import Tip
from tips.schedule.queue_lock import MARGIN, assign, floats, holders, open_slots
from tips.schedule.slots import Timetable

# {tip: its moments (before, after)}
Moves = Mapping[Tip, tuple[datetime, datetime]]


class Forecast:
    """The queue as it stands at ``now``, in three queries, whatever is asked of it.

    A verb that is done later finds the queue as it is then; in the verb's own transaction, with the queue
    locked, a forecast is certain.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or timezone.now()
        self.settled_until = self.now + MARGIN

    @cached_property
    def table(self) -> Timetable:
        return Timetable.load()

    @cached_property
    def holding(self) -> list[Tip]:
        """The tips that hold a moment to come, in order, without their texts."""
        fields = ("id", "title", "state", "publish_at", "pinned", "undated")
        return list(holders(self.now).only(*fields))

    def approved(self, tip: Tip) -> tuple[datetime, Moves]:
        """Return the moment that a dated tip gets on its approval, and what moves for it.

        Raises WrongState where the approval would be refused for want of a slot.
        """
        planned = tip.publish_at
        if planned and planned > self.now:
            if tip.pinned:
                return planned, {}
            self.refuse_taken(tip, planned)
            return planned, self.pinned(tip, planned)
        floating = self._floating_besides(tip)
        order = [tip, *floating] if planned else [*floating, tip]
        return self._places(order, tip)[tip], self._moves(order, tip)

    def without(self, tip: Tip) -> Moves:
        """Return what moves where a tip leaves its slot."""
        return self._moves(self._floating_besides(tip), tip)

    def pinned(self, tip: Tip, when: datetime) -> Moves:
        """Return what moves where a tip is pinned to a moment, and leaves the one that it has."""
        return self._moves(self._floating_besides(tip), tip, when)

    def skipped(self, when: datetime) -> Moves:
        """Return what moves where the slot at a moment is skipped."""
        return self._moves([tip for tip in self.holding if floats(tip)], None, when)

    def refuse_taken(self, tip: Tip, when: datetime) -> None:
        """Raise WrongState where another tip is pinned to a moment, or the slot there is skipped."""
        slot = self.table.at(when)
        if slot and slot.skipped:
            raise WrongState(f"{dates.short(when)} is skipped ({slot.reason}). Choose another day.")
        others = (held for held in self.holding if held != tip and held.publish_at == when)
        if other := next((held for held in others if not floats(held)), None):
            raise WrongState(f"{dates.short(when)} is held by “{other}”. Choose another day.")

    def after(self, when: datetime) -> Tip | None:
        """Return the first tip that holds a moment behind this one."""
        return next((held for held in self.holding if held.moment > when), None)

    def _floating_besides(self, tip: Tip) -> list[Tip]:
        return [held for held in self.holding if floats(held) and held != tip]

    def _places(
        self, order: Sequence[Tip], leaving: Tip | None, taken: Collection[datetime] = ()
    ) -> dict[Tip, datetime]:
        pinned = {held.moment for held in self.holding if not floats(held) and held != leaving}
        return assign(order, open_slots(self.table, self.settled_until, {*pinned, *taken}))

    def _moves(self, order: Sequence[Tip], tip: Tip | None, *taken: datetime) -> Moves:
        places = self._places(order, tip, taken)
        return {
            held: (held.moment, at) for held, at in places.items() if held != tip and held.publish_at != at
        }
