"""Colleagues talk about a tip beside its text."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from desk.errors import NotPermitted, Overtaken, WrongState
from desk.log import entries_about
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import EditorialComment, QueueVersion, Tip, TipState
from tips.publishing import comment_threads, commenting
from tips.text.passages import Passage

pytestmark = pytest.mark.django_db
BODY = "<p>She rang eleven possible numbers before the right one answered.</p><p>The dog was fine.</p>"
RANG = Passage("rang eleven possible numbers", "She ", " before the right one")


@pytest.fixture
def ann():
    return make_person("ann", "Author", first_name="Ann", last_name="Walsh")


@pytest.fixture
def ed():
    return make_person("ed", "Editor", first_name="Ed", last_name="Moreno")


@pytest.fixture
def tip(ann):
    return make_tip("Call back", body=BODY, author=ann, state=TipState.IN_REVIEW, publish_at=None)


def history(tip):
    """Return what the history says was done to a tip, the oldest first."""
    return [entry.get_change_message() for entry in entries_about(tip).order_by("pk")]


def shown(tip, person):
    """Return the threads that a person sees, as lists of what was said."""
    return [
        [thread.comment.text, *(answer.text for answer in thread.answers)]
        for thread in comment_threads.of(tip, person)
    ]


def test_a_comment_is_answered_resolved_and_reopened_and_the_history_says_so(tip, ann, ed):
    thread = commenting.comment(tip, "  Eleven is a lot.\r\nTrue? ", RANG, by=ed)
    commenting.answer(thread, "True.", by=ann)
    commenting.resolve(thread, by=ann)
    commenting.resolve(thread, by=ed)
    assert EditorialComment.objects.get(pk=thread.pk).resolved_by == ann
    commenting.reopen(thread, by=ed)
    assert shown(tip, ann) == [["Eleven is a lot.\nTrue?", "True."]]
    about = "on “rang eleven possible numbers”"
    assert history(tip) == [
        f"Commented {about}.",
        f"Answered the comment of Ed Moreno {about}.",
        f"Resolved the comment of Ed Moreno {about}.",
        f"Reopened the comment of Ed Moreno {about}.",
    ]


def test_nothing_of_the_tip_changes_so_that_nobody_who_writes_it_meets_a_conflict(tip, ann, ed):
    before = Tip.objects.values().get(), tip.versions.count(), QueueVersion.objects.values().first()
    commenting.resolve(commenting.comment(tip, "Good.", by=ed), by=ann)
    assert before == (Tip.objects.values().get(), tip.versions.count(), QueueVersion.objects.values().first())


def test_threads_stand_in_the_order_of_the_text_and_what_is_about_words_that_are_gone_last(tip, ed):
    for text, quote in [("d", "no such words at all, never"), ("c", "The dog was fine."), ("b", RANG.quote)]:
        commenting.comment(tip, text, Passage(quote), by=ed)
    commenting.comment(tip, "a", by=ed)
    assert shown(tip, ed) == [["a"], ["b"], ["c"], ["d"]]
    tip.body = "<p>The dog was “fine”.</p><p>She rang <em>eleven</em> possible numbers today.</p>"
    threads = comment_threads.of(tip, ed)
    assert [(each.comment.text, each.is_gone) for each in threads] == [
        ("a", False),
        ("b", False),
        ("d", True),
        ("c", True),
    ]
    tip.body = "<p>She rang eleven more of the possible numbers before the right one answered.</p>"
    changed = comment_threads.of(tip, ed)[1]
    assert (changed.comment.text, changed.is_gone, changed.is_changed) == ("b", False, True)


def test_its_author_and_editors_talk_and_nobody_else_sees_a_word(tip, ann, ed):
    thread = commenting.comment(tip, "Good.", by=ed)
    for stranger in (make_person("zoe", "Author"), make_person("guest")):
        assert comment_threads.of(tip, stranger) == []
        for verb in (commenting.resolve, commenting.reopen, commenting.take_back):
            with pytest.raises(NotPermitted):
                verb(thread, by=stranger)
        with pytest.raises(NotPermitted):
            commenting.comment(tip, "Me too.", by=stranger)
        with pytest.raises(NotPermitted):
            commenting.answer(thread, "Me too.", by=stranger)
    assert EditorialComment.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "passage", "why"),
    [
        (" \u200b\n", RANG, "Write what you have to say"),
        ("x" * 2001, RANG, "has 2,001 letters, and 2,000 is the most"),
        ("Why?", Passage("x" * 1001), "The passage has 1,001 letters"),
    ],
)
def test_what_is_empty_or_too_long_is_refused_in_words(tip, ed, text, passage, why):
    with pytest.raises(WrongState, match=why):
        commenting.comment(tip, text, passage, by=ed)
    commenting.comment(tip, "x" * 2000, by=ed)


def test_one_takes_back_ones_own_for_ten_minutes_while_nobody_answered(tip, ann, ed):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        thread = commenting.comment(tip, "Too hasty.", RANG, by=ed)
        with pytest.raises(NotPermitted, match="your own"):
            commenting.take_back(thread, by=ann)
        answer = commenting.answer(thread, "Well …", by=ann)
        with pytest.raises(WrongState, match="answered meanwhile"):
            commenting.take_back(thread, by=ed)
        assert [each.taken_back for each in comment_threads.of(tip, ann)] == [answer]
        commenting.take_back(answer, by=ann)
        clock.shift(timedelta(minutes=10))
        with pytest.raises(WrongState, match="ten minutes"):
            commenting.take_back(thread, by=ed)
        clock.shift(timedelta(seconds=-1))
        commenting.take_back(thread, by=ed)
    assert not EditorialComment.objects.exists()
    assert history(tip)[-1] == "Took back a comment on “rang eleven possible numbers”."
    with pytest.raises(Overtaken, match="taken back meanwhile"):
        commenting.answer(thread, "But", by=ann)


def test_a_form_that_is_sent_twice_says_it_once(tip, ann, ed):
    threads = [commenting.comment(tip, "Good.", RANG, by=ed) for _ in range(2)]
    answers = [commenting.answer(threads[0], "Thanks.", by=ann) for _ in range(2)]
    assert shown(tip, ann) == [["Good.", "Thanks."]]
    assert (threads[0], answers[0], len(history(tip))) == (threads[1], answers[1], 2)
    commenting.comment(tip, "Good.", by=ed)
    assert len(shown(tip, ann)) == 2


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_forms_at_one_instant_say_it_once(tip, ed):
    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            first = commenting.comment(tip, "Good.", RANG, by=ed)
            # The second one waits until the first is through.
            with pytest.raises(OperationalError, match="lock timeout"):
                other.submit(comment_impatiently, tip, ed).result()
        assert other.submit(comment_impatiently, tip, ed).result() == first
    assert shown(tip, ed) == [["Good."]]


def comment_impatiently(tip, person):
    """Comment on a connection of its own that waits for nobody."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        return commenting.comment(tip, "Good.", RANG, by=person)
    finally:
        connection.close()


def test_an_answer_to_what_was_resolved_meanwhile_opens_it_again(tip, ann, ed):
    thread = commenting.comment(tip, "Good.", by=ed)
    commenting.resolve(thread, by=ed)
    commenting.answer(thread, "No, wait.", by=ann)
    assert EditorialComment.objects.get(pk=thread.pk).resolved_at is None


def test_comments_go_with_the_tip_and_stay_when_their_writer_leaves(tip, ann, ed):
    thread = commenting.comment(tip, "Good.", by=ed)
    ed.delete()
    assert EditorialComment.objects.get(pk=thread.pk).by is None
    Tip.objects.get(pk=tip.pk).delete()
    assert not EditorialComment.objects.exists()
