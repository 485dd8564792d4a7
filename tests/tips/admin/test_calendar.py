from datetime import time, timedelta
from itertools import islice
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth import get_user
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.desk.sent_forms import as_sent
from tests.tips.making import ago, make_tip
from tests.tips.people import make_person
from tips import dates
from tips.models import QueueVersion, SlotException, SlotRule, Tip, TipState
from tips.schedule import queue, slot_states, slots

CALENDAR = "/admin/tips/tip/calendar/"
MOVE = f"{CALENDAR}move/"
RULE = f"{CALENDAR}rule/"
UNDO = f"{CALENDAR}undo/"
# Ten of the page, two of the bar, and what is asked to know whether the next tip is safe.
MOST_QUERIES = 16


def coming(count=5):
    """Return the next slots."""
    return list(islice(slots.Timetable.load().after(timezone.now()), count))


def queued(*titles, **fields):
    """Return approved tips that hold the next slots, in order."""
    places = zip(titles, coming(len(titles)), strict=True)
    return [make_tip(title, publish_at=slot.at, **fields) for title, slot in places]


def send(client, verb, tip, **fields):
    fields = {"seen": queue.version(), **fields}
    return client.post(MOVE, {"verb": verb, "tip": tip.pk, **fields})


def signed_in(person, **options):
    """Return a client of its own in which a person is logged in."""
    client = Client(**options)
    client.force_login(person)
    return client


def week(slot):
    return f"{CALENDAR}{slot.day}/"


def line():
    """Return the titles of the queue, in order."""
    return [tip.title for tip in queue.waiting()]


def said(response):
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


@pytest.fixture(autouse=True)
def slot_is_days_away(db):
    """Let the next slot be three days away whenever this runs: what is nearer than a day asks first."""
    SlotRule.objects.update(weekday=(timezone.localdate() + 3 * dates.DAY).weekday())


# --- The page -----------------------------------------------------------------------------------------------


def weeks_of(response):
    """Return (how it stands, title or None) of each week that a page of the calendar shows."""
    return [
        (week.verdict.word, week.row.tip and week.row.tip.title) for week in response.context["plan"].weeks
    ]


def test_each_week_to_come_says_how_it_stands(desk):
    first, second, third, *_ = coming()
    make_tip("It is approved", publish_at=first.at, for_mail=True)
    make_tip("It is written still", publish_at=second.at, state=TipState.DRAFT)
    SlotException.objects.create(day=third.day, kind="skip", reason="Holidays", at=timezone.now())
    response = desk.get(CALENDAR)
    assert [title for _, title in weeks_of(response)[:4]] == [
        "It is approved",
        "It is written still",
        None,
        None,
    ]
    assert [word for word, _ in weeks_of(response)[1:4]] == ["at risk", "skipped", "free"]
    page = response.content.decode()
    for words in ("Skipped: Holidays", "At risk", ">not for mail<", "Free."):
        assert words in page
    # As many as are planned, and 13 more.
    assert len(weeks_of(response)) == 15
    # The count means the same on whichever page.
    for later in (0, 1):
        assert "Of the next 13 weeks, 10 are free" in desk.get(CALENDAR, {"later": later}).text


def test_what_is_planned_far_behind_the_weeks_is_listed_and_has_its_page(desk):
    far = coming(61)[60]
    make_tip("Two years on", publish_at=far.at, state=TipState.DRAFT)
    page = desk.get(CALENDAR).content.decode()
    assert "Planned later" in page
    assert "Two years on" in page
    assert "Two years on" not in [title for _, title in weeks_of(desk.get(CALENDAR, {"later": 1}))]
    assert "Two years on" in [title for _, title in weeks_of(desk.get(CALENDAR, {"later": 2}))]


def test_a_rule_to_come_stands_where_it_begins(desk):
    rule = SlotRule.objects.get()
    week = coming(4)[3]
    later = SlotRule.objects.create(
        from_date=week.day, weekday=rule.weekday, time=time(6, 30), zone=rule.zone
    )
    page = desk.get(CALENDAR).content.decode()
    assert f"{later.get_weekday_display()}s at 06:30" in page
    assert page.index("at 06:30.") < page.index(f'id="week-{week.day}"')
    assert page.index("at 06:30.") > page.index(f'id="week-{coming(3)[2].day}"')


