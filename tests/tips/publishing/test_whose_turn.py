"""Whose turn is it? The rows of the front page, and the number in the bar."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Contribution, Tip, TipState
from tips.publishing import commenting, whose_turn, workflow

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return make_person("ann", "Author", first_name="Ann", last_name="Walsh")


@pytest.fixture
def ed():
    return make_person("ed", "Editor", first_name="Ed", last_name="Moreno")


def submitted(title, author):
    tip = make_tip(title, state=TipState.DRAFT, publish_at=None, author=author, categories=["Everyday"])
    workflow.submit(tip, by=author)
    return tip


def told(person):
    turns = whose_turn.turns(person)
    assert whose_turn.count(person) == len(turns)
    return [(turn.tip.title, turn.kind, turn.by, turn.reason) for turn in turns]


def test_a_submission_waits_for_editors_and_a_send_back_for_its_author(ann, ed):
    tip = submitted("Call back", ann)
    make_tip("A plain draft", state=TipState.DRAFT, publish_at=None, author=ann)
    assert told(ed) == [("Call back", "review", "Ann Walsh", "")]
    assert told(ann) == []
    workflow.send_back(tip, "Tell the story.", by=ed)
    assert told(ed) == []
    assert told(ann) == [("Call back", "back", "Ed Moreno", "Sent back: Tell the story.")]
    workflow.submit(tip, by=ann)
    assert told(ann) == []
    assert told(ed) == [("Call back", "review", "Ann Walsh", "")]


def test_what_waits_longest_stands_first_and_what_came_back_last(ann, ed):
    first, second = submitted("First", ed), submitted("Second", ann)
    third = submitted("Third", ed)
    workflow.send_back(first, "Once more.", by=ed)
    assert [title for title, *_ in told(ed)] == ["Second", "Third", "First"]
    assert {second, third} < {turn.tip for turn in whose_turn.turns(ed)}


def test_where_two_must_look_nobody_is_asked_to_review_their_own(settings, ann, ed):
    submitted("Mine", ed)
    assert len(told(ed)) == 1
    settings.FOUR_EYES = True
    assert told(ed) == []


def test_where_two_must_look_one_who_wrote_part_of_a_colleagues_tip_is_not_asked(
    settings, ann, ed, django_assert_num_queries
):
    settings.FOUR_EYES = True
    tips = [submitted("Anns", ann), submitted("Given away", ed)]
    Contribution.objects.all().delete()
    Contribution.objects.create(tip=tips[0], user=ed)
    Contribution.objects.create(tip=tips[1], user=ann)
    assert [title for title, *_ in told(ed)] == ["Given away"]
    with django_assert_num_queries(1):
        assert whose_turn.count(ed) == 1


def test_one_without_a_known_history_waits_since_it_was_last_changed(ann, ed):
    tip = make_tip("From an import", state=TipState.IN_REVIEW, publish_at=None, author=ann)
    (turn,) = whose_turn.turns(ed)
    assert (turn.since, turn.by) == (tip.updated_at, "Ann Walsh")
    assert whose_turn.turns(make_person("guest")) == []


def test_one_left_off_at_what_one_wrote_and_not_at_what_waits(ann, ed, django_assert_num_queries):
    make_tip("Old", state=TipState.DRAFT, publish_at=None, author=ann)
    make_tip("New", state=TipState.DRAFT, publish_at=None, author=ann)
    submitted("Handed in", ann)
    workflow.send_back(submitted("Back", ann), "Again.", by=ed)
    turns = whose_turn.turns(ann)
    with django_assert_num_queries(1):
        assert [tip.title for tip in whose_turn.left_off(ann, turns, 5)] == ["Handed in", "New", "Old"]


def test_what_is_assigned_waits_for_that_editor_and_what_is_due_for_its_author(ann, ed):
    tip = submitted("Call back", ann)
    Tip.objects.filter(pk=tip.pk).update(editor=make_person("eve", "Editor"))
    assert told(ed) == []
    Tip.objects.filter(pk=tip.pk).update(editor=ed)
    assert len(told(ed)) == 1
    days = timedelta(days=1), timedelta(days=9)
    for title, away in zip(("Soon", "Later"), days, strict=True):
        due_on = timezone.localdate() + away
        make_tip(title, state=TipState.DRAFT, publish_at=None, author=ann, due_on=due_on)
    assert [(title, kind) for title, kind, *_ in told(ann)] == [("Soon", "due")]


def test_a_comment_waits_for_the_author_and_an_answer_for_whoever_began(ann, ed, django_assert_num_queries):
    tip = submitted("Call back", ann)
    thread = commenting.comment(tip, "Eleven is a lot.", by=ed)
    assert told(ann) == [("Call back", "comment", "Ed Moreno", "Eleven is a lot.")]
    assert [kind for _, kind, *_ in told(ed)] == ["review"]
    commenting.answer(thread, "She kept the list.", by=ann)
    assert told(ann) == []
    workflow.approve(Tip.objects.get(pk=tip.pk), by=ed)
    assert told(ed) == [("Call back", "comment", "Ann Walsh", "She kept the list.")]
    commenting.resolve(thread, by=ed)
    assert told(ed) == []
    with django_assert_num_queries(1):
        assert whose_turn.count(ed) == 0


def test_a_comment_of_one_who_left_waits_and_one_on_a_withdrawn_tip_does_not(ann, ed):
    tip = make_tip("Public", author=ann)
    commenting.comment(tip, "Is this so?", by=ed)
    ed.delete()
    assert told(ann) == [("Public", "comment", "somebody who left", "Is this so?")]
    Tip.objects.update(state=TipState.WITHDRAWN)
    assert told(ann) == []
