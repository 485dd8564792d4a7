from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from desk.errors import NotPermitted, Overtaken, WrongState
from tests.tips.making import ago, make_tip
from tests.tips.people import make_person
from tips import dates
from tips.models import Tip, TipState
from tips.publishing import workflow
from tips.schedule import slot_states

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return make_person("ann", "Author")


@pytest.fixture
def editor():
    return make_person("ed", "Editor")


@pytest.fixture
def later():
    return timezone.now() + timedelta(days=9)


def trace(tip):
    return [
        (entry.user.username, entry.change_message) for entry in LogEntry.objects.filter(object_id=tip.pk)
    ]


def now_of(tip):
    return Tip.objects.get(pk=tip.pk)


def test_a_draft_goes_from_its_author_to_readers_and_leaves_a_trace(author, editor, later):
    tip = make_tip("Call back", state=TipState.DRAFT, publish_at=None, author=author, categories=["Everyday"])
    workflow.submit(tip, by=author)
    workflow.schedule(tip, later, by=editor)
    workflow.approve(tip, by=editor)
    assert (now_of(tip).state, now_of(tip).publish_at) == (TipState.APPROVED, later)
    assert not now_of(tip).is_published
    assert sorted(trace(tip)) == sorted(
        [
            ("ann", "Submitted for review."),
            ("ed", f"Planned for {dates.short(later)}."),
            ("ed", f"Approved for {dates.short(later)}."),
        ]
    )


def test_an_author_takes_a_submission_back_until_an_editor_has_opened_it(author, editor):
    tip = make_tip(state=TipState.DRAFT, publish_at=None, author=author)
    workflow.submit(tip, by=author)
    workflow.begin_review(tip, by=author)
    assert workflow.may_take_back(author, now_of(tip))
    assert not workflow.may_take_back(editor, now_of(tip))
    workflow.take_back(tip, by=author)
    assert now_of(tip).state == TipState.DRAFT
    workflow.submit(tip, by=author)
    seen_by_author = now_of(tip)
    for _ in range(2):
        workflow.begin_review(now_of(tip), by=editor)
    with pytest.raises(WrongState, match="An editor has begun"):
        workflow.take_back(seen_by_author, by=author)
    assert not workflow.may_take_back(author, now_of(tip))
    assert [sentence for _, sentence in trace(tip)].count("Began to review it.") == 1
    workflow.send_back(now_of(tip), "Shorter.", by=editor)
    workflow.submit(now_of(tip), by=author)
    assert workflow.may_take_back(author, now_of(tip))


def test_an_author_submits_only_their_own_drafts(author):
    tip = make_tip(state=TipState.DRAFT, publish_at=None, author=make_person("bob", "Author"))
    with pytest.raises(NotPermitted, match="its author or an editor"):
        workflow.submit(tip, by=author)
    assert now_of(tip).state == TipState.DRAFT


@pytest.mark.parametrize(
    ("verb", "state", "answers"),
    [
        (workflow.send_back, TipState.IN_REVIEW, ["Too long."]),
        (workflow.approve, TipState.IN_REVIEW, []),
        (workflow.schedule, TipState.DRAFT, [timezone.now() + timedelta(days=99)]),
        (workflow.publish_now, TipState.IN_REVIEW, []),
        (workflow.withdraw, TipState.APPROVED, ["Out of date."]),
        (workflow.reinstate, TipState.WITHDRAWN, []),
    ],
)
def test_an_author_has_no_verb_of_an_editor(author, later, verb, state, answers):
    tip = make_tip(state=state, publish_at=later, author=author)
    with pytest.raises(NotPermitted, match="Ask an editor"):
        verb(tip, *answers, by=author)
    assert now_of(tip).state == state
    assert trace(tip) == []


@pytest.mark.parametrize(
    ("verb", "answers", "states"),
    [
        (workflow.submit, [], {TipState.DRAFT}),
        (workflow.send_back, ["Too long."], {TipState.IN_REVIEW, TipState.APPROVED}),
        (workflow.approve, [], {TipState.IN_REVIEW}),
        (
            workflow.schedule,
            [timezone.now() + timedelta(days=99)],
            {TipState.DRAFT, TipState.IN_REVIEW, TipState.APPROVED},
        ),
        (workflow.publish_now, [], {TipState.IN_REVIEW, TipState.APPROVED}),
        (workflow.withdraw, ["Out of date."], {TipState.APPROVED}),
        (workflow.reinstate, [], {TipState.WITHDRAWN}),
    ],
)
def test_each_verb_is_refused_in_every_state_but_its_own(editor, later, verb, answers, states):
    for number, state in enumerate(TipState):
        tip = make_tip(state=state, publish_at=later + timedelta(weeks=number))
        # An earlier one holds the moment that this verb would plan the tip for.
        Tip.objects.exclude(pk=tip.pk).delete()
        if state in states:
            verb(tip, *answers, by=editor)
            continue
        with pytest.raises(WrongState, match=r"it is .*\."):
            verb(tip, *answers, by=editor)
        assert now_of(tip).state == state


def test_approving_a_tip_without_a_day_gives_it_the_next_free_slot(editor):
    tip = make_tip(state=TipState.IN_REVIEW, publish_at=None)
    said = workflow.approve(tip, by=editor)
    coming = slot_states.ahead(count=1)[0]
    assert (now_of(tip).publish_at, coming.tip, coming.state) == (coming.slot.at, tip, "safe")
    assert said == f"Approved for {coming.slot}."