def test_a_tip_with_a_moment_of_its_own_stands_beside_its_week(desk):
    make_tip("Between", publish_at=timezone.now() + timedelta(minutes=30), pinned=True)
    assert "Between" in desk.get(CALENDAR).content.decode()


def test_past_weeks_say_what_became_of_them(desk):
    SlotRule.objects.update(from_date=timezone.localdate() - timedelta(weeks=5))
    past = slot_states.between(
        timezone.localdate() - timedelta(weeks=3), timezone.localdate() - timedelta(days=7)
    )
    make_tip("It appeared", publish_at=past[0].slot.at)
    response = desk.get(CALENDAR, {"page": 1})
    assert {row.state.label for row in response.context["weeks"].past} == {"Published", "Missed"}
    assert "It appeared" in response.content.decode()
    assert "nothing was published" in response.content.decode()


def test_what_was_published_before_the_first_rule_stands_as_published(desk):
    make_tip("An old one", publish_at=ago(days=20))
    rows = desk.get(CALENDAR, {"page": 1}).context["weeks"].past
    assert [(row.tip.title, row.state.label) for row in rows] == [("An old one", "Published")]


def test_older_weeks_are_a_page_away(desk):
    make_tip("Half a year old", publish_at=ago(days=26 * 7))
    assert "Half a year old" not in desk.get(CALENDAR, {"page": 1}).content.decode()
    response = desk.get(CALENDAR, {"page": 4})
    assert "Half a year old" in response.content.decode()
    assert response.context["older"] is None


def test_two_months_stand_as_tables(desk, editor):
    slot = coming(2)[1]
    make_tip("Listen", publish_at=slot.at, author=editor)
    month = timezone.localtime(slot.at)
    page = desk.get(f"{CALENDAR}months/", {"from": f"{month:%Y-%m}"}).content.decode()
    assert page.count("<table") == 2
    assert f"{month:%B %Y}" in page
    assert page.count("Listen") == 1
    assert desk.get(f"{CALENDAR}months/", {"from": "2026-99"}).status_code == 200
    # Without a month: that of the next slot.
    assert f"{timezone.localtime(coming(1)[0].at):%B %Y}" in desk.get(f"{CALENDAR}months/").content.decode()


def test_a_month_shows_which_drafts_are_due(client, author, editor):
    day = timezone.localdate()
    make_tip("Mine, due", state=TipState.DRAFT, publish_at=None, author=author, due_on=day)
    make_tip("Theirs, due", state=TipState.DRAFT, publish_at=None, author=editor, due_on=day)
    for person, shown in ((author, ["Mine"]), (editor, ["Mine", "Theirs"])):
        client.force_login(person)
        page = client.get(f"{CALENDAR}months/", {"from": f"{day:%Y-%m}"}).content.decode()
        assert [name for name in ("Mine", "Theirs") if f"{name}, due" in page] == shown


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 30, "1000"])
def test_a_page_that_nobody_has_is_no_error(desk, page):
    assert desk.get(CALENDAR, {"page": page}).status_code == 200


def test_its_queries_do_not_grow_with_the_archive(client, editor, author):
    def asked():
        client.force_login(editor)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(CALENDAR).status_code == 200
        return len(queries)

    queued("One")
    make_tip("Two", state=TipState.IN_REVIEW, publish_at=None, author=author)
    make_tip("Three")
    few = asked()
    now = timezone.now()
    Tip.objects.bulk_create(
        Tip(
            title=f"Old {n}",
            slug=f"old-{n}",
            state=TipState.APPROVED,
            author=author,
            publish_at=now - n * timedelta(days=3),
        )
        for n in range(1, 201)
    )
    for number, slot in enumerate(coming(50)):
        make_tip(f"Queued {number}", publish_at=slot.at, author=editor)
    for number in range(50):
        make_tip(f"In review {number}", state=TipState.IN_REVIEW, publish_at=None, author=author)
    assert asked() == few
    assert few <= MOST_QUERIES


# --- Moves --------------------------------------------------------------------------------------------------


