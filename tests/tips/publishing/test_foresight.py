"""What the buttons and the pages of verbs say will follow, before it does."""

import pytest
from django.urls import reverse

from tests.tips.making import make_tip
from tests.tips.people import make_person
from tests.tips.weeks import NOON, at, tuesdays, week
from tips.admin.verbs import VERBS
from tips.models import Tip, TipState
from tips.publishing import foresight, workflow
from tips.schedule import queue

pytestmark = pytest.mark.django_db
LONG = "<p>" + "Listen well before you answer them. " * 15 + "</p>"


@pytest.fixture(autouse=True)
def noon(time_machine, settings):
    time_machine.move_to(NOON, tick=False)
    settings.TIME_ZONE = "America/New_York"
    tuesdays()
    return time_machine


@pytest.fixture
def ed():
    return make_person("ed", "Editor", first_name="Ed", last_name="Moreno")


def in_review(title, **fields):
    values = {"state": TipState.IN_REVIEW, "publish_at": None, "body": LONG, "takeaway": "Listen."}
    return make_tip(title, **values | fields)


def approved(title, ed):
    tip = in_review(title)
    workflow.approve(tip, by=ed)
    return tip


def titles(foreseen):
    return [step.title for step in foreseen.steps]


def test_approve_names_its_day_on_the_button(ed):
    approved("First", ed)
    tip = in_review("Second")
    assert VERBS["approve"].foresee(ed, tip).label == "Approve for Tue 17 Mar, 07:00"
    foreseen = foresight.approve(ed, tip)
    assert foreseen.sentence.startswith("Then it goes live on the site")
    assert foreseen.leave == "Leave it in review"


def test_approve_says_whom_an_overdue_tip_moves(ed):
    approved("First", ed)
    approved("Second", ed)
    late = in_review("Late", publish_at=at(0), pinned=True)
    foreseen = foresight.approve(ed, late)
    assert (foreseen.label, foreseen.asks) == ("Approve for Tue 10 Mar, 07:00", True)
    assert "“First” moves to Tue 17 Mar, 07:00" in titles(foreseen)
    assert foreseen.steps[-1].detail == "1 more tip moves with it."


def test_approve_says_why_there_is_no_day(ed):
    tuesdays().delete()
    foreseen = foresight.approve(ed, in_review("Nowhere"))
    assert foreseen.label == "Approve"
    assert foreseen.sentence == "There is no weekly slot. Make a slot rule first."
    assert foresight.approve(ed, in_review("Ever", undated=True)).label == "Approve, public at once"


def test_publish_now_says_what_becomes_of_its_week(ed):
    first = approved("First", ed)
    assert "That week is free again" in titles(foresight.publish_now(ed, first))
    approved("Second", ed)
    foreseen = foresight.publish_now(ed, first)
    assert foreseen.lead == "It is planned for Tue 10 Mar, 07:00. You would bring it forward by 7 days."
    assert titles(foreseen)[0] == "Readers see it"
    assert foreseen.steps[0].when == "12:00, now"
    assert foreseen.steps[-1].title == "“Second” takes that week"
    assert foreseen.leave == "Leave it for Tue 10 Mar"
    queue.pin(Tip.objects.get(title="Second"), week(2), by=ed, seen=None)
    stays = foresight.publish_now(ed, first).steps[-1]
    assert (stays.title, stays.detail) == (
        "That week is free again",
        "Nothing moves up: “Second” is pinned to Tue 17 Mar, 07:00.",
    )


def test_send_back_and_withdraw_name_whom_and_what(ed):
    ann = make_person("ann", "Author", first_name="Ann", last_name="Walsh")
    tip = in_review("Hers", author=ann)
    assert foresight.send_back(ed, tip).question == "Send it back to Ann Walsh?"
    workflow.approve(tip, by=ed)
    assert "Its week is at risk" in titles(foresight.send_back(ed, tip))
    ahead = foresight.withdraw(ed, tip)
    assert ahead.question == "Withdraw it before its day, Tue 10 Mar?"
    assert titles(ahead)[-1] == "That week is free again"
    public = foresight.withdraw(ed, make_tip("Out"))
    assert (public.question, public.leave) == ("Take it away from readers?", "Leave it public")


def test_an_editor_who_may_not_read_all_tips_is_told_no_title(ed):
    first, _ = approved("First", ed), approved("Secret", ed)
    ed.groups.clear()
    ed = type(ed).objects.get(pk=ed.pk)
    assert titles(foresight.publish_now(ed, first))[-1] == "Another tip takes that week"


# --- In the desk ------------------------------------------------------------------------------------------


@pytest.fixture
def desk(client, ed):
    client.force_login(ed)
    return client


def page_of(tip, verb):
    return reverse("admin:tips_tip_do", args=[tip.pk, verb])


def test_a_press_whose_day_is_gone_asks_again_and_does_nothing_else(desk, ed):
    tip = in_review("Mine")
    key = foresight.approve(ed, tip).key
    approved("Quicker", ed)
    answer = desk.post(page_of(tip, "approve"), {"foreseen-approve": key})
    assert "Approve for Tue 17 Mar, 07:00" in answer.text
    assert "Nothing was done, since things have changed meanwhile." in answer.text
    tip.refresh_from_db()
    assert tip.state == TipState.IN_REVIEW
    desk.post(page_of(tip, "approve"), {"foreseen-approve": answer.context["foreseen"].key})
    tip.refresh_from_db()
    assert tip.publish_at == at(2)


def test_another_day_that_displaces_others_is_asked_for_twice(desk, ed):
    approved("First", ed)
    tip = approved("Second", ed)
    filled = {"when_0": "2026-03-10", "when_1": "07:00"}
    asked = desk.post(page_of(tip, "schedule"), filled)
    assert "“First” moves to Tue 17 Mar, 07:00" in asked.text.replace("\xa0", " ")
    assert "Give it Tue 10 Mar, 07:00, and move 1 tip" in asked.text
    tip.refresh_from_db()
    assert tip.publish_at == at(2)
    desk.post(page_of(tip, "schedule"), filled | {"foreseen-schedule": asked.context["foreseen"].key})
    tip.refresh_from_db()
    assert tip.publish_at == at(1)
    # Where nobody has to give way, the press is enough.
    desk.post(page_of(tip, "schedule"), {"when_0": "2026-03-12", "when_1": "09:00", "foreseen-schedule": ""})
    tip.refresh_from_db()
    assert not tip.is_published
    assert tip.publish_at.day == 12


def test_the_way_out_is_named_by_what_stays(desk, ed):
    page = desk.get(page_of(approved("First", ed), "publish-now")).text
    assert "Leave it for Tue 10 Mar" in page
    assert "<h1>Publish it now" in page


def test_the_page_of_a_week_says_who_moves_before_a_skip_and_before_a_pin(desk, ed):
    first = approved("First", ed)
    tip = in_review("Pin me")
    page = reverse("admin:tips_calendar_week", args=[week(1)])
    assert "“First” moves to Tue 17 Mar, 07:00" in desk.get(page).text.replace("\xa0", " ")
    filled = {"verb": "pin", "tip": tip.pk, "seen": queue.version()}
    asked = desk.post(page, filled)
    assert "Pin it, and move 1 tip" in asked.text
    first.refresh_from_db()
    assert first.publish_at == at(1)
    desk.post(page, filled | {"foreseen-pin": asked.context["pinning"].key})
    first.refresh_from_db()
    assert first.publish_at == at(2)
    assert "“Pin me” is pinned here" in desk.get(page).text.replace("\xa0", " ")
