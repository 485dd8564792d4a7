"""A tip is begun for a week, keeps it through saving and review, and is approved for it."""

import pytest
from django.urls import reverse

from tests.desk.sent_forms import as_sent
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tests.tips.weeks import NOON, at, tuesdays, week
from tips import dates
from tips.models import Tip, TipState

ADD = reverse("admin:tips_tip_add")
BODY = "<p>" + "Let the caller finish before you answer. " * 14 + "</p>"


@pytest.fixture(autouse=True)
def noon(db, time_machine):
    time_machine.move_to(NOON, tick=False)
    tuesdays()


def value(number):
    return f"{week(number)} 07:00"


def form_of(tip):
    return reverse("admin:tips_tip_change", args=[tip.pk])


def test_a_tip_that_is_begun_for_a_week_is_planned_there_and_approved_for_it(desk):
    page = desk.get(ADD, {"week": f"{week(3)}"})
    assert dates.short(at(3)) in page.text
    written = {"title": "For that week", "body": BODY, "takeaway": "Wait.", "_verb": "submit"}
    asked = desk.post(f"{ADD}?week={week(3)}", as_sent(page, "title", **written))
    desk.post(asked.url, as_sent(desk.get(asked.url)))
    tip = Tip.objects.get()
    assert (tip.state, tip.publish_at, tip.pinned) == (TipState.IN_REVIEW, at(3), True)
    page = desk.get(form_of(tip))
    assert page.context["main"].label == f"Approve for {dates.short(at(3))}"
    assert as_sent(page, "title")["publish_at_week"] == [value(3)]


def test_another_week_is_chosen_and_the_button_says_and_does_it(desk):
    tip = make_tip(
        body=BODY, takeaway="Wait.", state=TipState.IN_REVIEW, publish_at=None, categories=["Phone"]
    )
    typed = as_sent(desk.get(form_of(tip)), "title", publish_at_week=value(4))
    part = desk.post(reverse("admin:tips_tip_check", args=[tip.pk]), typed)
    press = part.context["checked"]["press"]
    assert press.label == f"Approve for {dates.short(at(4))}"
    typed |= {"_verb": ["approve"], "foreseen-approve": [press.foreseen]}
    done = desk.post(form_of(tip), typed, follow=True)
    assert f"Approved for {dates.short(at(4))}." in done.text
    tip.refresh_from_db()
    assert (tip.state, tip.publish_at, tip.pinned) == (TipState.APPROVED, at(4), True)


def test_a_week_given_back_leaves_the_tip_to_the_queue(desk):
    tip = make_tip(body=BODY, state=TipState.DRAFT, publish_at=at(2), pinned=True)
    page = desk.get(form_of(tip))
    desk.post(form_of(tip), as_sent(page, "title", publish_at_week="", _continue="1"))
    tip.refresh_from_db()
    assert (tip.publish_at, tip.pinned) == (None, False)


def test_the_weeks_that_others_hold_are_not_offered(desk):
    make_tip(publish_at=at(1))
    offered = as_choices(desk.get(ADD))
    assert value(1) not in offered
    assert {"", value(2), value(3), "other"} < offered


def as_choices(page):
    field = page.context["adminform"].form["publish_at"]
    week = field.subwidgets[0].data["subwidgets"][0]
    return {option["value"] for _, options, _ in week["optgroups"] for option in options}


@pytest.mark.parametrize("week", ["2001-01-02", "tomorrow", "", "9999-12-31"])
def test_a_url_that_names_no_week_to_come_begins_a_tip_without_one(desk, week):
    assert as_sent(desk.get(ADD, {"week": week}), "title")["publish_at_week"] == [""]


def test_an_author_begins_a_tip_for_no_week(client, db):
    client.force_login(make_person("ann", "Author"))
    page = client.get(ADD, {"week": f"{week(1)}"})
    assert page.context["goes_live"] is None
    assert "publish_at_week" not in as_sent(page, "title")