def test_a_tip_goes_later_earlier_and_to_the_front(desk):
    one, _, three = queued("One", "Two", "Three")
    response = send(desk, "later", one)
    assert line() == ["Two", "One", "Three"]
    assert "“One” goes live" in said(response)
    assert "“Two” goes live" in said(response)
    send(desk, "earlier", three)
    assert line() == ["Two", "Three", "One"]
    send(desk, "front", one)
    assert line() == ["One", "Two", "Three"]


def test_after_a_move_the_calendar_opens_at_what_was_moved(desk):
    one, _ = queued("One", "Two")
    there = urlsplit(send(desk, "later", one).url)
    assert (there.path, there.fragment) == (CALENDAR, f"later-{one.pk}")
    page = desk.get(there.path).content.decode()
    assert (page.count(f'id="later-{one.pk}"'), page.count(f'id="tip-{one.pk}"')) == (1, 1)


def test_a_button_alone_says_its_move(desk):
    one, two = queued("One", "Two")
    button = f'value="later {one.pk} {Tip.objects.get(pk=one.pk).stamp}"'
    assert button in desk.get(CALENDAR).content.decode()
    desk.post(MOVE, {"seen": queue.version(), "move": button.removeprefix('value="').removesuffix('"')})
    assert line() == ["Two", "One"]
    desk.post(MOVE, {"seen": queue.version(), "move": f"pin {two.pk} {two.stamp} {coming(1)[0].day}"})
    assert Tip.objects.get(pk=two.pk).pinned


def test_a_tip_that_was_changed_since_is_not_moved(desk):
    one, _ = queued("One", "Two")
    stamp = one.stamp
    one.title = "Quite another"
    one.save()
    assert "was changed since you looked" in said(send(desk, "later", one, stamp=stamp))
    assert line() == ["Quite another", "Two"]


def test_nothing_is_done_where_no_week_was_chosen(desk):
    one, _ = queued("One", "Two")
    assert "Choose a week first" in said(send(desk, "place", one, day=""))
    assert "swap with first" in said(send(desk, "swap", one, other=""))
    assert line() == ["One", "Two"]


def test_a_move_is_taken_back_by_a_press(desk):
    three = queued("One", "Two", "Three")[2]
    Tip.objects.filter(pk=three.pk).update(pinned=True)
    send(desk, "front", three)
    send(desk, "unpin", three)
    assert 'form="undo"' in desk.get(CALENDAR).content.decode()
    assert 'form="undo"' not in desk.get(CALENDAR).content.decode()
    assert "stands" not in said(desk.post(UNDO, {"seen": queue.version()}))
    assert line() == ["One", "Two", "Three"]
    assert Tip.objects.get(pk=three.pk).pinned
    # What took it back cannot be taken back in turn.
    assert "cannot be taken back" in said(desk.post(UNDO, {"seen": queue.version()}))


def test_taking_back_is_refused_once_somebody_else_has_changed_the_queue(desk):
    one, _, three = queued("One", "Two", "Three")
    send(desk, "later", one)
    shown = queue.version()
    other = make_person("olga", "Editor", first_name="Olga", last_name="Olsen")
    send(signed_in(other), "front", three)
    assert "Olga Olsen moved “Three” to the front" in said(desk.post(UNDO, {"seen": shown}))
    assert line() == ["Three", "Two", "One"]
    assert 'form="undo"' not in desk.get(CALENDAR).content.decode()


def test_a_plan_and_a_skipped_week_are_taken_back(desk):
    draft = make_tip("Draft", state=TipState.DRAFT, publish_at=None)
    send(desk, "place", draft, day=coming(2)[1].day)
    desk.post(UNDO, {"seen": queue.version()})
    draft.refresh_from_db()
    assert (draft.publish_at, draft.pinned) == (None, False)
    queued("One")
    first, second, *_ = coming()
    desk.post(week(first), {"verb": "skip", "reason": "Holidays", "seen": queue.version()})
    assert queue.waiting()[0].publish_at == second.at
    desk.post(UNDO, {"seen": queue.version()})
    assert queue.waiting()[0].publish_at == first.at
    assert not SlotException.objects.exists()


