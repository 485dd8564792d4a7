"""A forecast of the queue says what the verb then does."""

import pytest

from desk.errors import WrongState
from tests.tips.making import make_tip
from tests.tips.schedule.queued import lineup, of
from tests.tips.weeks import at, week
from tips.models import TipState
from tips.publishing import workflow
from tips.schedule import queue, slot_changes
from tips.schedule.forecast import Forecast


def by_title(moves):
    return {tip.title: moments[1] for tip, moments in moves.items()}


def after(verb):
    """Do a verb; return {title: moment} of the tips that it moved."""
    before = {tip.title: tip.publish_at for tip in queue.waiting()}
    verb()
    now = {tip.title: tip.publish_at for tip in queue.waiting()}
    return {title: moment for title, moment in now.items() if before.get(title, moment) != moment}


def test_an_approval_gets_the_moment_that_was_foreseen(three, ed):
    late = make_tip("Late", state=TipState.IN_REVIEW, publish_at=at(0), pinned=True)
    for tip in [make_tip("New", state=TipState.IN_REVIEW, publish_at=None), late]:
        moment, _, moves = Forecast.load().approved(tip)
        moved = after(lambda tip=tip: workflow.approve(tip, by=ed))
        assert (moment, by_title(moves)) == (tip.publish_at, moved)
    assert lineup() == {"Late": 1, "A": 2, "B": 3, "C": 4, "New": 5}


@pytest.mark.parametrize("pinned", [None, "B", "C"])
def test_what_moves_up_where_a_tip_leaves_its_week_was_foreseen(three, ed, pinned):
    if pinned:
        queue.pin(of(pinned), week(6), by=ed, seen=None)
    foreseen = by_title(Forecast.load().without(of("A")))
    assert foreseen == after(lambda: workflow.withdraw(of("A"), "Untrue.", by=ed))


def test_what_gives_way_to_a_pin_was_foreseen(three, ed):
    tip = make_tip("Pin", state=TipState.APPROVED, publish_at=at(9), pinned=True)
    foreseen = by_title(Forecast.load().pinned(tip, at(2)))
    assert foreseen == {"B": at(3), "C": at(4)}
    assert foreseen | {"Pin": at(2)} == after(lambda: workflow.schedule(tip, at(2), by=ed))
    with pytest.raises(WrongState, match="is held by “Pin”"):
        Forecast.load().refuse_taken(of("A"), at(2))


def test_what_moves_for_a_skipped_week_was_foreseen(three, ed):
    foreseen = by_title(Forecast.load().skipped(at(1)))
    assert foreseen == after(lambda: slot_changes.skip(week(1), "Holiday.", by=ed, seen=None))


def test_it_costs_two_queries(three, django_assert_num_queries):
    new = make_tip("New", state=TipState.IN_REVIEW, publish_at=None)
    with django_assert_num_queries(2):
        forecast = Forecast.load()
        forecast.approved(new)
        forecast.without(three[0])
        forecast.pinned(three[0], at(7))
