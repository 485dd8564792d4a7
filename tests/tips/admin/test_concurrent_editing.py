"""Two people at one tip: nothing is put back, and what both changed is asked about."""

import random

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.desk.sent_forms import as_sent
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tests.tips.weeks import tuesdays
from tips.models import Category, Tip, TipState
from tips.publishing import workflow
from tips.schedule import queue, slots


@pytest.fixture
def ed(editor):
    return signed_in(editor)


@pytest.fixture
def eve(db):
    return signed_in(make_person("eve", "Editor", first_name="Eve"))


@pytest.fixture
def draft(db):
    return make_tip("A draft", state=TipState.DRAFT, publish_at=None, takeaway="Old.", tags=["calm"])


def signed_in(person):
    client = Client()
    client.force_login(person)
    client.person = person
    return client


def change(tip):
    return reverse("admin:tips_tip_change", args=[tip.pk])


def opened(client, tip):
    response = client.get(change(tip))
    assert response.status_code == 200
    return response


def save(client, tip, page, **typed):
    return client.post(change(tip), as_sent(page, "title", **typed))


def said(response):
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def free_days(count):
    coming = slots.Timetable.load().after(timezone.now())
    return [next(coming) for _ in range(count + 1)][1:]


# --- What one did not touch ---------------------------------------------------------------------------------


def test_an_older_form_leaves_plan_address_and_mark_as_a_colleague_set_them(ed, eve, draft):
    tuesdays()
    page, (slot,) = opened(ed, draft), free_days(1)
    queue.pin(draft, slot.day, by=eve.person, seen=queue.version())
    save(eve, draft, opened(eve, draft), slug="another-address", takeaway="Hers.")
    response = save(ed, draft, page, title="Corrected")
    fresh = Tip.objects.get(pk=draft.pk)
    assert (fresh.title, fresh.takeaway, fresh.slug) == ("Corrected", "Hers.", "another-address")
    assert (fresh.publish_at, fresh.pinned) == (slot.at, True)
    assert "Eve changed" in said(response)
    assert "that stays" in said(response)


def test_an_older_form_puts_back_neither_undated_nor_a_day_that_was_taken_away(ed, eve, draft):
    tuesdays()
    (slot,) = free_days(1)
    workflow.schedule(draft, slot.at, by=eve.person)
    page = opened(ed, draft)
    save(eve, draft, opened(eve, draft), publish_at_week="", undated="on")
    save(ed, draft, page, title="Corrected")
    fresh = Tip.objects.get(pk=draft.pk)
    assert (fresh.title, fresh.publish_at, fresh.undated) == ("Corrected", None, True)


def test_tags_and_categories_of_two_people_come_together(ed, eve, draft):
    pages = opened(ed, draft), opened(eve, draft)
    sports = Category.objects.create(name="Sports", slug="sports")
    save(eve, draft, pages[1], tags="calm, hers", in_categories=[sports.pk])
    save(ed, draft, pages[0], tags="his")
    assert set(draft.tags.names()) == {"hers", "his"}
    assert [each.name for each in draft.categories.all()] == ["Sports"]


# --- What both changed --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "by_hand", "left"),
    [("theirs", "", "Hers."), ("mine", "ignored", "His."), ("hand", "Hers, and his.", "Hers, and his.")],
)
def test_what_both_changed_is_asked_about_field_by_field(ed, eve, draft, choice, by_hand, left):
    pages = opened(ed, draft), opened(eve, draft)
    save(eve, draft, pages[1], takeaway="Hers.", excerpt="Her excerpt.")
    asked = save(ed, draft, pages[0], takeaway="His.", title="His title")
    assert asked.status_code == 200
    assert "You and Eve changed the same" in asked.text
    fresh = Tip.objects.get(pk=draft.pk)
    assert (fresh.takeaway, fresh.title) == ("Hers.", "A draft")
    # Nothing is chosen for anybody: sent without an answer, the question comes again.
    again = ed.post(change(draft), as_sent(asked, "title"))
    assert "Choose what stays" in again.text
    typed = {"takeaway": by_hand} if by_hand else {}
    done = ed.post(change(draft), as_sent(again, "title", **{"take-takeaway": choice}, **typed))
    assert done.status_code == 302
    fresh = Tip.objects.get(pk=draft.pk)
    assert (fresh.takeaway, fresh.title, fresh.excerpt) == (left, "His title", "Her excerpt.")


