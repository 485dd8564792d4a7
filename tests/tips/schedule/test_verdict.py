"""What is said of each coming slot is true of that slot, in every week."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tests.subscribers.making import make_people
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tests.tips.weeks import NOON, at, tuesdays, week
from tips.models import SlotRule, TipState
from tips.schedule import coming_weeks, slots, verdict

LONG = "<p>" + "Listen well before you answer them. " * 15 + "</p>"


@pytest.fixture(autouse=True)
def noon(db, time_machine, settings):
    time_machine.move_to(NOON, tick=False)
    settings.TIME_ZONE = "America/New_York"
    tuesdays()


@pytest.fixture
def pia():
    return make_person("pia", "Publisher")


def reasons(tip):
    return {reason.code: reason for reason in verdict.of_tip(tip, NOON).reasons}


def offered(tip):
    """Return the buttons of what stands against a tip's moment."""
    return [remedy.label for reason in verdict.of_tip(tip, NOON).against for remedy in reason.remedies]


@pytest.mark.parametrize(
    ("fields", "own", "weekly"),
    [
        ({"state": TipState.DRAFT}, "Finish the draft", "Give Tuesday to another tip"),
        ({"body": "", "excerpt": "Only this."}, "Write its text", "Give Tuesday to another tip"),
        ({"body": LONG}, "Lift the mark, and mail 1 person", "Give Tuesday to another tip"),
    ],
)
def test_a_moment_of_a_tips_own_is_not_to_be_given_to_another(fields, own, weekly):
    make_people(1)
    in_slot = make_tip("In its slot", publish_at=at(1), pinned=True, **fields)
    between = make_tip("Between", publish_at=at(1) - timedelta(days=2), pinned=True, **fields)
    assert own in offered(in_slot)
    assert weekly in offered(in_slot)
    assert own in offered(between)
    assert not any("another tip" in label for label in offered(between))
    assert not any("another tip" in str(reason) for reason in reasons(between).values())


def test_a_mark_that_keeps_nobody_from_a_mail_is_a_note_beside_safe(pia):
    make_tip("Kept", publish_at=at(2), body=LONG)
    (_, second, *_) = coming_weeks.plan(pia).weeks
    assert (second.verdict.word, [each.fact for each in second.verdict.notes]) == ("safe", ["Not for mail"])
    make_people(1)
    (_, second, *_) = coming_weeks.plan(pia).weeks
    assert (second.verdict.words, second.verdict.notes) == ("not safe: not for mail", [])


def test_a_teaser_has_no_sign_of_what_is_mailed():
    make_people(2)
    whole = make_tip("Whole", publish_at=at(1), body=LONG, for_mail=True)
    assert {"for-mail", "subscribed"} <= reasons(whole).keys()
    whole.body = ""
    whole.save()
    whole.refresh_from_db()
    found = reasons(whole)
    assert "no-text" in found
    assert not {"for-mail", "subscribed"} & found.keys()


def test_a_change_of_rule_stands_at_its_week_once_be_it_before_the_next_slot_or_on_a_later_page(pia):
    rule = tuesdays()
    near, far = (
        SlotRule.objects.create(from_date=day, weekday=weekday, time=rule.time, zone=rule.zone)
        for day, weekday in ((week(0) + timedelta(days=2), 3), (week(40), 1))
    )
    pages = [coming_weeks.plan(pia, page=number) for number in range(3)]
    placed = [
        (number, each) for number, plan in enumerate(pages) for week in plan.weeks for each in week.changes
    ]
    assert placed[0] == (0, near)
    assert [each for _, each in placed].count(near) == 1
    assert [each for _, each in placed].count(far) == 1
    assert pages[0].weeks[0].changes == [near]
    assert pages[0].changes == [far]


def test_months_end_ten_years_on_and_a_far_one_is_not_told_of_the_site_of_today(client, pia):
    client.force_login(pia)
    months = reverse("admin:tips_calendar_months")
    shown = client.get(months, {"from": "2036-12"}).context["months"]
    assert shown[0].first.year == 2036
    far = [verdict for row in shown[0].weeks for day in row for verdict in day.slots]
    assert len(far) == 5
    assert {reason.code for each in far for reason in each.reasons} == {"slot"}
    # Behind them it leads to the months of the next slot.
    assert client.get(months, {"from": "2037-01"}).context["months"][0].first.year == 2026
    assert next(slots.Timetable.load().after(NOON)).at == at(1)
