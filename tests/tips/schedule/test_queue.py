"""The order of the queue. Simultaneous moves are in test_queue_at_once."""

from datetime import date, time, timedelta

import pytest
from django.db import connection

from desk.errors import NotPermitted, Overtaken, WrongState
from tests.tips.making import ago, make_tip
from tests.tips.people import make_person
from tests.tips.schedule.queued import lineup, of, sentences
from tests.tips.weeks import TODAY, at, tuesdays, week
from tips.models import QueueVersion, Tip, TipState
from tips.publishing import workflow
from tips.schedule import queue, slot_changes, slot_states

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


def test_approved_tips_take_the_coming_slots_in_order(three):
    assert lineup() == {"A": 1, "B": 2, "C": 3}


@pytest.mark.parametrize(
    ("place", "order"),
    [
        ({"position": 0}, "CAB"),
        ({"position": 1}, "ACB"),
        ({"position": 2}, "ABC"),
        ({"position": 99}, "ABC"),
        ({"before": "A"}, "CAB"),
        ({"before": "B"}, "ACB"),
        ({"after": "A"}, "ACB"),
    ],
)
def test_a_tip_moves_to_another_place(three, ed, place, order):
    place = {name: of(value) if isinstance(value, str) else value for name, value in place.items()}
    queue.move(three[2], by=ed, seen=queue.version(), **place)
    assert "".join(lineup()) == order
    assert list(lineup().values()) == [1, 2, 3]


def test_a_move_says_what_followed_and_everyone_who_moved_has_a_line(three, ed):
    said = queue.to_front(three[2], by=ed, seen=queue.version())
    assert said.startswith("“C” goes live Tue 10 Mar, 07:00. “A” goes live Tue 17 Mar")
    assert "and 1 more tip moves with it" in said
    assert sentences(of("C"))[0].startswith("Moved to the front: goes live Tue 10 Mar")
    assert sentences(of("B"))[0].endswith("since the queue changed (Ed Moss).")


def test_no_history_names_another_tip_but_the_queues_own_record_does(three, ed):
    titles = [f"Secret {name}" for name in "ABC"]
    for tip, title in zip(three, titles, strict=True):
        Tip.objects.filter(pk=tip.pk).update(title=title)
    a, b, c = map(of, titles)
    queue.move(c, before=a, by=ed, seen=queue.version())
    assert QueueVersion.objects.get().change == "moved “Secret C” before “Secret A” in the queue"
    queue.swap(of("Secret A"), of("Secret B"), by=ed, seen=queue.version())
    queue.pin(of("Secret B"), at(3).date(), by=ed, seen=queue.version())
    queue.unpin(of("Secret B"), by=ed, seen=queue.version())
    workflow.withdraw(of("Secret C"), "Out of date.", by=ed)
    workflow.send_back(of("Secret A"), "Too long.", by=ed)
    for tip in (a, b, c):
        assert sentences(tip)
        assert not [said for said in sentences(tip) if "Secret" in said]


def test_a_move_on_an_older_queue_is_refused_in_the_words_of_the_last_change(three, ed):
    seen = queue.version()
    queue.to_front(three[2], by=ed, seen=seen)
    before = lineup()
    with pytest.raises(Overtaken, match="Ed Moss moved “C” to the front") as refusal:
        queue.move(three[0], by=make_person("eve", "Editor"), seen=seen, position=0)
    assert "\n" not in str(refusal.value)
    assert lineup() == before


def test_an_approval_meanwhile_counts_as_a_change(three, ed):
    seen = queue.version()
    workflow.withdraw(three[0], "Out of date.", by=ed)
    with pytest.raises(Overtaken, match="Ed Moss withdrew “A”"):
        queue.to_front(of("C"), by=ed, seen=seen)


def test_what_went_live_meanwhile_has_left_the_queue(three, ed, time_machine):
    seen = queue.version()
    time_machine.move_to(at(1), tick=False)
    for verb in (queue.to_front, queue.unpin):
        with pytest.raises(Overtaken, match="“A” does not wait for a slot any more"):
            verb(three[0], by=ed, seen=seen)
    with pytest.raises(Overtaken, match="“A” does not wait"):
        queue.swap(three[0], three[1], by=ed, seen=seen)
    with pytest.raises(WrongState, match="“A” is public already"):
        queue.pin(three[0], week(5), by=ed, seen=seen)
    assert of("A").publish_at == at(1)