def test_who_plans_a_tip_is_told_of_one_like_it(desk):
    text = (
        "<p>The umbrella was found at the counter of lost property before the guest had missed it. A porter"
        " wrapped the handle, wrote the number of the room on brown paper, and carried it upstairs.</p>"
    )
    make_tip("The umbrella at lost property", body=text)
    draft = make_tip("An umbrella that was lost", body=text, state=TipState.DRAFT, publish_at=None)
    lines = desk.get(f"{CALENDAR}doubles/", {"tip": draft.pk}).json()["lines"]
    assert lines[str(draft.pk)].startswith("Like “The umbrella at lost property”, ")
    assert "Have we run this before?" in said(send(desk, "place", draft, day=coming(1)[0].day))


def test_a_tip_has_a_page_to_choose_any_week_for_it(desk):
    one, _ = queued("One", "Two")
    page = desk.get(f"{CALENDAR}tip/{one.pk}/").content.decode()
    assert "Choose a week" in page
    assert "Swap the two" in page
    draft = make_tip("Draft", state=TipState.DRAFT, publish_at=None)
    assert "Swap the two" not in desk.get(f"{CALENDAR}tip/{draft.pk}/").content.decode()


def test_a_tip_behind_the_weeks_shown_is_found(desk):
    tips = queued(*(f"Number {number}" for number in range(33)))
    page = desk.get(CALENDAR).content.decode()
    assert [page.count(f'id="tip-{tip.pk}"') for tip in tips] == [1] * 33


def test_the_first_tip_cannot_go_earlier(desk):
    one, _ = queued("One", "Two")
    assert "has the first slot that it can have" in said(send(desk, "earlier", one))
    assert line() == ["One", "Two"]


def test_a_tip_alone_in_the_queue_is_pinned_two_weeks_on_once_it_is_said_that_the_next_slot_is_empty(desk):
    (one,) = queued("One")
    slot = coming(3)[2]
    asked = send(desk, "place", one, day=slot.day)
    assert "The next slot has no approved tip." in asked.text
    assert line() == ["One"]
    assert Tip.objects.get(pk=one.pk).publish_at == one.publish_at
    assert "is pinned to" in said(desk.post(MOVE, as_sent(asked, "verb")))
    one.refresh_from_db()
    assert (one.publish_at, one.pinned) == (slot.at, True)


def test_a_step_past_pinned_weeks_names_its_day_and_asks_before_it_leaves_a_gap(desk):
    first, second, third, fourth, *_ = coming()
    make_tip("Next", publish_at=first.at, pinned=True)
    mine = make_tip("Mine", publish_at=second.at)
    make_tip("Fixed", publish_at=third.at, pinned=True)
    assert f'title="Later: to {dates.short_day(fourth.at)}"' in desk.get(CALENDAR).text
    asked = send(desk, "later", mine)
    titles = [step.title for step in asked.context["foreseen"].steps]
    assert titles == ["“Mine” goes live", f"{dates.short_day(second.at)} is free then"]
    assert line() == ["Next", "Mine", "Fixed"]
    desk.post(MOVE, as_sent(asked, "verb"))
    assert line() == ["Next", "Fixed", "Mine"]


def test_a_tip_brought_onto_another_takes_its_place_in_the_order(desk):
    one, _, three = queued("One", "Two", "Three")
    send(desk, "place", one, day=coming(3)[2].day)
    assert line() == ["Two", "Three", "One"]
    assert not Tip.objects.filter(pinned=True).exists()
    send(desk, "place", three, day=coming(1)[0].day)
    assert line() == ["Three", "Two", "One"]


def test_a_pinned_tip_steps_past_what_others_are_pinned_to(desk):
    first, second, third, *_ = coming()
    mine = make_tip("Mine", publish_at=first.at, pinned=True)
    make_tip("Fixed", publish_at=second.at, pinned=True)
    make_tip("Between", publish_at=first.at)
    # Another tip goes live next: that is asked first.
    asked = send(desk, "later", mine)
    assert asked.context["foreseen"].question == "Move it?"
    desk.post(MOVE, as_sent(asked, "verb"))
    mine.refresh_from_db()
    assert mine.publish_at == third.at
    Tip.objects.get(title="Between").delete()
    send(desk, "earlier", mine)
    mine.refresh_from_db()
    assert mine.publish_at == first.at


