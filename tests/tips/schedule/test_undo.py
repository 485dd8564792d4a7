"""The last change of the queue is taken back as a whole, or refused."""

from datetime import timedelta

import pytest

from desk.errors import Overtaken, WrongState
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tests.tips.schedule.queued import lineup, of, sentences
from tests.tips.weeks import NOON, at, week
from tips.models import SlotException, TipState
from tips.publishing import workflow
from tips.schedule import queue, slot_changes, undo


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    "change",
    [
        lambda ed: queue.to_front(of("C"), by=ed, seen=None),
        lambda ed: queue.pin(of("A"), week(9), by=ed, seen=None),
        lambda ed: queue.swap(of("A"), of("C"), by=ed, seen=None),
        lambda ed: queue.swap(of("A"), of("Plan"), by=ed, seen=None),
        lambda ed: queue.unpin(of("Plan"), by=ed, seen=None),
        lambda ed: slot_changes.skip(week(2), "Holidays", by=ed, seen=None),
        lambda ed: slot_changes.move_slot(week(1), at(1) + timedelta(days=1), "A fair", by=ed, seen=None),
        lambda ed: slot_changes.unskip(week(6), by=ed, seen=None),
    ],
)
def test_each_change_is_taken_back_as_a_whole(ed, change):
    queue.pin(make_tip("Plan", state=TipState.DRAFT, publish_at=None), week(5), by=ed, seen=None)
    slot_changes.skip(week(6), "Between the years", by=ed, seen=None)
    before = lineup(), [(tip.title, tip.pinned) for tip in queue.waiting()]
    skipped = list(SlotException.objects.values("day", "kind", "moved_to", "reason", "by"))
    change(ed)
    assert (lineup(), list(SlotException.objects.values("day", "kind"))) != (before[0], skipped)
    said = undo.undo(by=ed, seen=queue.version())
    assert said.startswith("Taken back: ")
    assert (lineup(), [(tip.title, tip.pinned) for tip in queue.waiting()]) == before
    assert list(SlotException.objects.values("day", "kind", "moved_to", "reason", "by")) == skipped


@pytest.mark.usefixtures("three")
def test_it_stands_in_the_history_and_is_not_taken_back_in_turn(ed):
    queue.to_front(of("C"), by=ed, seen=None)
    undo.undo(by=ed, seen=queue.version())
    assert sentences(of("C"))[0].startswith("A change was taken back: goes live ")
    with pytest.raises(WrongState, match="cannot be taken back"):
        undo.undo(by=ed, seen=queue.version())


@pytest.mark.usefixtures("three")
def test_what_a_colleague_changed_is_theirs_to_take_back(ed):
    queue.to_front(of("C"), by=make_person("pat", "Publisher", first_name="Pat"), seen=None)
    moved = lineup()
    with pytest.raises(WrongState, match="the last change is that of Pat"):
        undo.undo(by=ed, seen=queue.version())
    assert lineup() == moved


@pytest.mark.usefixtures("three")
def test_what_was_approved_or_passed_since_is_not_touched(ed, time_machine):
    queue.to_front(of("C"), by=ed, seen=None)
    seen = queue.version()
    tip = make_tip("D", state=TipState.IN_REVIEW, publish_at=None)
    workflow.approve(tip, by=ed)
    with pytest.raises(Overtaken, match="approved “D”"):
        undo.undo(by=ed, seen=seen)
    queue.to_front(of("B"), by=ed, seen=None)
    time_machine.move_to(NOON + timedelta(days=8), tick=False)
    with pytest.raises(WrongState, match="has passed or is too near"):
        undo.undo(by=ed, seen=queue.version())