# --- Pins -------------------------------------------------------------------------------------------


def test_a_pinned_tip_stays_where_it_is_and_the_others_flow_around_it(three, ed):
    queue.pin(three[0], week(2), by=ed, seen=None)
    assert lineup() == {"B": 1, "A": 2, "C": 3}
    workflow.publish_now(of("B"), by=ed)
    assert lineup() == {"C": 1, "A": 2}


def test_a_tip_can_be_pinned_far_ahead_and_let_go_again(three, ed):
    queue.pin(three[0], week(9), by=ed, seen=None)
    assert lineup() == {"B": 1, "C": 2, "A": 9}
    queue.unpin(of("A"), by=ed, seen=None)
    assert lineup() == {"B": 1, "C": 2, "A": 3}


def test_a_pinned_slot_is_not_taken_from_its_tip(three, ed):
    queue.pin(three[0], week(4), by=ed, seen=None)
    with pytest.raises(WrongState, match="held by “A”"):
        queue.pin(three[1], week(4), by=ed, seen=None)
    with pytest.raises(WrongState, match=r"“A” is pinned to .*Unpin it first"):
        queue.to_front(of("A"), by=ed, seen=None)


@pytest.mark.parametrize("state", [TipState.DRAFT, TipState.IN_REVIEW])
def test_a_tip_that_is_not_approved_can_be_planned_and_puts_its_slot_at_risk(three, ed, state):
    tip = make_tip("D", state=state, publish_at=None)
    said = queue.pin(tip, week(1), by=ed, seen=None)
    assert "appears only if it is approved by then" in said
    assert lineup() == {"D": 1, "A": 2, "B": 3, "C": 4}
    assert slot_states.ahead(count=1)[0].state == slot_states.SlotState.AT_RISK
    queue.unpin(tip, by=ed, seen=None)
    assert of("D").publish_at is None
    assert lineup() == {"A": 1, "B": 2, "C": 3}


def test_what_cannot_be_planned_into_a_gap_is_refused_by_its_state(three, ed):
    undated = {"state": TipState.DRAFT, "publish_at": None, "undated": True}
    for tip, why in [
        (make_tip("Gone", state=TipState.WITHDRAWN), "“Gone” is withdrawn. Reinstate it first."),
        (make_tip("Seen"), "“Seen” is public already"),
        (three[0], "“A” is approved already"),
        (make_tip("Ageless", **undated), "“Ageless” is marked as undated. Take the mark away first"),
    ]:
        with pytest.raises(WrongState, match=why):
            queue.plan(tip, by=ed)
    assert of("Ageless").undated


def test_two_floating_tips_trade_places(three, ed):
    queue.swap(three[0], three[2], by=ed, seen=None)
    assert lineup() == {"C": 1, "B": 2, "A": 3}


def test_a_pin_stays_with_the_place_when_two_are_swapped(three, ed):
    queue.pin(three[2], week(9), by=ed, seen=None)
    queue.swap(of("A"), of("C"), by=ed, seen=None)
    assert lineup() == {"C": 1, "B": 2, "A": 9}
    assert [of(name).pinned for name in "ABC"] == [True, False, False]


def test_two_pinned_tips_trade_places(three, ed):
    queue.pin(three[0], week(5), by=ed, seen=None)
    queue.pin(three[1], week(6), by=ed, seen=None)
    queue.swap(of("A"), of("B"), by=ed, seen=None)
    assert lineup() == {"C": 1, "B": 5, "A": 6}


def test_a_draft_stays_pinned_wherever_it_is_swapped_to(three, ed):
    draft = make_tip("D", state=TipState.DRAFT, publish_at=None)
    queue.pin(draft, week(5), by=ed, seen=None)
    queue.swap(draft, of("A"), by=ed, seen=None)
    assert lineup() == {"D": 1, "B": 2, "C": 3, "A": 5}
    assert (of("D").pinned, of("A").pinned) == (True, True)