def test_a_draft_that_is_dragged_onto_an_approved_tip_asks_before_that_one_makes_room(desk):
    one, two = queued("One", "Two")
    draft = make_tip("Draft", state=TipState.DRAFT, publish_at=None)
    drag = {"day": coming(2)[1].day, "stamp": draft.stamp}
    asked = send(desk, "place", draft, **drag)
    steps = [step.title for step in asked.context["foreseen"].steps]
    assert steps == ["“Draft” is planned", f"“Two” moves to {dates.short(coming(3)[2].at)}"]
    assert "Move it, and move 1 tip" in asked.text
    assert "Leave it as it is" in asked.text
    assert (line(), QueueVersion.objects.filter(version__gt=0).exists()) == (["One", "Two"], False)
    # By now another tip would have to make room.
    send(desk, "swap", one, other=two.pk)
    assert "since you looked" in said(desk.post(MOVE, as_sent(asked, "verb")))
    asked = send(desk, "place", draft, **drag)
    moved = said(desk.post(MOVE, as_sent(asked, "verb")))
    assert line() == ["Two", "Draft", "One"]
    assert "“One” goes live" in moved
    assert 'form="undo"' in desk.get(CALENDAR).text


def test_what_changes_the_tip_of_tomorrow_or_its_mail_asks_before(desk):
    listen, wait = queued("Listen", "Wait", for_mail=True)
    assert "goes live" in said(send(desk, "front", wait))
    assert line() == ["Wait", "Listen"]
    Tip.objects.filter(pk=listen.pk).update(for_mail=False)
    asked = send(desk, "later", wait)
    assert "Nobody gets it by mail" in asked.text
    assert line() == ["Wait", "Listen"]
    Tip.objects.update(for_mail=True)
    first = coming()[0]
    with time_machine.travel(first.at - timedelta(hours=23)):
        desk.force_login(get_user(desk))
        asked = send(desk, "later", wait)
        assert asked.context["foreseen"].steps[0].title == "“Listen” goes live next"
        assert line() == ["Wait", "Listen"]
        fields = {name: asked.context["seen"][name] for name in ("stamp", "foreseen-later")}
        assert "goes live" in said(send(desk, "later", wait, **fields))
        assert line() == ["Listen", "Wait"]


def test_two_tips_trade_places_and_a_pin_is_let_go(desk):
    one, two = queued("One", "Two")
    send(desk, "swap", one, other=two.pk)
    assert line() == ["Two", "One"]
    send(desk, "pin", one, day=coming(4)[3].day)
    send(desk, "unpin", one)
    assert line() == ["Two", "One"]
    assert queue.waiting()[1].publish_at == coming(2)[1].at


def test_a_tip_in_review_can_be_planned_and_its_week_is_at_risk(desk):
    tip = make_tip("Nearly there", state=TipState.IN_REVIEW, publish_at=None)
    assert "Nearly there" in desk.get(CALENDAR).content.decode()
    send(desk, "place", tip, day=coming(1)[0].day)
    assert weeks_of(desk.get(CALENDAR))[0] == ("at risk", "Nearly there")


def test_a_move_on_a_stale_page_is_refused_in_words(desk):
    one, two, three = queued("One", "Two", "Three")
    stale = desk.get(CALENDAR).context["seen"]
    other = make_person("olga", "Editor", first_name="Olga", last_name="Olsen")
    send(signed_in(other), "front", three)
    response = send(desk, "later", one, seen=stale)
    assert "Olga Olsen moved “Three” to the front" in said(response)
    assert line() == ["Three", "One", "Two"]
    assert desk.get(CALENDAR).context["seen"] != stale
    assert two.title in desk.get(CALENDAR).content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"verb": "later"},
        {"verb": "dance", "seen": 0},
        {"verb": "place", "seen": 0},
        {"verb": "swap", "seen": 0},
        {"verb": "place", "seen": 0, "day": "2026-99-99"},
        {"verb": "place", "seen": 0, "day": "0001-01-01"},
        {"verb": "place", "seen": 0, "day": "9999-12-31"},
        {"verb": "later", "seen": "9" * 40},
        {"verb": "later", "seen": 0, "tip": "9" * 40},
        {"verb": "swap", "seen": 0, "other": "x"},
    ],
)
def test_a_move_that_makes_no_sense_changes_nothing_and_says_so(desk, fields):
    one, _ = queued("One", "Two")
    QueueVersion.objects.update_or_create(pk=1)
    response = desk.post(MOVE, {"tip": one.pk, **fields})
    assert response.status_code == 302
    assert said(response)
    assert line() == ["One", "Two"]


