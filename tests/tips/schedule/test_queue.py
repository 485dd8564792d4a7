"""The queue's order, its weeks and its rules. Simultaneous moves are in test_queue_at_once."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection

from desk.errors import NotPermitted, Overtaken, WrongState
from tests.tips.making import ago, make_tip
from tests.tips.people import make_person
from tests.tips.weeks import NOON, TODAY, at, tuesdays, week
from tips import dates
from tips.models import QueueVersion, SlotException, Tip, TipState
from tips.publishing import workflow
from tips.schedule import calendar, queue, slot_changes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOON, tick=False)
    tuesdays()


@pytest.fixture
def ed():
    return make_person("ed", "Editor", first_name="Ed", last_name="Moss")


@pytest.fixture
def three(ed):
    """Tips A, B and C, approved in this order."""
    tips = [make_tip(name, state=TipState.IN_REVIEW, publish_at=None) for name in "ABC"]
    for tip in tips:
        workflow.approve(tip, by=ed)
    return tips


def lineup():
    """Return {title: weeks from now} of all that hold a slot."""
    numbers = {at(number): number for number in range(-3, 60)}
    return {tip.title: numbers.get(tip.publish_at, tip.publish_at) for tip in queue.waiting()}


def of(title):
    return Tip.objects.get(title=title)


def sentences(tip):
    return list(
        LogEntry.objects.filter(object_id=tip.pk).order_by("-pk").values_list("change_message", flat=True)
    )


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
    assert said.startswith("“C” goes live Tuesday, 10 March 2026, 07:00 EDT. “A” goes live Tuesday, 17 March")
    assert "and 1 more tip moves with it" in said
    assert sentences(of("C"))[0].startswith("Moved to the front: goes live Tuesday, 10 March")
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
    assert calendar.ahead(count=1)[0].state == calendar.SlotState.AT_RISK
    queue.unpin(tip, by=ed, seen=None)
    assert of("D").publish_at is None
    assert lineup() == {"A": 1, "B": 2, "C": 3}


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


# --- Weeks ------------------------------------------------------------------------------------------


def test_a_skipped_week_moves_the_queue_on_and_back(three, ed):
    said = slot_changes.skip(week(2), "Summer  holidays", by=ed, seen=None)
    assert "“B” goes live Tuesday, 24 March 2026" in said
    assert lineup() == {"A": 1, "B": 3, "C": 4}
    row = calendar.ahead(count=2)[1]
    assert (row.state, row.sentence) == (calendar.SlotState.SKIPPED, "Skipped: Summer holidays")
    slot_changes.unskip(week(2), by=ed, seen=None)
    assert lineup() == {"A": 1, "B": 2, "C": 3}


def test_a_week_that_is_held_by_a_pin_is_not_skipped(three, ed):
    queue.pin(three[0], week(2), by=ed, seen=None)
    with pytest.raises(WrongState, match=r"held by “A”\. Pin it to another slot"):
        slot_changes.skip(week(2), "Holidays", by=ed, seen=None)
    slot_changes.skip(week(3), "Holidays", by=ed, seen=None)
    with pytest.raises(WrongState, match=r"is skipped \(Holidays\)\. Choose another"):
        queue.pin(of("A"), week(3), by=ed, seen=None)


@pytest.mark.parametrize(
    "verb", [slot_changes.skip, lambda day, reason, **who: slot_changes.move_slot(day, at(1), reason, **who)]
)
def test_a_week_is_changed_with_a_reason_only(ed, verb):
    with pytest.raises(WrongState, match="Say why"):
        verb(week(1), " ", by=ed, seen=None)
    assert not SlotException.objects.exists()


def test_a_slot_moves_within_its_week_and_takes_its_tip_along(three, ed):
    queue.pin(three[1], week(3), by=ed, seen=None)
    for number in (1, 3):
        slot_changes.move_slot(week(number), at(number) + timedelta(days=2), "Conference", by=ed, seen=None)
    assert lineup() == {"A": at(1) + timedelta(days=2), "C": 2, "B": at(3) + timedelta(days=2)}
    assert [row.state for row in calendar.ahead(count=3)] == [calendar.SlotState.SAFE] * 3
    for number in (1, 3):
        slot_changes.move_slot(week(number), at(number), "After all", by=ed, seen=None)
    assert lineup() == {"A": 1, "C": 2, "B": 3}
    assert not SlotException.objects.exists()


@pytest.mark.parametrize(
    ("when", "why"),
    [
        (at(1) + timedelta(days=6), "within its week only"),
        (at(1) - timedelta(days=2), "within its week only"),
        (at(0), "has passed"),
    ],
)
def test_a_slot_moves_nowhere_else(three, ed, when, why):
    with pytest.raises(WrongState, match=why):
        slot_changes.move_slot(week(1), when, "Conference", by=ed, seen=None)
    assert lineup() == {"A": 1, "B": 2, "C": 3}


def test_a_slot_does_not_move_onto_a_tip_with_a_moment_of_its_own(three, ed):
    friday = at(1) + timedelta(days=3)
    workflow.schedule(three[0], friday, by=ed)
    assert lineup() == {"B": 1, "A": friday, "C": 2}
    with pytest.raises(WrongState, match="held by “A”"):
        slot_changes.move_slot(week(1), friday, "Conference", by=ed, seen=None)


# --- Rules ------------------------------------------------------------------------------------------


def test_another_rule_gives_the_queue_its_new_moments_at_once(three, ed):
    queue.pin(three[2], week(5), by=ed, seen=None)
    slot_changes.change_rule(week(2), 3, time(8, 30), "Europe/Berlin", by=ed, seen=None)
    local = [tip.publish_at.astimezone(ZoneInfo("Europe/Berlin")) for tip in queue.waiting()]
    assert list(lineup()) == ["A", "B", "C"]
    assert lineup()["A"] == 1
    assert [(f"{each:%A %H:%M}", each.date()) for each in local[1:]] == [
        ("Thursday 08:30", week(2) + timedelta(days=2)),
        ("Thursday 08:30", week(5) + timedelta(days=2)),
    ]


def test_a_skipped_week_stays_skipped_under_another_rule(three, ed):
    slot_changes.skip(week(2), "Holidays", by=ed, seen=None)
    slot_changes.change_rule(week(2), 4, time(7), "America/New_York", by=ed, seen=None)
    assert [row.slot.skipped for row in calendar.ahead(count=3)] == [False, True, False]
    assert lineup()["B"] == at(3) + timedelta(days=3)


def test_a_week_that_the_new_rule_leaves_without_a_slot_gives_its_pin_to_the_next(three, ed):
    queue.pin(three[0], week(2), by=ed, seen=None)
    # From Tuesday on the slot is on Mondays, so that this week has none.
    slot_changes.change_rule(week(2), 0, time(7), "America/New_York", by=ed, seen=None)
    assert lineup() == {"B": 1, "A": at(3) - timedelta(days=1), "C": at(4) - timedelta(days=1)}


def test_public_tips_keep_their_days_under_another_rule(three, ed):
    public = make_tip("Old", publish_at=at(-2))
    slot_changes.change_rule(TODAY + timedelta(days=1), 0, time(9), "Europe/Berlin", by=ed, seen=None)
    assert of("Old").publish_at == public.publish_at
    assert [row.slot.at for row in calendar.between(week(-2), TODAY)] == [at(-2), at(-1), at(0)]


@pytest.mark.parametrize(
    ("from_date", "weekday", "zone", "why"),
    [
        (TODAY, 1, "Europe/Berlin", "from tomorrow on"),
        (week(2), 7, "Europe/Berlin", "day of the week"),
        (week(2), 1, "Europe/Atlantis", "time zone"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(three, ed, from_date, weekday, zone, why):
    with pytest.raises(WrongState, match=why):
        slot_changes.change_rule(from_date, weekday, time(7), zone, by=ed, seen=None)
    assert lineup() == {"A": 1, "B": 2, "C": 3}


def test_a_rule_that_has_not_begun_is_taken_back(three, ed):
    queue.pin(three[2], week(5), by=ed, seen=None)
    before = lineup()
    slot_changes.change_rule(week(2), 3, time(8, 30), "Europe/Berlin", by=ed, seen=None)
    assert lineup() != before
    said = slot_changes.drop_rule(week(2), by=ed, seen=queue.version())
    assert lineup() == before
    assert "“B” goes live Tuesday, 17 March 2026, 07:00 EDT instead of Thursday" in said
    assert LogEntry.objects.filter(change_message__startswith="Taken back: Thursday").exists()
    with pytest.raises(Overtaken, match="No rule begins"):
        slot_changes.drop_rule(week(2), by=ed, seen=None)


def test_a_rule_that_holds_or_has_none_before_it_stays(three, ed):
    with pytest.raises(WrongState, match="holds already"):
        slot_changes.drop_rule(date(2020, 1, 1), by=ed, seen=None)
    tuesdays(from_date=week(1))
    with pytest.raises(WrongState, match="no rule before"):
        slot_changes.drop_rule(week(1), by=ed, seen=None)
    assert lineup() == {"A": 1, "B": 2, "C": 3}


def test_a_rule_says_which_skips_and_moves_it_dropped(three, ed):
    slot_changes.skip(week(2), "Holidays", by=ed, seen=None)
    # From Tuesday on the slot is on Mondays, so that this week has none.
    said = slot_changes.change_rule(week(2), 0, time(7), "America/New_York", by=ed, seen=None)
    assert "Dropped, since they fit no slot any more: the skip of Tuesday, 17 March 2026 (Holidays)." in said
    assert not SlotException.objects.exists()
    later = at(4) - timedelta(hours=22)
    slot_changes.move_slot(week(4) - dates.DAY, later, "Conference", by=ed, seen=None)
    slot_changes.change_rule(week(3), 1, time(9), "America/New_York", by=ed, seen=None)
    said = slot_changes.drop_rule(week(3), by=ed, seen=None)
    assert "Dropped" not in said
    assert SlotException.objects.get().day == week(4) - dates.DAY


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
    assert "“B” goes live Tuesday, 10 March 2026, 07:00 EDT instead of" in said
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
