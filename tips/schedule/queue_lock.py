"""The queue's lock and its rewriting: what the verbs of ``publishing`` and ``queue`` stand on.

In the queue is every approved tip with a day that is still to come. Those that are not pinned float: they
take the coming free slots in the order of their moments, so that order is stored nowhere else, and a rewrite
(``QueueSession.reschedule``) closes every gap. A pinned tip keeps its moment; so does one that is not
approved yet and was planned for a slot, which is pinned always and leaves its slot at risk.
"""

from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Case, Q, Value, When
from django.utils import timezone
from django.utils.formats import date_format

from desk.errors import Overtaken, WrongState
from desk.log import log_each
from tips import dates
from tips.models import QueueVersion, Tip, TipAction, TipState
from tips.permissions import CHANGE_ANY
from tips.schedule import slots

_ROW = 1
# A tip whose moment is this near is as good as public: it, and its slot, stay as they are. A change of the
# queue, from reading the clock to its commit, takes less.
MARGIN = timedelta(minutes=2)


class Move(NamedTuple):
    """A tip that was given another moment: from ``was`` to ``at``."""

    tip: Tip
    was: object
    at: object


def holders(now):
    """Return the tips that hold a moment to come: the queue, and what is pinned, approved or not.

    Those that go live within MARGIN of ``now`` hold nothing that could still be changed, and are left out.
    """
    return (
        Tip.objects.filter(Q(state=TipState.APPROVED) | Q(pinned=True), publish_at__gt=now + MARGIN)
        .exclude(state=TipState.WITHDRAWN)
        .order_by("publish_at", "id")
    )


def floats(tip):
    """Tell whether a tip that is still to come goes where the queue puts it."""
    return tip.state == TipState.APPROVED and not tip.pinned


def lock():
    """Make every other change of the queue wait until this transaction ends; return the queue's row.

    Whoever locks tips as well locks this first, or two people could wait for each other for ever.
    """
    return QueueVersion.objects.select_for_update().get_or_create(pk=_ROW)[0]


@contextmanager
def queue_session(by, seen=None):
    """Give a QueueSession for the length of one transaction, in which nobody else changes the queue.

    ``by`` is who works at it. Raises Overtaken if the queue's version is not the one that was ``seen``
    (None: no matter which).
    """
    with transaction.atomic():
        row = lock()
        if seen is not None and int(seen) != row.version:
            raise Overtaken(_what_happened(row))
        yield QueueSession(row, by)


def _what_happened(row):
    who = _name(row.by) if row.by else "Somebody"
    when = f" ({date_format(timezone.localtime(row.at), 'D H:i')})" if row.at else ""
    change = row.change or "changed the queue"
    return f"Not done, since the queue is no longer what you saw: {who} {change}{when}. Look at it again."


def refuse_in_form(tip, when):
    """Raise ValidationError where a form asks for a moment at which a tip cannot be pinned.

    From here to the end of the form's transaction nobody else changes the queue.
    """
    try:
        QueueSession(lock(), None).refuse_taken(tip, when)
    except WrongState as refusal:
        raise ValidationError(str(refusal)) from refusal