@pytest.mark.parametrize("day", [TODAY, TODAY + timedelta(days=1), date(2019, 1, 1)])
def test_nothing_is_pinned_where_no_slot_is_to_come(three, ed, day):
    with pytest.raises(WrongState, match=r"has (no slot|passed)\. Choose"):
        queue.pin(three[0], day, by=ed, seen=None)


# --- Who, and what else -----------------------------------------------------------------------------


def test_an_author_changes_nothing_of_the_queue(three):
    ann = make_person("ann", "Author")
    calls = [
        lambda: queue.move(three[0], by=ann, seen=None, position=1),
        lambda: queue.to_front(three[2], by=ann, seen=None),
        lambda: queue.pin(three[0], week(4), by=ann, seen=None),
        lambda: queue.unpin(three[0], by=ann, seen=None),
        lambda: queue.swap(three[0], three[1], by=ann, seen=None),
        lambda: slot_changes.skip(week(1), "Holidays", by=ann, seen=None),
        lambda: slot_changes.unskip(week(1), by=ann, seen=None),
        lambda: slot_changes.move_slot(week(1), at(1) + timedelta(hours=1), "Late", by=ann, seen=None),
        lambda: slot_changes.change_rule(week(1), 2, time(7), "UTC", by=ann, seen=None),
        lambda: slot_changes.drop_rule(week(1), by=ann, seen=None),
    ]
    for call in calls:
        with pytest.raises(NotPermitted, match="Ask an editor"):
            call()
    assert lineup() == {"A": 1, "B": 2, "C": 3}


def test_a_withdrawn_tip_gives_its_slot_to_the_next(three, ed):
    said = workflow.withdraw(three[0], "Out of date.", by=ed)
    assert "“B” goes live Tue 10 Mar, 07:00 instead of" in said
    assert lineup() == {"B": 1, "C": 2}


def test_several_are_withdrawn_one_after_the_other_as_they_were_seen_at_first(three, ed):
    for tip in three:
        workflow.withdraw(tip, "Out of date.", by=ed)
    assert lineup() == {}


def test_without_any_rule_an_approval_says_what_is_missing(ed):
    tuesdays().delete()
    tip = make_tip("A", state=TipState.IN_REVIEW, publish_at=None)
    with pytest.raises(WrongState, match="Make a slot rule first"):
        workflow.approve(tip, by=ed)
    assert of("A").state == TipState.IN_REVIEW


def test_a_tip_approved_late_goes_to_the_front_of_the_queue(three, ed):
    late = make_tip("Late", state=TipState.IN_REVIEW, publish_at=ago(hours=9), pinned=True)
    said = workflow.approve(late, by=ed)
    assert "goes to the front of the queue" in said
    assert lineup() == {"Late": 1, "A": 2, "B": 3, "C": 4}


# --- While a moment comes ---------------------------------------------------------------------------


def test_a_tip_whose_slot_arrives_while_a_move_waits_keeps_its_moment(three, ed, time_machine):
    time_machine.move_to(at(1) - timedelta(minutes=10), tick=False)

    def wait(execute, sql, *rest):
        if 'FROM "tips_tip"' in sql:
            # Somebody else held the tips' rows for a while.
            time_machine.move_to(at(1) + timedelta(seconds=1), tick=False)
        return execute(sql, *rest)

    with connection.execute_wrapper(wait):
        queue.to_front(three[2], by=ed, seen=None)
    assert {title: of(title).publish_at for title in "ABC"} == {"A": at(1), "B": at(3), "C": at(2)}


def test_a_tip_that_is_about_to_appear_keeps_its_moment_and_its_slot(three, ed, time_machine):
    time_machine.move_to(at(1) - timedelta(seconds=30), tick=False)
    queue.to_front(three[2], by=ed, seen=None)
    assert {title: of(title).publish_at for title in "ABC"} == {"A": at(1), "B": at(3), "C": at(2)}
    draft = make_tip("D", state=TipState.DRAFT, publish_at=None)
    with pytest.raises(WrongState, match="held by “A”"):
        workflow.schedule(draft, at(1), by=ed)
    with pytest.raises(WrongState, match="too near"):
        slot_changes.skip(week(1), "Holidays", by=ed, seen=None)
    with pytest.raises(WrongState, match="about to appear"):
        queue.pin(of("A"), week(4), by=ed, seen=None)
