"""Verbs on their own pages, outside the transaction that tests usually stand in."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.utils import timezone

from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.admin.tips import TipAdmin
from tips.models import Category, Contribution, Tip, TipState

LONG = "<p>" + "Listen well before you answer them. " * 15 + "</p>"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("state", "name", "answers", "expected"),
    [
        (TipState.APPROVED, "withdraw", {"reason": "Untrue"}, TipState.WITHDRAWN),
        (TipState.WITHDRAWN, "reinstate", {"go": "on"}, TipState.APPROVED),
        (TipState.IN_REVIEW, "send-back", {"reason": "Too long"}, TipState.DRAFT),
        (TipState.IN_REVIEW, "publish-now", {"go": "on"}, TipState.APPROVED),
    ],
)
def test_a_verbs_own_page_does_it_outside_a_tests_transaction(client, state, name, answers, expected):
    editor = make_person("ed", "Editor")
    tip = make_tip(state=state)
    client.force_login(editor)
    response = client.post(f"/admin/tips/tip/{tip.pk}/do/{name}/", answers)
    assert response.status_code == 302
    tip.refresh_from_db()
    assert tip.state == expected


# --- Four eyes --------------------------------------------------------------------------------------------


def own_text_in_review(person):
    tip = make_tip("Own words", body=LONG, state=TipState.IN_REVIEW, publish_at=None, author=person)
    Contribution.objects.create(tip=tip, user=person)
    return tip


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["approve", "publish-now"])
def test_a_publisher_is_asked_why_they_approve_their_own_text(client, settings, name):
    settings.FOUR_EYES = True
    publisher = make_person("pat", "Publisher")
    tip = own_text_in_review(publisher)
    client.force_login(publisher)
    filled = {"title": tip.title, "body": tip.body, "takeaway": "Listen.", "excerpt": ""}
    filled |= {"in_categories": [tip.categories.get().pk], "publish_at_0": "", "publish_at_1": ""}
    asked = client.post(f"/admin/tips/tip/{tip.pk}/change/", {**filled, "_verb": name}, follow=True)
    assert list(asked.context["form"].fields) == ["override"]
    page = f"/admin/tips/tip/{tip.pk}/do/{name}/"
    again = client.post(page, {"override": " "})
    assert again.context["form"].errors
    assert Tip.objects.get().state == TipState.IN_REVIEW
    client.post(page, {"override": "Nobody else is here."})
    assert Tip.objects.get().state == TipState.APPROVED
    said = LogEntry.objects.filter(object_id=tip.pk).values_list("change_message", flat=True)
    assert any("Approved by one of its writers: Nobody else is here." in each for each in said)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["approve", "publish-now"])
def test_an_editor_is_not_asked_but_refused(client, settings, name):
    settings.FOUR_EYES = True
    editor = make_person("ed", "Editor")
    tip = own_text_in_review(editor)
    client.force_login(editor)
    page = f"/admin/tips/tip/{tip.pk}/do/{name}/"
    assert "override" not in client.get(page).context["form"].fields
    told = client.post(page, {"override": "It is late."}, follow=True).content.decode()
    assert "somebody else must approve it" in told
    assert Tip.objects.get().state == TipState.IN_REVIEW


# --- What the person has not seen -------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["text", "state"])
def test_a_verbs_page_does_nothing_to_a_tip_that_was_changed_since(client, change):
    editor = make_person("ed", "Editor")
    tip = make_tip("Seen", body=LONG, state=TipState.IN_REVIEW, publish_at=None)
    client.force_login(editor)
    page = f"/admin/tips/tip/{tip.pk}/do/publish-now/"
    sent = (opened := client.get(page)).context["seen"]
    for name, value in sent.items():
        assert f'name="{name}" value="{value}"' in opened.content.decode()
    if change == "text":
        tip.title = "Not seen"
        tip.save()
    else:
        Tip.objects.update(state=TipState.APPROVED, publish_at=timezone.now() + timedelta(days=3))
    before = Tip.objects.get().state
    told = client.post(page, sent, follow=True)
    assert told.redirect_chain[-1][0] == f"/admin/tips/tip/{tip.pk}/change/"
    assert "Somebody else changed" in told.content.decode()
    assert (Tip.objects.get().state, Tip.objects.get().is_published) == (before, False)
    client.post(page, client.get(page).context["seen"])
    assert Tip.objects.get().is_published


@pytest.mark.django_db
def test_a_verbs_button_does_nothing_to_a_tip_in_another_state_than_was_seen(client):
    client.force_login(make_person("ed", "Editor"))
    tip = make_tip("Seen", body=LONG, state=TipState.IN_REVIEW, publish_at=None)
    address = f"/admin/tips/tip/{tip.pk}/change/"
    assert 'name="seen_state" value="in_review"' in client.get(address).content.decode()
    Tip.objects.update(state=TipState.DRAFT)
    sent = {"title": "Typed", "body": LONG, "publish_at_0": "", "publish_at_1": "", "seen_state": "in_review"}
    told = client.post(address, {**sent, "_verb": "submit"})
    assert "Somebody else changed" in told.content.decode()
    assert (Tip.objects.get().title, Tip.objects.get().state) == ("Seen", TipState.DRAFT)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("method", "expected"), [("get", False), ("post", True)])
def test_only_doing_a_verb_stands_in_a_transaction(client, monkeypatch, method, expected):
    client.force_login(make_person("ed", "Editor"))
    tip = make_tip(state=TipState.IN_REVIEW)
    found = []
    get_object = TipAdmin.get_object

    def watched(self, request, *args, **kwargs):
        found.append((connection.in_atomic_block, len(connection.savepoint_ids)))
        return get_object(self, request, *args, **kwargs)

    monkeypatch.setattr(TipAdmin, "get_object", watched)
    getattr(client, method)(f"/admin/tips/tip/{tip.pk}/do/send-back/")
    assert found == [(expected, 0)]


@pytest.mark.django_db
def test_what_cannot_be_approved_yet_says_so_and_leads_to_the_fault(client):
    client.force_login(make_person("ed", "Editor"))
    Category.objects.create(name="Manners", slug="manners")
    tip = make_tip("No category", state=TipState.IN_REVIEW, body=LONG, categories=[])
    page = client.get(f"/admin/tips/tip/{tip.pk}/do/approve/").text
    assert "It cannot be approved yet</h1>" in page
    assert f'href="/admin/tips/tip/{tip.pk}/change/#at-in_categories">Go there to mend it</a>' in page