class QueueSession:
    """The queue while one person works at it: ``now``, the ``table`` of slots, and what was ``moved``."""

    def __init__(self, row, by):
        self.row, self.by = row, by
        # Whoever corrects a tip holds its row. After all of them are ours: waiting may have taken a while, in
        # which slots pass and tips become public.
        list(holders(timezone.now()).select_for_update(of=("self",)).order_by("id").values_list("id"))
        self.now = timezone.now()
        self.settled_until = self.now + MARGIN
        self.moved = []

    @cached_property
    def table(self):
        return slots.Timetable.load()

    def holding(self):
        """Return the tips that hold a moment to come, locked, in order, without their texts."""
        fields = ("id", "title", "state", "publish_at", "pinned", "undated")
        found = holders(self.now).only(*fields).select_for_update(of=("self",)).order_by("id")
        return sorted(found, key=lambda tip: (tip.publish_at, tip.id))

    def floating(self):
        """Return the tips that go where the queue puts them, in order."""
        return [tip for tip in self.holding() if floats(tip)]

    def open_slots(self, taken):
        """Yield the coming slots that are neither skipped nor ``taken`` (a set of moments), in order.

        One that comes within MARGIN stays as it is.
        """
        coming = self.table.after(self.settled_until)
        return (slot for slot in coming if not slot.skipped and slot.at not in taken)

    def places(self, order):
        """Return {id: moment} for floating tips in this order: the coming free slots, one each.

        Raises WrongState where there are no slots.
        """
        ids = {tip.pk for tip in order}
        taken = {tip.publish_at for tip in self.holding() if not floats(tip) and tip.pk not in ids}
        places = dict(zip([tip.pk for tip in order], (s.at for s in self.open_slots(taken)), strict=False))
        if len(places) < len(order):
            raise WrongState("There is no weekly slot. Make a slot rule first.")
        return places

    def reschedule(self, order=None):
        """Write the moments of all floating tips anew, in this order (the present one, unless given).

        What is public, pinned or not approved is never touched. Returns the Moves.
        """
        order = self.floating() if order is None else order
        places = self.places(order)
        moves = [
            Move(tip, tip.publish_at, places[tip.pk]) for tip in order if tip.publish_at != places[tip.pk]
        ]
        self.write({tip.pk: at for tip, _, at in moves})
        for tip, _, at in moves:
            tip.publish_at = at
        self.moved += moves
        return moves

    def write(self, moments):
        """Write {id: moment}, in one statement."""
        if moments:
            output = models.DateTimeField()
            cases = [When(pk=pk, then=Value(at, output)) for pk, at in moments.items()]
            Tip.objects.filter(pk__in=moments).update(publish_at=Case(*cases, output_field=output))

    def repin(self, moments):
        """Write {id: moment} of pinned tips, which may trade places among each other."""
        # No two pinned tips may share a moment, not even between two rows of one statement.
        Tip.objects.filter(pk__in=moments).update(pinned=False)
        self.write(moments)
        Tip.objects.filter(pk__in=moments).update(pinned=True)

    def refuse_taken(self, tip, when):
        """Raise WrongState if another tip is pinned to a moment, or the slot there is skipped."""
        slot = self.table.at(when)
        if slot and slot.skipped:
            raise WrongState(
                f"{dates.in_words(when)} is skipped ({slot.reason})."
                " Choose another slot, or take the skip back first."
            )
        # What floats makes room, unless its moment is too near for that.
        there = holders(self.now - MARGIN).filter(publish_at=when).exclude(pk=tip.pk)
        other = next((each for each in there if when <= self.settled_until or not floats(each)), None)
        if other:
            raise WrongState(
                f"{dates.in_words(when)} is held by “{other}”. Choose another slot, or swap the two."
            )

    def refuse_disorder(self, day):
        """Raise WrongState where slots around a day are out of order: two rules or a move may make that."""
        near = self.table.between(day - 2 * dates.WEEK, day + 2 * dates.WEEK)
        for one, following in pairwise(near):
            if one.at >= following.at:
                raise WrongState(f"Two slots would meet at {following}. Choose another day or time.")

    def record(self, change, besides=()):
        """Record a change of the queue, and what was moved by it. ``change`` completes “somebody …”.

        ``besides`` are the tips whose history has a sentence of its own about it. Returns what followed, in a
        sentence that begins with a space, or an empty one. Authors read the history of their tips: it names
        no other tip, and neither does what is returned to somebody who may not read them all.
        """
        told = {tip.pk for tip in besides}
        others = [move for move in _once_each(self.moved) if move.tip.pk not in told]
        sentences = (
            (
                move.tip,
                f"Goes live {dates.in_words(move.at)} instead of {dates.in_words(move.was)},"
                f" since the queue changed ({_name(self.by)}).",
            )
            for move in others
        )
        log_each(self.by, TipAction.RESCHEDULED, sentences)
        row = self.row
        row.version, row.change, row.by, row.at = row.version + 1, change[:500], self.by, self.now
        row.save()
        return _followed(others) if self.by.has_perm(CHANGE_ANY) else ""


def _name(user):
    return user.get_full_name() or user.get_username()


def _once_each(moves):
    """Return the moves with those of one tip made one."""
    first, last = {}, {}
    for move in moves:
        first.setdefault(move.tip.pk, move)
        last[move.tip.pk] = move
    ends = (Move(move.tip, first[pk].was, move.at) for pk, move in last.items())
    return [move for move in ends if move.was != move.at]


def _followed(moves):
    if not moves:
        return ""
    move = min(moves, key=lambda each: each.at)
    rest = len(moves) - 1
    more = f", and {rest} more {'tip moves' if rest == 1 else 'tips move'} with it" if rest else ""
    return f" “{move.tip}” goes live {dates.in_words(move.at)} instead of {dates.in_words(move.was)}{more}."