def test_looking_moves_nothing(desk):
    queued("One", "Two")
    assert desk.get(MOVE).status_code == 302
    assert queue.version() == 0


def test_a_form_from_elsewhere_is_refused(editor):
    client = signed_in(editor, enforce_csrf_checks=True)
    (one,) = queued("One")
    assert send(client, "front", one).status_code == 403


# --- One week -----------------------------------------------------------------------------------------------


def test_a_week_is_skipped_with_a_reason_and_taken_back(desk):
    queued("One")
    first, second, *_ = coming()
    response = desk.post(week(first), {"verb": "skip", "reason": "Holidays", "seen": queue.version()})
    assert response.url == f"{CALENDAR}#week-{first.day}"
    assert "is skipped" in said(response)
    assert queue.waiting()[0].publish_at == second.at
    desk.post(week(first), {"verb": "unskip", "seen": queue.version()})
    assert queue.waiting()[0].publish_at == first.at


def test_a_slot_moves_within_its_week(desk):
    first = coming()[1]
    queued("One", "Two")
    monday, sunday = dates.week(first.day)
    other = sunday if first.day != sunday else monday
    asked = {"verb": "move", "date": other, "time": "09:30", "reason": "A fair", "seen": queue.version()}
    response = desk.post(week(first), asked)
    assert "Moved the slot" in said(response)
    assert queue.waiting()[1].publish_at == dates.moment(other, time(9, 30))
    beyond = desk.post(week(first), {**asked, "date": sunday + timedelta(days=1), "seen": queue.version()})
    assert "within its week only" in beyond.content.decode()
    assert 'value="A fair"' in beyond.content.decode()


def test_a_reason_that_was_typed_survives_a_refusal(desk):
    first = coming()[0]
    QueueVersion.objects.update_or_create(pk=1, defaults={"version": 5, "change": "moved “X” to the front"})
    response = desk.post(week(first), {"verb": "skip", "reason": "Summer break", "seen": 4})
    page = response.content.decode()
    assert response.status_code == 409
    assert "moved “X” to the front" in page
    assert 'value="Summer break"' in page
    assert 'name="seen" value="5"' in page
    assert not SlotException.objects.exists()


def test_a_draft_is_pinned_from_the_weeks_page(desk):
    slot = coming()[2]
    tip = make_tip("Wanted", state=TipState.DRAFT, publish_at=None)
    assert "Wanted (draft)" in desk.get(week(slot)).content.decode()
    desk.post(week(slot), {"verb": "pin", "tip": tip.pk, "seen": queue.version()})
    tip.refresh_from_db()
    assert tip.publish_at == slot.at


def test_a_tip_that_was_changed_since_the_week_was_shown_is_not_pinned(desk):
    slot = coming()[2]
    tip = make_tip("Wanted", state=TipState.DRAFT, publish_at=None)
    sent = as_sent(desk.get(week(slot)), "stamps", verb="pin", tip=tip.pk)
    tip.title = "Wanted no more"
    tip.save()
    assert "was changed since you looked" in desk.post(week(slot), sent).content.decode()
    tip.refresh_from_db()
    assert tip.publish_at is None
    again = as_sent(desk.get(week(slot)), "stamps", verb="pin", tip=tip.pk)
    assert desk.post(week(slot), again).status_code == 302


@pytest.mark.parametrize("fields", [{"verb": "pin"}, {"verb": "move"}, {"verb": "fly"}, {}])
def test_a_week_says_what_a_form_lacks(desk, fields):
    response = desk.post(week(coming()[0]), {"seen": 0, **fields})
    assert response.status_code == 200
    assert "errornote" in response.content.decode()


@pytest.mark.parametrize("day", ["2026-99-99", "0001-01-01", "9999-12-31"])
def test_a_day_without_a_slot_is_not_found(desk, day):
    assert desk.get(f"{CALENDAR}{day}/").status_code == 404