def test_a_third_saving_while_one_chooses_is_asked_about_too(ed, eve, draft):
    pages = opened(ed, draft), opened(eve, draft)
    save(eve, draft, pages[1], body="<p>Hers.</p>")
    asked = save(ed, draft, pages[0], body="<p>His.</p>")
    save(eve, draft, opened(eve, draft), body="<p>Hers, again.</p>")
    again = ed.post(change(draft), as_sent(asked, "title", **{"take-body": "mine"}))
    assert again.status_code == 200
    assert "again" in again.text
    ed.post(change(draft), as_sent(again, "title", **{"take-body": "mine"}))
    assert Tip.objects.get(pk=draft.pk).body == "<p>His.</p>"


def test_approve_on_an_older_form_approves_nothing_that_was_not_shown(ed, eve, draft):
    tuesdays()
    Tip.objects.filter(pk=draft.pk).update(state=TipState.IN_REVIEW)
    draft.categories.add(Category.objects.create(name="Sports", slug="sports"))
    page, (slot,) = opened(ed, draft), free_days(1)
    queue.pin(Tip.objects.get(pk=draft.pk), slot.day, by=eve.person, seen=queue.version())
    refused = save(ed, draft, page, _verb="approve")
    assert refused.status_code == 200
    assert "Somebody else changed" in refused.text
    fresh = Tip.objects.get(pk=draft.pk)
    assert (fresh.state, fresh.publish_at) == (TipState.IN_REVIEW, slot.at)
    asked = ed.post(change(draft), as_sent(refused, "title", _verb="approve"))
    if asked["Location"].startswith(f"{change(draft).removesuffix('change/')}do/"):
        ed.post(asked["Location"], as_sent(ed.get(asked["Location"]), "seen_state"))
    fresh = Tip.objects.get(pk=draft.pk)
    assert (fresh.state, fresh.publish_at) == (TipState.APPROVED, slot.at)


def test_a_verbs_page_does_nothing_to_a_tip_whose_day_was_moved_since(ed, eve, draft):
    tuesdays()
    Tip.objects.filter(pk=draft.pk).update(state=TipState.IN_REVIEW)
    url = reverse("admin:tips_tip_do", args=[draft.pk, "send-back"])
    page, (slot,) = ed.get(url), free_days(1)
    queue.pin(Tip.objects.get(pk=draft.pk), slot.day, by=eve.person, seen=queue.version())
    assert "Somebody else changed" in said(ed.post(url, as_sent(page, "reason", reason="Shorten it.")))
    assert Tip.objects.get(pk=draft.pk).state == TipState.IN_REVIEW


def test_a_day_for_a_tip_that_was_approved_meanwhile_is_not_lost_in_silence(ed, eve, draft):
    tuesdays()
    Tip.objects.filter(pk=draft.pk).update(state=TipState.IN_REVIEW)
    draft.categories.add(Category.objects.create(name="Sports", slug="sports"))
    page, (slot,) = opened(ed, draft), free_days(1)
    workflow.approve(Tip.objects.get(pk=draft.pk), by=eve.person)
    response = save(ed, draft, page, publish_at_week="other", publish_at_0=f"{slot.day}", title="Corrected")
    assert response.status_code == 200
    assert "cannot be changed here any more" in response.text


# --- A day that moves others --------------------------------------------------------------------------------


