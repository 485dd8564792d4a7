"""The weekly slot changes: for one week, and by a rule. The queue follows."""

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.admin.models import LogEntry

from desk.errors import Overtaken, WrongState
from tests.tips.making import make_tip
from tests.tips.schedule.queued import lineup, of
from tests.tips.weeks import TODAY, at, tuesdays, week
from tips import dates
from tips.models import SlotException
from tips.publishing import workflow
from tips.schedule import queue, slot_changes, slot_states

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


# --- Weeks ------------------------------------------------------------------------------------------


def test_a_skipped_week_moves_the_queue_on_and_back(three, ed):
    said = slot_changes.skip(week(2), "Summer  holidays", by=ed, seen=None)
    assert "“B” goes live Tue 24 Mar" in said
    assert lineup() == {"A": 1, "B": 3, "C": 4}
    row = slot_states.ahead(count=2)[1]
    assert (row.state, row.sentence) == (slot_states.SlotState.SKIPPED, "Skipped: Summer holidays")
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
    assert [row.state for row in slot_states.ahead(count=3)] == [slot_states.SlotState.SAFE] * 3
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
    assert [row.slot.skipped for row in slot_states.ahead(count=3)] == [False, True, False]
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
    assert [row.slot.at for row in slot_states.between(week(-2), TODAY)] == [at(-2), at(-1), at(0)]


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
    assert "“B” goes live Tue 17 Mar, 07:00 instead of Thu" in said
    assert LogEntry.objects.filter(change_message__startswith="Taken back: Thursdays").exists()
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
    assert "Dropped, since they fit no slot any more: the skip of Tue 17 Mar (Holidays)." in said
    assert not SlotException.objects.exists()
    later = at(4) - timedelta(hours=22)
    slot_changes.move_slot(week(4) - dates.DAY, later, "Conference", by=ed, seen=None)
    slot_changes.change_rule(week(3), 1, time(9), "America/New_York", by=ed, seen=None)
    said = slot_changes.drop_rule(week(3), by=ed, seen=None)
    assert "Dropped" not in said
    assert SlotException.objects.get().day == week(4) - dates.DAY