# --- The weekly slot ----------------------------------------------------------------------------------------


def test_the_weekly_slot_changes_from_a_date_on(desk):
    queued("One", "Two", "Three")
    from_date = timezone.localdate() + timedelta(days=9)
    asked = {"from_date": from_date, "weekday": 4, "time": "08:15", "zone": "Europe/Berlin"}
    response = desk.post(RULE, {**asked, "seen": queue.version()})
    assert response.url == CALENDAR
    assert "Friday" in said(response)
    third = queue.waiting()[2].publish_at.astimezone(ZoneInfo("Europe/Berlin"))
    assert (third.weekday(), f"{third:%H:%M}") == (4, "08:15")


def test_a_refused_rule_keeps_what_was_typed(desk):
    asked = {"from_date": "2020-01-01", "weekday": 4, "time": "08:15", "zone": "Mars/North", "seen": 0}
    page = desk.post(RULE, asked).content.decode()
    assert "Mars/North" in page
    assert "time zone by its name" in page
    page = desk.post(RULE, {**asked, "time": "noon"}).content.decode()
    assert "valid time" in page


def test_a_change_of_the_slot_that_has_not_begun_is_taken_back(desk):
    queued("One", "Two")
    assert "Take it back" not in desk.get(RULE).content.decode()
    from_date = timezone.localdate() + timedelta(days=9)
    asked = {"from_date": from_date, "weekday": 4, "time": "08:15", "zone": "Europe/Berlin"}
    desk.post(RULE, {**asked, "seen": queue.version()})
    assert desk.get(RULE).content.decode().count("Take it back") == 1
    drop = {"verb": "drop", "from_date": from_date, "seen": queue.version()}
    assert "the rule before goes on" in said(desk.post(RULE, drop))
    assert SlotRule.objects.count() == 1
    response = desk.post(RULE, {**drop, "seen": queue.version()})
    assert response.status_code == 409
    assert "No rule begins" in response.content.decode()
    assert "choose a rule" in desk.post(RULE, {"verb": "drop"}).content.decode()


# --- Who may ------------------------------------------------------------------------------------------------


def test_an_author_knows_what_is_planned_and_no_other_draft(client, author, editor):
    first, second, third, *_ = coming()
    make_tip("My own", publish_at=first.at, author=author)
    theirs = make_tip("Theirs, approved", publish_at=second.at, author=editor)
    planned = make_tip(
        "Theirs, planned", publish_at=third.at, state=TipState.DRAFT, author=editor, tags=["rare"]
    )
    draft = make_tip("Their secret", publish_at=None, state=TipState.IN_REVIEW, author=editor, tags=["odd"])
    make_tip("My draft", publish_at=None, state=TipState.DRAFT, author=author)
    client.force_login(author)
    for address in (CALENDAR, f"{CALENDAR}months/"):
        page = client.get(address).content.decode()
        for title in ("My own", "Theirs, approved", "Theirs, planned"):
            assert title in page
        assert "Their secret" not in page
        assert f"/{theirs.pk}/" not in page
        assert 'name="move"' not in page
    assert "My draft" in client.get(CALENDAR).content.decode()
    # Nothing else is told of the others: neither the text, nor the tags.
    assert client.get(f"/admin/tips/tip/{planned.pk}/change/").status_code == 404
    doubles = client.get(f"{CALENDAR}doubles/", {"tip": [draft.pk, planned.pk]})
    assert doubles.json() == {"lines": {}}


def test_an_author_moves_nothing(client, author):
    (one,) = queued("One", author=author)
    client.force_login(author)
    assert send(client, "front", one).status_code == 403
    for address in (week(coming()[0]), RULE):
        assert client.get(address).status_code == 403
        assert client.post(address, {"verb": "skip", "reason": "x", "seen": 0}).status_code == 403


def test_who_may_not_see_tips_sees_no_calendar(client, db):
    client.force_login(make_person("guest"))
    assert client.get(CALENDAR).status_code == 403


def test_the_list_of_tips_leads_to_the_calendar(desk):
    assert f'href="{CALENDAR}"' in desk.get("/admin/tips/tip/").content.decode()
