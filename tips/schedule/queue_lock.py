"""The queue's lock and its rewriting: ``queue``, ``slot_changes`` and the verbs over a tip stand on it.

What the queue is, and who goes where, stands in ``forecast``. A rewrite (``QueueSession.reschedule``) closes
every gap.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from desk import once
from desk.errors import Overtaken, WrongState
from desk.log import log_each
from desk.names import person
from tips import dates
from tips.models import QueueVersion, Tip, TipAction, TipState
from tips.permissions import APPROVE, CHANGE_ANY, permit
from tips.schedule.forecast import MARGIN, Forecast, holders
from tips.schedule.slots import Slot, Timetable

# The queue's version that somebody's page showed; None where nobody looked.
Seen = int | None
# How a change found what it moved, as ``undo.snapshot`` writes it for the database.
Before = dict[str, object]


def lock() -> QueueVersion:
    """Make every other change of the queue wait until this transaction ends; return the queue's version.

    Whoever locks tips as well locks this first, or two people could wait for each other for ever.
    """
    once.end()
    return QueueVersion.objects.select_for_update().get_or_create(pk=1)[0]


@contextmanager
def queue_session(by: User, seen: Seen = None) -> "Iterator[QueueSession]":
    """Give a QueueSession for the length of one transaction, in which nobody else changes the queue.

    ``by`` is who changes it. Raises Overtaken if the queue's version is not the one that was ``seen``
    (None: no matter which).
    """
    with transaction.atomic():
        version = lock()
        if seen is not None and seen != version.version:
            who = person(version.by) if version.by else "Somebody"
            when = f" ({dates.short(version.at)})" if version.at else ""
            change = f"{who} {version.change or 'changed the queue'}{when}"
            raise Overtaken(f"Not done: {change} since you looked. Look at the queue again.")
        yield QueueSession(version, by)


def planning_session(by: User, seen: Seen) -> AbstractContextManager["QueueSession"]:
    """Give a ``queue_session`` to somebody who may plan tips, or raise NotPermitted."""
    permit(by, APPROVE, "change the queue")
    return queue_session(by, seen)


class Place(NamedTuple):
    """Where a tip stands in the queue, or that it does not."""

    publish_at: datetime | None = None
    pinned: bool = False
    undated: bool = False


class QueueSession:
    """The queue while one person changes it: ``now``, and the ``table`` of slots."""

    def __init__(self, version: QueueVersion, by: User) -> None:
        self.version, self.by = version, by
        # Whoever corrects a tip holds its row. After all of them are ours: waiting may have taken a while, in
        # which slots pass and tips become public.
        held = holders(timezone.now()).select_for_update(of=("self",)).order_by("id")
        # {primary key: where it stood}, of all that held a moment when the session began.
        self.before = {pk: Place(*place) for pk, *place in held.values_list("id", *Place._fields)}
        # How the week that is changed differed from its rule, as the database keeps it (``undo``).
        self.week_before: Before = {}
        self.now = timezone.now()
        self.settled_until = self.now + MARGIN
        # {tip: its moments (before, after)}
        self._moves: dict[Tip, tuple[datetime, datetime]] = {}

    @cached_property
    def table(self) -> Timetable:
        return Timetable.load()

    @property
    def moves(self) -> dict[Tip, tuple[datetime, datetime]]:
        """The tips that got another moment, with (before, after), as far as they did not get theirs back."""
        return {tip: moments for tip, moments in self._moves.items() if moments[0] != moments[1]}

    def holding(self) -> list[Tip]:
        """Return the tips that hold a moment to come, locked, in order, without their texts."""
        fields = ("id", "title", "state", "publish_at", "pinned", "undated")
        tips = holders(self.now).only(*fields).select_for_update(of=("self",)).order_by("id")
        return sorted(tips, key=lambda tip: (tip.moment, tip.pk))

    def forecast(self) -> Forecast:
        """Return the forecast of the queue as it stands in this transaction: nobody else can change it."""
        return Forecast(self.now, self.holding(), self.table)

    def coming_slot(self, day: date) -> Slot:
        """Return the slot of a day, skipped or not, or raise WrongState where none can still be changed."""
        slot = self.table.slot(day)
        if slot is None:
            raise WrongState(f"{dates.short_day(day)} has no slot. Choose a day from the calendar.")
        self.refuse_settled(slot.at, f"The slot of {slot}")
        return slot

    def refuse_settled(self, when: datetime, subject: str) -> None:
        """Raise WrongState if a moment has passed or is within MARGIN; ``subject`` begins the sentence."""
        if when <= self.settled_until:
            why = "has passed" if when <= self.now else "is too near"
            raise WrongState(f"{subject} {why}. Choose a later one.")

    def reschedule(self, order: Sequence[Tip] | None = None) -> None:
        """Write the moments of all floating tips anew, in this order (the present one, unless given).

        What is public, pinned or not approved is never touched.
        """
        forecast = self.forecast()
        moves = forecast.moves(forecast.floating() if order is None else order)
        self.write({tip: after for tip, (_, after) in moves.items()})

    def write(self, moments: Mapping[Tip, datetime], *, pinned: bool = False) -> None:
        """Give tips other moments, in one statement; with ``pinned``, pin them there."""
        if moments:
            cases = [When(pk=tip.pk, then=Value(at, models.DateTimeField())) for tip, at in moments.items()]
            pin = {"pinned": True} if pinned else {}
            Tip.objects.filter(pk__in=[tip.pk for tip in moments]).update(publish_at=Case(*cases), **pin)
        for tip, at in moments.items():
            # One that had no moment did not move: whoever gave it one says so.
            if tip.publish_at:
                before, _ = self._moves.get(tip, (tip.publish_at, at))
                self._moves[tip] = before, at
            tip.publish_at = at

    def repin(self, moments: Mapping[Tip, datetime]) -> None:
        """Give pinned tips other moments; they may trade places among each other."""
        self.lift(moments)
        self.write(moments, pinned=True)

    def lift(self, tips: Iterable[Tip]) -> None:
        """Take tips from their pins, so that they can be put elsewhere; those not approved lose their day.

        No two pinned tips may share a moment, not even between two rows of one statement.
        """
        kept = When(state=TipState.APPROVED, then=F("publish_at"))
        Tip.objects.filter(pk__in=[tip.pk for tip in tips]).update(
            pinned=False, publish_at=Case(kept, default=None, output_field=models.DateTimeField())
        )

    def refuse_disorder(self, day: date) -> None:
        """Raise WrongState where slots around a day are out of order: two rules or a move may make that."""
        for slot, following in pairwise(self.table.between(day - 2 * dates.WEEK, day + 2 * dates.WEEK)):
            if slot.at >= following.at:
                raise WrongState(f"Two slots would meet at {following}. Choose another day or time.")

    def record(self, change: str, besides: Collection[Tip] = (), *, before: Before | None = None) -> str:
        """Record a change of the queue, and what was moved by it. ``change`` completes “somebody …”.

        ``besides`` are the tips whose history has a sentence of its own about it. ``before`` is how the
        change found what it moved, of a change that can be taken back. Returns what followed, in a
        sentence that begins with a space, or an empty one. Authors read the history of their tips: it names
        no other tip, and neither does what is returned to somebody who may not read them all.
        """
        moves = {tip: moments for tip, moments in self.moves.items() if tip not in besides}
        why = f"since the queue changed ({person(self.by)})"
        sentences = [(tip, f"Goes live {_from_to(*moments)}, {why}.") for tip, moments in moves.items()]
        log_each(self.by, TipAction.RESCHEDULED, sentences)
        self.version.note(change, self.by, before)
        if not moves or not self.by.has_perm(CHANGE_ANY):
            return ""
        first, rest = min(moves, key=lambda tip: moves[tip][1]), len(moves) - 1
        more = f", and {rest} more {'tip moves' if rest == 1 else 'tips move'} with it" if rest else ""
        return f" “{first}” goes live {_from_to(*moves[first])}{more}."


def _from_to(before: datetime, after: datetime) -> str:
    return f"{dates.short(after)} instead of {dates.short(before)}"
