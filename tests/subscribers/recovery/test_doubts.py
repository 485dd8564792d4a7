"""What is known before somebody says that a restored database is the real one, and what is not."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from subscribers.models import DatabaseIdentity, Delivery, Mailing
from subscribers.people import journal, subscriptions
from subscribers.recovery import doubts, guard
from tests.subscribers.recovery.backups import mailing_of, put_back, take_backup

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_there_is_nothing_to_survey_while_the_guard_is_open():
    guard.checkpoint()
    assert doubts.survey() is None


def test_the_last_line_is_that_of_before_the_restore():
    now = timezone.now().replace(microsecond=0)
    with time_machine.travel(now - 3 * HOUR, tick=False):
        guard.checkpoint()
    DatabaseIdentity.objects.update(restored_at=now - HOUR)
    # Somebody leaves on the restored site.
    journal.append([journal.new_entry("suppressed", "a" * 64, reason="unsubscribed")])
    # And a line that no clock has written.
    journal.append([journal.new_entry("erased", "b" * 64, now.replace(year=9000))])
    assert doubts.survey().last_line_at == now - 3 * HOUR
    DatabaseIdentity.objects.update(restored_at=None, counter=0)
    assert doubts.survey().last_line_at >= now


def test_a_journal_that_names_no_database_is_none():
    guard.checkpoint()
    journal.path().unlink()
    journal.append([journal.new_entry("erased", "a" * 64)])
    assert doubts.survey().last_line_at is None


def test_it_says_how_far_a_mailing_was_and_counts_what_the_journal_knows_of_as_tried():
    mailing, rows = mailing_of(5)
    Delivery.objects.filter(pk=rows[0].pk).update(state=Delivery.State.SENT)
    guard.checkpoint(mailing, rows[0].pk)
    backup = take_backup()
    guard.checkpoint(mailing, rows[2].pk)
    put_back(backup)
    ((found, reached),) = doubts.survey().half_sent
    assert found == mailing
    assert reached == doubts.Reached(sent=1, tried=2, untried=2, is_list_open=False)
    assert reached.in_doubt == 4


def test_it_knows_the_tips_that_were_mailed_since_by_the_journal():
    mailing, _ = mailing_of(1, state=Mailing.State.PREPARED, started_at=None)
    guard.checkpoint()
    backup = take_backup()
    guard.checkpoint(mailing, finished=True)
    put_back(backup)
    assert doubts.survey().mailed_tips == {mailing.tip_id}


def test_it_counts_the_letters_that_wait_and_no_others():
    guard.checkpoint()
    DatabaseIdentity.objects.update(counter=0)
    first = subscriptions.request("anna@example.org")
    # Of his request no mail comes any more, and of his welcome one does.
    subscriptions.confirm(subscriptions.request("ben@example.org"))
    survey = doubts.survey()
    assert (survey.letters, survey.letters_since) == (2, first.asked_at)


def test_a_journal_that_cannot_be_read_says_nothing():
    journal.path().mkdir()
    survey = doubts.survey()
    assert (survey.closure.code, survey.last_line_at) == (guard.UNREADABLE, None)