def test_a_day_typed_into_a_draft_moves_approved_tips_only_when_that_is_confirmed(ed, draft):
    tuesdays()
    approved = make_tip("Approved", state=TipState.IN_REVIEW, publish_at=None)
    workflow.approve(approved, by=ed.person)
    held = Tip.objects.get(pk=approved.pk).moment
    day = timezone.localtime(held).date()
    asked = save(ed, draft, opened(ed, draft), publish_at_week="other", publish_at_0=f"{day}")
    assert "This day moves 1 approved tip" in asked.text
    assert "“Approved” goes live" in asked.text
    assert Tip.objects.get(pk=approved.pk).publish_at == held
    assert Tip.objects.get(pk=draft.pk).publish_at is None
    token = asked.context["adminform"].form.displacement
    ed.post(change(draft), as_sent(asked, "title", displace=token))
    assert Tip.objects.get(pk=draft.pk).publish_at == held
    assert Tip.objects.get(pk=approved.pk).moment > held


# --- Several tips in a list ---------------------------------------------------------------------------------

LIST = "/admin/tips/tip/"


def test_a_withdrawal_of_several_keeps_to_what_the_list_showed_over_the_page_that_asks(client, eve):
    pat = signed_in(make_person("pat", "Publisher"))
    corrected, same = make_tip("Corrected"), make_tip("The same")
    chosen = {"action": "withdraw_selected", "_selected_action": [f"{corrected.pk}", f"{same.pk}"]}
    asked = pat.post(LIST, as_sent(pat.get(f"{LIST}"), "seen") | chosen)
    save(eve, corrected, opened(eve, corrected), body="<p>Mended.</p>")
    again = pat.post(LIST, as_sent(asked, "post", reason="Wrong."))
    assert "“Corrected” was changed since you opened the list" in again.text
    assert "Withdraw 1 tip" in again.text
    assert not Tip.objects.filter(state=TipState.WITHDRAWN).exists()
    pat.post(LIST, as_sent(again, "post", reason="Wrong."))
    assert Tip.objects.get(title="Corrected").state == TipState.APPROVED
    assert Tip.objects.get(title="The same").state == TipState.WITHDRAWN


# --- Both, for a while --------------------------------------------------------------------------------------

WRITE = {
    "title": "title {}",
    "takeaway": "Moral {}.",
    "excerpt": "Excerpt {}.",
    "body": "<p>Body {}.</p>",
    "slug": "address-{}",
}


def two_people_at_one_tip(people, tip, rounds, seed):
    """Let two people open, change and save one tip in any order; hold the tip against what they saved."""
    draw, pages = random.Random(seed), {}
    kept = {name: getattr(tip, name) for name in WRITE} | {"tags": set(tip.tags.names())}
    shown = {}
    for number in range(rounds):
        person = draw.choice(people)
        if person not in pages or draw.random() < 0.3:
            pages[person], shown[person] = opened(person, tip), dict(kept)
            continue
        wishes = {name: WRITE[name].format(number) for name in draw.sample(sorted(WRITE), draw.randint(1, 2))}
        added = {f"tag-{number}"} if draw.random() < 0.4 else set()
        typed = wishes | ({"tags": ", ".join(shown[person]["tags"] | added)} if added else {})
        contested = {name for name in wishes if shown[person][name] != kept[name]}
        response = save(person, tip, pages.pop(person), **typed)
        if contested:
            conflicts = {each.name for each in response.context["adminform"].form.conflicts}
            assert conflicts == contested
            choices = {name: draw.choice(["theirs", "mine"]) for name in contested}
            answer = {f"take-{name}": choice for name, choice in choices.items()}
            wishes = {name: text for name, text in wishes.items() if choices.get(name) != "theirs"}
            response = person.post(change(tip), as_sent(response, "title", **answer))
        assert response.status_code == 302, response.context["adminform"].form.errors
        kept |= wishes | {"tags": kept["tags"] | added}
        fresh = Tip.objects.get(pk=tip.pk)
        assert {name: getattr(fresh, name) for name in WRITE} | {"tags": set(fresh.tags.names())} == kept


def test_two_people_put_nothing_back(ed, eve, draft):
    Tip.objects.filter(pk=draft.pk).update(excerpt="Written by hand.")
    two_people_at_one_tip([ed, eve], Tip.objects.get(pk=draft.pk), rounds=20, seed=12)
