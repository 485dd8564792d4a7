"""Which editor sees to a tip, and by when a draft is due."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils import timezone

from desk.errors import NotPermitted, WrongState
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Tip, TipState
from tips.publishing import assignments, whose_turn

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return make_person("ann", "Author", first_name="Ann", last_name="Walsh")


@pytest.fixture
def ed():
    return make_person("ed", "Editor", first_name="Ed", last_name="Moreno")


@pytest.fixture
def draft(ann):
    return make_tip("Hers", state=TipState.DRAFT, publish_at=None, author=ann)


def test_editors_are_those_who_may_approve_and_sign_in(ann, ed):
    make_person("pia", "Publisher", first_name="Pia")
    make_person("gone", "Editor", is_active=False)
    User.objects.create_superuser("olga", first_name="Olga")
    assert [user.username for user in assignments.editors()] == ["ed", "olga", "pia"]


def test_an_editor_is_assigned_on_a_page_and_taken_off_again(client, ed, draft):
    client.force_login(ed)
    page = reverse("admin:tips_tip_do", args=[draft.pk, "assign"])
    assert "Ed Moreno" in client.get(page).text
    told = client.post(page, {"editor": ed.pk}, follow=True).text
    assert "Assigned to Ed Moreno." in told
    assert "For Ed Moreno" in told
    assert Tip.objects.get().editor == ed
    assert f'<option value="{ed.pk}" selected>' in client.get(page).text
    client.post(page, {"editor": ""})
    assert Tip.objects.get().editor is None


def test_only_an_editor_assigns_and_only_to_an_editor(ann, ed, draft):
    with pytest.raises(NotPermitted):
        assignments.assign(draft, ed, by=ann)
    with pytest.raises(WrongState, match="Ann Walsh may not approve tips"):
        assignments.assign(draft, ann, by=ed)


def test_what_is_assigned_waits_for_that_editor_as_long_as_they_can_see_to_it(ann, ed):
    pia = make_person("pia", "Publisher")
    tip = make_tip(state=TipState.IN_REVIEW, publish_at=None, author=ann)
    assignments.assign(tip, ed, by=pia)
    assert (whose_turn.count(ed), whose_turn.count(pia)) == (1, 0)
    ed.groups.clear()
    assert whose_turn.count(pia) == 1
    ed.groups.add(Group.objects.get(name="Editor"))
    assert whose_turn.count(pia) == 0
    User.objects.filter(pk=ed.pk).update(is_active=False)
    assert whose_turn.count(pia) == 1


def test_an_account_that_is_deleted_leaves_its_tips_to_nobody(ed, draft):
    assignments.assign(draft, ed, by=ed)
    User.objects.filter(pk=ed.pk).delete()
    assert Tip.objects.get().editor is None


def test_its_author_sets_a_due_day_and_takes_it_away(client, ann, draft):
    client.force_login(ann)
    page = reverse("admin:tips_tip_do", args=[draft.pk, "due"])
    day = timezone.localdate() + timedelta(days=9)
    client.post(page, {"day": day.isoformat()})
    assert Tip.objects.get().due_on == day
    told = client.post(page, {"day": timezone.localdate() - timedelta(days=1)}, follow=True).text
    assert "That day has passed." in told
    client.post(page, {"day": ""})
    assert Tip.objects.get().due_on is None


def test_an_author_takes_a_tip_back_from_its_page_until_an_editor_opens_it(client, ann, ed):
    tip = make_tip("Handed in", state=TipState.IN_REVIEW, publish_at=None, author=ann)
    form = reverse("admin:tips_tip_change", args=[tip.pk])
    back = reverse("admin:tips_tip_do", args=[tip.pk, "take-back"])
    client.force_login(ann)
    assert back in client.get(form).text
    assert "Take it back?" in client.get(back).text
    client.force_login(ed)
    # The page's script says so as soon as it is open.
    client.post(reverse("admin:tips_tip_still_open", args=[tip.pk]))
    client.force_login(ann)
    assert back not in client.get(form).text
    assert (
        "“Take back” is not possible: an editor has begun to review it." in client.get(back, follow=True).text
    )
    assert "Began to review it." in client.get(reverse("admin:tips_tip_history", args=[tip.pk])).text
    Tip.objects.update(review_began_at=None)
    assert "Taken back: it is a draft again." in client.post(back, follow=True).text
    assert Tip.objects.get().state == TipState.DRAFT


def test_only_a_draft_is_due(ann, ed):
    tip = make_tip(state=TipState.IN_REVIEW, publish_at=None, author=ann)
    assert not assignments.may_set_due_day(ed, tip)
    with pytest.raises(WrongState, match="in review"):
        assignments.set_due_day(tip, None, by=ed)
