"""What stands beside the text of a tip, and what is said of it while somebody writes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Tip, TipState
from tips.publishing import workflow
from tips.search import index

WORDS = "<p>" + "Let the caller finish before you answer. " * 14 + "</p>"
STORY = (
    "The umbrella stand by the door holds nine umbrellas for guests caught in rain. A guest borrows one,"
    " walks to the station dry, and brings it back on a sunny morning."
)


@pytest.fixture
def publisher_desk(client, db):
    client.force_login(make_person("pia", "Publisher"))
    return client


def page_of(client, tip):
    return client.get(reverse("admin:tips_tip_change", args=[tip.pk]))


@pytest.mark.parametrize(
    ("state", "when", "label"),
    [
        (TipState.DRAFT, None, "Submit for review"),
        (TipState.IN_REVIEW, None, "Approve"),
        (TipState.APPROVED, timedelta(days=3), "Save, back to review"),
        (TipState.APPROVED, -timedelta(days=3), "Save the correction"),
        (TipState.WITHDRAWN, None, "Reinstate"),
    ],
)
def test_one_button_is_filled_and_says_what_the_state_waits_for(publisher_desk, state, when, label):
    tip = make_tip(state=state, publish_at=when and timezone.now() + when)
    page = page_of(publisher_desk, tip)
    assert page.context["main"].label.startswith(label)
    assert page.text.count('class="btn main') == 1


def test_the_page_asks_sixteen_questions_and_one_more_where_the_tip_was_sent_back(desk, editor):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            page = page_of(desk, tip)
        assert len(page.content) < 60_000
        # Outside of a test's transaction, a check needs no savepoint.
        return len([each for each in asked if "SAVEPOINT" not in each["sql"]])

    tip = make_tip(body=WORDS, state=TipState.IN_REVIEW, publish_at=None, categories=["Phone"], tags=["a"])
    page_of(desk, tip)
    assert questions() <= 16
    workflow.send_back(tip, "Begin with the dog.", by=editor)
    workflow.submit(Tip.objects.get(pk=tip.pk), by=editor)
    assert questions() <= 17


def test_the_reason_of_a_send_back_stands_there_until_the_tip_is_approved(desk, editor):
    tip = make_tip(body=WORDS, state=TipState.IN_REVIEW, publish_at=None, categories=["Phone"])
    workflow.send_back(tip, "Begin with the dog.", by=editor)
    assert "Begin with the dog." in page_of(desk, tip).text
    workflow.submit(Tip.objects.get(pk=tip.pk), by=editor)
    workflow.approve(Tip.objects.get(pk=tip.pk), by=editor)
    workflow.send_back(Tip.objects.get(pk=tip.pk), "Too long.", by=editor)
    page = page_of(desk, tip).text
    assert "Too long." in page
    assert "Begin with the dog." not in page


def test_who_may_only_read_sees_the_tip_as_readers_will(client, author):
    tip = make_tip("Handed in", body=WORDS, takeaway="Wait.", state=TipState.IN_REVIEW, author=author)
    client.force_login(author)
    page = page_of(client, tip).text
    assert '<aside class="takeaway">' in page
    assert "<textarea" not in page.partition('id="comments"')[0]
    assert '<script type="importmap"' not in page


def test_what_is_typed_is_checked_and_compared_and_nothing_is_saved(desk):
    earlier = make_tip("Umbrellas", body=f"<p>{STORY}</p>")
    tip = make_tip("Mine", body=WORDS, state=TipState.DRAFT, publish_at=None, categories=["Phone"])
    index.count_words()
    body = f"<p>{STORY}</p>" + '<p><a href="/nowhere/at-all/">x</a></p>'
    sent = {"title": "Mine", "body": body, "takeaway": ""}
    part = desk.post(reverse("admin:tips_tip_check", args=[tip.pk]), sent).text
    assert "The link to /nowhere/at-all/ leads to no page of this site." in part
    assert "There is no category." in part
    assert "There is no takeaway." in part
    assert reverse("admin:tips_tip_change", args=[earlier.pk]) in part
    assert Tip.objects.get(pk=tip.pk).body == WORDS


def test_links_are_offered_to_what_readers_find_and_to_what_is_approved_for_editors_alone(
    desk, client, author
):
    make_tip("Silence on the phone")
    make_tip("Silence to come", publish_at=timezone.now() + timedelta(days=3))
    make_tip("Silence unfinished", state=TipState.DRAFT, publish_at=None)
    asked = reverse("admin:tips_tip_link_suggestions")
    found = [tip["title"] for tip in desk.get(asked, {"q": "SILENCE "}).json()["tips"]]
    assert found == ["Silence to come", "Silence on the phone"]
    client.force_login(author)
    tips = client.get(asked, {"q": "phone silence"}).json()["tips"]
    assert [(tip["title"], tip["url"][:6]) for tip in tips] == [("Silence on the phone", "/tips/")]
    assert client.get(asked, {"q": "come"}).json() == client.get(asked).json() == {"tips": []}
    assert "no-store" in client.get(asked)["Cache-Control"]


@pytest.mark.django_db
def test_more_says_who_can_lift_not_for_mail(client):
    make_person("pat", "Publisher", first_name="Pat", last_name="Moss")
    tip = make_tip(for_mail=False, publish_at=timezone.now() + timedelta(days=9))
    said = "Only Pat Moss can lift “not for mail”."
    for role, is_told in (("Editor", True), ("Publisher", False)):
        client.force_login(make_person(f"a-{role}".lower(), role))
        assert (said in client.get(f"/admin/tips/tip/{tip.pk}/change/").text) == is_told
