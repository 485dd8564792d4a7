from datetime import timedelta

import pytest
from django.utils import timezone

from tests.tips.making import make_tip
from tests.tips.weeks import NOON, at, tuesdays, week
from tips.models import SlotException, SlotRule, TipState
from tips.schedule import slot_states


@pytest.fixture
def _tuesdays(db, time_machine):
    time_machine.move_to(NOON, tick=False)
    tuesdays(from_date=week(-6))


@pytest.fixture
def _lineup(_tuesdays):
    """One slot of each kind: six weeks back, five ahead."""
    make_tip("Published", publish_at=at(-6))
    make_tip("Late", publish_at=at(-5) + timedelta(days=1))
    make_tip("Never approved", state=TipState.DRAFT, publish_at=at(-4), pinned=True)
    make_tip("Gone", state=TipState.WITHDRAWN, publish_at=at(-3))
    now = timezone.now()
    for day in (week(-2), week(3)):
        SlotException.objects.create(day=day, kind="skip", reason="Holidays", at=now)
    make_tip("Safe", publish_at=at(1))
    make_tip("Planned", state=TipState.IN_REVIEW, publish_at=at(2), pinned=True)
    make_tip("Beside", publish_at=at(5) + timedelta(days=1), pinned=True)


@pytest.mark.usefixtures("_lineup")
def test_the_calendar_says_how_each_slot_stands():
    rows = slot_states.between(week(-9), week(5))
    assert [(row.state.value, row.tip and row.tip.title) for row in rows] == [
        ("published", "Published"),
        ("published", "Late"),
        ("missed", "Never approved"),
        ("published", "Gone"),
        ("skipped", None),
        ("missed", None),
        ("missed", None),
        ("safe", "Safe"),
        ("at_risk", "Planned"),
        ("skipped", None),
        ("free", None),
        ("free", None),
    ]
    assert [row.sentence for row in rows][:9] == [
        "“Published” was published.",
        "“Late” was published on Wed 28 Jan, 07:00.",
        "Nothing was published: “Never approved” was planned, and not approved in time.",
        "“Gone” was published, and withdrawn since.",
        "Skipped: Holidays",
        "Nothing was published.",
        "Nothing was published.",
        "“Safe” is approved.",
        "“Planned” is planned, but is still in review.",
    ]
    assert [tip.title for tip in rows[-1].others] == ["Beside"]


@pytest.mark.usefixtures("_lineup")
def test_the_next_slots_begin_with_the_coming_one():
    rows = slot_states.ahead(count=3)
    assert [row.slot.day for row in rows] == [week(1), week(2), week(3)]
    assert [row.is_unsafe for row in rows] == [False, True, False]


@pytest.mark.usefixtures("_lineup")
def test_the_calendar_asks_as_many_questions_for_any_number_of_tips(django_assert_num_queries):
    with django_assert_num_queries(2):
        slot_states.between(week(-6), week(13))
    for number in range(30):
        make_tip(publish_at=at(6) + timedelta(weeks=number))
    with django_assert_num_queries(2):
        assert str(slot_states.between(week(-60), week(60))[-1].tip)


@pytest.mark.usefixtures("_tuesdays")
def test_a_slot_without_rules_is_no_gap():
    SlotRule.objects.all().delete()
    assert (slot_states.between(week(-3), week(3)), slot_states.ahead()) == ([], [])
