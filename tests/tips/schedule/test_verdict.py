"""What is said of each coming slot is true of that slot, in every week."""

from datetime import timedelta

import pytest
from django.urls import reverse

from subscribers.models import Heartbeat
from tests.subscribers.making import make_people
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tests.tips.weeks import NOON, at, tuesdays, week
from tips.models import SlotRule, Tip, TipState
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


def second_week(person):
    """Return the second week of the calendar, and what stands above all weeks."""
    plan = coming_weeks.plan(person)
    return plan.weeks[1].verdict, [reason.code for reason in plan.of_site]


def test_no_week_is_called_safe_from_which_nobody_gets_a_mail(pia):
    Heartbeat.objects.create(worker_id="w", seen_at=NOON)
    tip = make_tip("Kept", publish_at=at(2), body=LONG)
    second, above = second_week(pia)
    assert (second.words, above) == ("on the site only: not for mail", ["nobody-subscribed"])
    Tip.objects.update(for_mail=True)
    second, above = second_week(pia)
    assert (second.words, second.sign, above) == ("on the site only", "partly", ["nobody-subscribed"])
    assert verdict.of_tip(tip, NOON).heading == "Tue 17 Mar is safe, on the site only"
    make_people(1)
    assert second_week(pia)[0].words == "safe"
    Tip.objects.update(for_mail=False)
    assert second_week(pia)[0].words == "not safe: not for mail"


def test_what_stands_against_all_weeks_is_said_once_and_none_is_called_safe_meanwhile(pia):
    make_people(1)
    tip = make_tip("Later", publish_at=at(2), body=LONG, for_mail=True)
    second, above = second_week(pia)
    assert (second.words, second.sign, above) == ("approved", "approved", ["worker"])
    own = verdict.of_tip(tip, NOON)
    assert own.heading == "Tue 17 Mar is approved, but no worker is awake"
    assert [reason.code for reason in own.of_all_weeks] == ["worker"]
    # An author learns that something is wrong, and not what.
    assert second_week(make_person("ann", "Author"))[1] == ["internal"]


def test_whoever_may_not_mend_it_is_told_whom_to_ask(pia, django_assert_num_queries):
    make_people(1)
    Heartbeat.objects.create(worker_id="w", seen_at=NOON)
    for number in (1, 2, 3):
        make_tip(f"Tip {number}", publish_at=at(number), body=LONG)
    editor = make_person("ed", "Editor", first_name="Ed", last_name="Moreno")
    asked = {week.verdict.own[0].ask for week in coming_weeks.plan(editor).weeks[:3]}
    assert asked == {"Ask pia to lift the mark, and mail 1 person."}
    assert [week.verdict.own[0].ask for week in coming_weeks.plan(pia).weeks[:3]] == [""] * 3
    author = make_person("ann", "Author")
    draft = make_tip("Begun", author=author, publish_at=at(4), state=TipState.DRAFT, pinned=True)
    found = verdict.of_tip(draft, NOON)
    assert [each.label for each in found.seen_by(author).remedies] == ["Finish the draft"]
    another = make_person("bea", "Author")
    assert found.seen_by(another).told[0].ask == "Ask pia or Ed Moreno to finish the draft."
    with django_assert_num_queries(1):
        verdict.seen_by(another, [found] * 5)


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
