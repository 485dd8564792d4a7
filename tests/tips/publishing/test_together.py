"""A verb over several tips is done as its page foresaw it, or not at all."""

import pytest

from tests.desk.sent_forms import as_sent
from tests.subscribers.making import make_people
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tests.tips.schedule.queued import lineup, of, sentences
from tests.tips.weeks import NOON, at, tuesdays
from tips.models import Tip, TipState
from tips.publishing import together, workflow

LONG = "<p>" + "Listen well before you answer them. " * 15 + "</p>"
LIST = "/admin/tips/tip/"


@pytest.fixture(autouse=True)
def noon(db, time_machine, settings):
    time_machine.move_to(NOON, tick=False)
    settings.TIME_ZONE = "America/New_York"
    tuesdays()


@pytest.fixture
def pat():
    return make_person("pat", "Publisher", first_name="Pat")


def in_review(title, **fields):
    values = {
        "state": TipState.IN_REVIEW,
        "publish_at": None,
        "body": LONG,
        "takeaway": "Listen.",
        "for_mail": True,
    }
    return make_tip(title, **values | fields)


def asked(client, person, action, tips):
    client.force_login(person)
    chosen = {"action": action, "_selected_action": [str(tip.pk) for tip in tips]}
    return client.post(LIST, as_sent(client.get(LIST), "seen") | chosen)


def days(response):
    return [(step.when, step.title) for step in response.context["foreseen"].steps]


def test_approving_says_day_by_day_what_follows_for_each_and_who_moves(client, pat):
    workflow.approve(in_review("Waits"), by=pat)
    make_people(1)
    late, new = in_review("Late", publish_at=at(0), pinned=True), in_review("New", takeaway="")
    page = asked(client, pat, "approve_selected", [late, new])
    assert days(page) == [
        ("Tue 10 Mar, 07:00", "“Late” goes live"),
        ("Tue 24 Mar, 07:00", "“New” goes live"),
        ("", "“Waits” moves to Tue 17 Mar, 07:00"),
    ]
    assert "Its day has passed, so that it goes first." in page.text
    assert "Then it goes live on the site and by mail to 1 person." in page.text
    assert "“New”: There is no takeaway." in page.text
    assert "Approve 2 tips" in page.text
    # Until then, nothing is done.
    assert lineup() == {"Waits": 1}
    client.post(LIST, as_sent(page, "post"))
    assert lineup() == {"Late": 1, "Waits": 2, "New": 3}


def test_what_would_be_something_else_by_now_is_asked_again(client, pat):
    tip, other = in_review("Mine"), in_review("Quicker")
    page = asked(client, pat, "approve_selected", [tip])
    assert days(page) == [("Tue 10 Mar, 07:00", "“Mine” goes live")]
    workflow.approve(other, by=make_person("ed", "Editor"))
    again = client.post(LIST, as_sent(page, "post"))
    assert "Nothing was done, since things have changed meanwhile." in again.text
    assert days(again) == [("Tue 17 Mar, 07:00", "“Mine” goes live")]
    assert lineup() == {"Quicker": 1}
    client.post(LIST, as_sent(again, "post"))
    assert lineup() == {"Quicker": 1, "Mine": 2}


def test_who_wrote_part_of_one_is_asked_for_a_reason_and_it_is_kept_of_that_one(client, pat, settings):
    settings.FOUR_EYES = True
    own, theirs = in_review("Own", author=pat), in_review("Theirs")
    page = asked(client, pat, "approve_selected", [own, theirs])
    assert 'name="override"' in page.text
    assert "This field is required" in client.post(LIST, as_sent(page, "post")).text
    assert lineup() == {}
    client.post(LIST, as_sent(page, "post", override="Nobody else is here."))
    assert set(lineup()) == {"Own", "Theirs"}
    assert "Nobody else is here." in sentences(of("Own"))[0]
    assert "Nobody else is here." not in sentences(of("Theirs"))[0]


def test_withdrawing_says_when_each_leaves_and_who_moves_up(client, pat):
    public = make_tip("Out")
    for title in ("First", "Second"):
        workflow.approve(in_review(title), by=pat)
    page = asked(client, pat, "withdraw_selected", [public, of("First")])
    assert days(page) == [
        ("12:00, now", "Readers see “Out” no more"),
        ("Tue 10 Mar, 07:00", "“First” leaves its week"),
        ("", "“Second” moves to Tue 10 Mar, 07:00"),
    ]
    client.post(LIST, as_sent(page, "post", reason="Untrue."))
    assert lineup() == {"Second": 1}
    assert not Tip.objects.published().exists()


def test_a_tip_that_was_saved_meanwhile_is_named_and_nothing_is_kept_without_answers(pat):
    tip, stale = in_review("Same"), in_review("Saved")
    stamps = {str(tip.pk): tip.stamp, str(stale.pk): "0"}
    seen = together.do(together.APPROVE, [tip, stale], stamps, by=pat, foreseen="")
    assert seen.refused == ["Somebody else changed “Saved” meanwhile. Look at it again before you go on."]
    key = seen.foresight.key
    assert not together.do(together.APPROVE, [tip, stale], stamps, by=pat, foreseen=key).is_kept
    done = together.do(together.APPROVE, [tip, stale], stamps, by=pat, foreseen=key, answers={})
    assert (done.is_kept, lineup()) == (True, {"Same": 1})