def test_approving_refuses_a_day_beside_undated(editor, later):
    tip = make_tip(state=TipState.IN_REVIEW, publish_at=later, undated=True)
    with pytest.raises(WrongState, match="Take one of the two away"):
        workflow.approve(tip, by=editor)


def test_a_tip_approved_after_its_moment_is_not_dated_back(editor):
    tip = make_tip(state=TipState.IN_REVIEW, publish_at=ago(hours=9), pinned=True)
    workflow.approve(tip, by=editor)
    assert not now_of(tip).is_published
    assert (now_of(tip).publish_at, now_of(tip).pinned) == (slot_states.ahead(count=1)[0].slot.at, False)


def test_a_moment_that_another_tip_is_pinned_to_is_refused(editor, later):
    held = make_tip("Held", state=TipState.DRAFT, publish_at=None)
    workflow.schedule(held, later, by=editor)
    for state in (TipState.DRAFT, TipState.APPROVED):
        tip = make_tip(
            state=state, publish_at=None if state == TipState.DRAFT else later + timedelta(weeks=1)
        )
        with pytest.raises(WrongState, match="held by “Held”"):
            workflow.schedule(tip, later, by=editor)


def test_a_tip_that_is_sent_back_keeps_its_slot_at_risk(editor):
    tip = make_tip(state=TipState.IN_REVIEW, publish_at=None)
    workflow.approve(tip, by=editor)
    said = workflow.send_back(tip, "Too long.", by=editor)
    row = slot_states.ahead(count=1)[0]
    assert (row.tip, row.state) == (tip, "at_risk")
    assert "is at risk until it is approved again" in said
    workflow.submit(tip, by=editor)
    workflow.approve(tip, by=editor)
    assert slot_states.ahead(count=1)[0].state == "safe"


def test_an_undated_tip_is_public_once_it_is_approved(editor):
    tip = make_tip(state=TipState.IN_REVIEW, undated=True)
    workflow.approve(tip, by=editor)
    assert now_of(tip).is_published


def test_nothing_is_planned_for_a_moment_that_has_passed(editor):
    tip = make_tip(state=TipState.DRAFT, publish_at=None)
    with pytest.raises(WrongState, match="Choose a later moment"):
        workflow.schedule(tip, ago(minutes=1), by=editor)


def test_publishing_now_sets_its_day_to_now(editor, later):
    tip = make_tip(state=TipState.APPROVED, publish_at=later)
    before = timezone.now().replace(microsecond=0)
    workflow.publish_now(tip, by=editor)
    assert before <= now_of(tip).publish_at <= timezone.now()
    assert now_of(tip).is_published
    assert dates.short(later) in trace(tip)[0][1]


def test_publishing_now_gives_no_day_to_an_undated_tip(editor):
    tip = make_tip(state=TipState.IN_REVIEW, undated=True)
    with pytest.raises(WrongState, match="marked as undated: approve it"):
        workflow.publish_now(tip, by=editor)


@pytest.mark.parametrize("verb", [workflow.send_back, workflow.schedule, workflow.publish_now])
def test_a_public_tip_keeps_its_day_and_place(editor, later, verb):
    tip = make_tip()
    answers = {workflow.send_back: ["Why?"], workflow.schedule: [later]}.get(verb, [])
    with pytest.raises(WrongState, match="readers can see it already"):
        verb(tip, *answers, by=editor)
    assert now_of(tip).publish_at == tip.publish_at


@pytest.mark.parametrize("verb", [workflow.send_back, workflow.withdraw])
def test_a_reason_is_asked_for_and_kept(editor, later, verb):
    tip = make_tip(publish_at=later)
    with pytest.raises(WrongState, match="kept in the tip's history"):
        verb(tip, "  ", by=editor)
    verb(tip, "It names\n a customer.", by=editor)
    assert trace(tip)[0][1].endswith("It names a customer.")


def test_a_withdrawn_public_tip_comes_back_at_its_old_day(editor):
    tip = make_tip()
    day = tip.publish_at
    workflow.withdraw(tip, "Wrong figure.", by=editor)
    assert not now_of(tip).is_published
    workflow.reinstate(tip, by=editor)
    assert (now_of(tip).is_published, now_of(tip).publish_at) == (True, day)


def test_a_withdrawn_undated_tip_comes_back_undated(editor):
    tip = make_tip(undated=True)
    workflow.withdraw(tip, "Wrong figure.", by=editor)
    workflow.reinstate(tip, by=editor)
    assert (now_of(tip).is_published, now_of(tip).publish_at) == (True, None)


def test_a_tip_withdrawn_before_its_day_comes_back_as_a_draft(editor, later):
    tip = make_tip(publish_at=later)
    workflow.withdraw(tip, "Not yet.", by=editor)
    # The slot is free, and nobody can tell that there was something.
    assert now_of(tip).publish_at is None
    workflow.reinstate(tip, by=editor)
    assert now_of(tip).state == TipState.DRAFT


def test_of_two_who_act_at_once_the_second_is_told(editor, later):
    tip = make_tip(state=TipState.IN_REVIEW, publish_at=later)
    seen_by_another = now_of(tip)
    workflow.send_back(tip, "Too long.", by=editor)
    with pytest.raises(Overtaken, match="Somebody else changed"):
        workflow.approve(seen_by_another, by=make_person("eve", "Editor"))
    assert now_of(tip).state == TipState.DRAFT
    assert len(trace(tip)) == 1
