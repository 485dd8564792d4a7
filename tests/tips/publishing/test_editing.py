"""Saving texts, and who may approve them."""

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from desk.errors import NotPermitted, Overtaken, WrongState
from tests.tips.making import ago, make_tip
from tests.tips.people import make_person
from tips.models import Tip, TipState
from tips.publishing import editing, workflow
from tips.schedule import slot_states

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return make_person("ann", "Author")


@pytest.fixture
def editor():
    return make_person("ed", "Editor")


@pytest.fixture
def approved(editor):
    """A tip that waits in the queue for the next slot."""
    tip = make_tip("Call back", state=TipState.IN_REVIEW, publish_at=None)
    workflow.approve(tip, by=editor)
    return tip


def now_of(tip):
    return Tip.objects.get(pk=tip.pk)


def last_line(tip):
    return LogEntry.objects.filter(object_id=tip.pk).latest("pk").change_message


# --- Corrections ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", editing.WRITTEN)
def test_an_approved_tip_whose_text_changes_goes_back_to_review_and_holds_its_slot(approved, editor, name):
    slot = approved.publish_at
    setattr(approved, name, "<p>Said otherwise.</p>")
    said = editing.revise(approved, [name], by=editor)
    assert (now_of(approved).state, now_of(approved).publish_at) == (TipState.IN_REVIEW, slot)
    assert slot_states.ahead(count=1)[0].state == "at_risk"
    assert said == last_line(approved)
    assert f"its text changed ({name.replace('_', ' ')})" in said
    workflow.approve(approved, by=editor)
    assert (now_of(approved).state, now_of(approved).publish_at) == (TipState.APPROVED, slot)


def test_what_changes_no_text_leaves_an_approval_alone(approved, editor):
    approved.slug = "another-address"
    editing.revise(approved, ["slug", "title", "in_categories"], by=editor)
    assert (now_of(approved).state, now_of(approved).slug) == (TipState.APPROVED, "another-address")


def test_a_public_tip_is_corrected_at_once_and_logged(editor):
    tip = make_tip()
    tip.body = "<p>Said better.</p>"
    assert editing.revise(tip, ["body"], by=editor) == "Corrected while public: body."
    assert now_of(tip).is_published
    assert last_line(tip) == "Corrected while public: body."


def test_an_author_corrects_neither_a_public_tip_nor_one_that_waits(author, editor):
    for state in (TipState.IN_REVIEW, TipState.APPROVED):
        tip = make_tip(state=state, author=author)
        tip.body = "<p>Mine.</p>"
        with pytest.raises(NotPermitted, match="You may not change"):
            editing.revise(tip, ["body"], by=author)
        assert now_of(tip).body != "<p>Mine.</p>"


def test_a_tip_that_was_moved_meanwhile_is_not_written_over(approved, editor):
    seen_by_another = now_of(approved)
    workflow.send_back(approved, "Too long.", by=editor)
    seen_by_another.body = "<p>Mine.</p>"
    with pytest.raises(Overtaken):
        editing.revise(seen_by_another, ["body"], by=editor)


def test_only_what_is_named_is_written(editor):
    tip = make_tip(state=TipState.DRAFT, publish_at=None, excerpt="As it was.")
    tip.title, tip.takeaway = "Named", "Not named"
    editing.revise(tip, ["title"], by=editor)
    assert (now_of(tip).title, now_of(tip).takeaway) == ("Named", "")


# --- Days -------------------------------------------------------------------------------------------


def test_a_day_in_a_form_pins_the_tip_and_an_emptied_one_gives_the_slot_back(approved, editor):
    slot = approved.publish_at
    draft = make_tip("Draft", state=TipState.DRAFT, publish_at=None)
    draft.publish_at = slot
    said = editing.revise(draft, ["publish_at"], by=editor)
    assert now_of(draft).pinned
    assert now_of(approved).publish_at > slot
    assert "“Call back” goes live" in said
    draft.publish_at = None
    editing.revise(draft, ["publish_at"], by=editor)
    assert (now_of(draft).pinned, now_of(approved).publish_at) == (False, slot)


def test_an_author_gives_no_day(author):
    tip = make_tip(state=TipState.DRAFT, publish_at=None, author=author)
    tip.publish_at = slot_states.ahead(count=1)[0].slot.at
    with pytest.raises(NotPermitted, match="plan tips"):
        editing.revise(tip, ["publish_at"], by=author)
    with pytest.raises(NotPermitted, match="plan tips"):
        editing.start(Tip(title="New", slug="new", publish_at=tip.publish_at), by=author)


