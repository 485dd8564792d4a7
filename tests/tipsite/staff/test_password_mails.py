"""The mail to who forgot their password goes out once, whatever becomes of its task."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from tests.tips.people import make_person
from tipsite.models import PasswordMail
from tipsite.staff import password_mails, tasks

pytestmark = pytest.mark.django_db
IMMEDIATE = "django_tasks.backends.immediate.ImmediateBackend"


def later(minutes):
    return timezone.now() + timedelta(minutes=minutes)


@pytest.fixture
def ann(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    return make_person("ann", "Author")


def test_a_task_sends_it_at_once_and_the_clock_not_again(ann, settings):
    settings.TASKS = {"default": {"BACKEND": IMMEDIATE}}
    tasks.nudge_password_reset(ann)
    tasks.send_password_reset.enqueue(ann.pk)
    assert [password_mails.send_due(later(minutes)) for minutes in (1, 5)] == [0, 0]
    assert [each.to for each in mail.outbox] == [["ann@example.org"]]
    assert not PasswordMail.objects.exists()


def test_the_clock_sends_what_no_task_did(ann):
    tasks.nudge_password_reset(ann)
    assert [password_mails.send_due(later(minutes)) for minutes in (1, 3, 4)] == [0, 1, 0]
    assert len(mail.outbox) == 1


def test_it_waits_where_the_engine_of_tasks_is_away(ann, settings, caplog):
    settings.TASKS = {"default": {"BACKEND": "tests.subscribers.failing_tasks.Backend"}}
    tasks.nudge_password_reset(ann)
    assert "is late" in caplog.text
    assert password_mails.send_due(later(3)) == 1


def test_a_mail_server_that_is_away_is_asked_again_and_an_hour_later_nobody_waits(ann, settings, caplog):
    tasks.nudge_password_reset(ann)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(password_mails.emails, "password_reset", refuse)
        assert password_mails.send_due(later(3)) == 0
        assert "waits (ConnectionRefusedError)" in caplog.text
    assert password_mails.send(ann.pk) is False
    assert password_mails.send_due(later(61)) == 0
    assert not PasswordMail.objects.exists()
    assert mail.outbox == []


def refuse(*args):
    raise ConnectionRefusedError


def test_an_account_that_was_deactivated_meanwhile_gets_none(ann):
    tasks.nudge_password_reset(ann)
    ann.is_active = False
    ann.save()
    assert password_mails.send_due(later(3)) == 0
    assert (mail.outbox, PasswordMail.objects.count()) == ([], 0)