def test_a_day_that_has_passed_is_refused(editor):
    with pytest.raises(WrongState, match="has passed"):
        editing.start(Tip(title="New", slug="new", publish_at=ago(days=1)), by=editor)
    assert not Tip.objects.exists()


def test_a_deleted_draft_gives_its_slot_to_the_queue(approved, editor):
    slot = approved.publish_at
    draft = make_tip("Draft", state=TipState.DRAFT, publish_at=None)
    workflow.schedule(draft, slot, by=editor)
    assert now_of(approved).publish_at > slot
    editing.delete(draft, by=editor)
    assert now_of(approved).publish_at == slot


def test_what_was_approved_is_not_deleted(approved, editor):
    with pytest.raises(WrongState, match="Withdraw it instead"):
        editing.delete(approved, by=editor)
    assert now_of(approved)


# --- Four eyes --------------------------------------------------------------------------------------


@pytest.fixture
def _four_eyes(settings):
    settings.FOUR_EYES = True


def written_by(*people):
    """Return a tip in review that these people wrote on, the first of them its author."""
    tip = Tip(title="Call back", slug="call-back", body="<p>At once.</p>")
    editing.start(tip, by=people[0])
    tip.categories.create(name="Everyday", slug="everyday")
    for number, person in enumerate(people[1:]):
        tip.takeaway = f"Worded anew, {number}."
        editing.revise(tip, ["takeaway"], by=person)
    workflow.submit(tip, by=people[-1])
    return tip


def test_without_the_setting_who_wrote_may_approve(editor):
    workflow.approve(written_by(editor), by=editor)


@pytest.mark.usefixtures("_four_eyes")
@pytest.mark.parametrize("verb", [workflow.approve, workflow.publish_now])
def test_nobody_approves_what_they_wrote_part_of(editor, verb):
    root = make_person("root", is_superuser=True)
    tip = written_by(make_person("eve", "Editor"), root)
    with pytest.raises(WrongState, match="somebody else must approve it"):
        verb(tip, by=root)
    assert now_of(tip).state == TipState.IN_REVIEW
    verb(tip, by=editor)
    assert now_of(tip).state == TipState.APPROVED


@pytest.mark.usefixtures("_four_eyes")
def test_only_what_was_written_since_the_last_approval_counts(editor):
    eve = make_person("eve", "Editor")
    tip = written_by(eve)
    workflow.approve(tip, by=editor)
    tip.takeaway = "Worded by the first reader."
    editing.revise(tip, ["takeaway"], by=editor)
    with pytest.raises(WrongState, match="somebody else"):
        workflow.approve(tip, by=editor)
    workflow.approve(tip, by=eve)
    workflow.send_back(tip, "One more look.", by=eve)
    workflow.submit(tip, by=eve)
    workflow.approve(tip, by=eve)


@pytest.mark.usefixtures("_four_eyes")
def test_saving_without_a_change_makes_nobody_a_writer(editor):
    tip = written_by(make_person("eve", "Editor"))
    editing.revise(tip, ["title", "body"], by=editor)
    workflow.approve(tip, by=editor)


@pytest.mark.usefixtures("_four_eyes")
def test_a_tip_that_nobody_is_known_to_have_written_is_its_authors(editor):
    tip = make_tip(state=TipState.IN_REVIEW, publish_at=None, author=editor)
    with pytest.raises(WrongState, match="somebody else"):
        workflow.approve(tip, by=editor)


@pytest.mark.usefixtures("_four_eyes")
def test_a_publisher_overrides_with_a_reason_that_is_kept(editor):
    publisher = make_person("pat", "Publisher")
    tip = written_by(publisher)
    with pytest.raises(WrongState, match="with a reason"):
        workflow.approve(tip, by=publisher, override="  ")
    workflow.approve(tip, by=publisher, override="Nobody else is\nhere.")
    assert last_line(tip).endswith("Approved by one of its writers: Nobody else is here.")


@pytest.mark.usefixtures("_four_eyes")
def test_an_editor_cannot_override(editor):
    tip = written_by(editor)
    with pytest.raises(NotPermitted, match="or a publisher"):
        workflow.approve(tip, by=editor, override="It is late.")


def test_an_approval_is_dated(editor):
    tip = written_by(editor)
    before = timezone.now()
    workflow.approve(tip, by=editor)
    assert before <= now_of(tip).approved_at <= timezone.now()
