"""Mails to staff go out once, to those who can do something about it."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from tests.tips.people import make_person
from tests.tips.weeks import NOON
from tipsite.alerts import notices
from tipsite.models import Notice
from tipsite.staff import accounts

pytestmark = pytest.mark.django_db

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _site(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def ed():
    return make_person("ed", "Editor")


def notice():
    return Notice(kind=Notice.Kind.FLOOD, occasion="today")


def test_everyone_who_can_do_something_is_told_once(ed, settings):
    make_person("pat", "Publisher")
    make_person("root", is_superuser=True)
    make_person("ann", "Author")
    for name, fields in {
        "left": {"is_active": False},
        "mute": {"email": ""},
        "odd": {"email": "n\nn"},
    }.items():
        person = make_person(name, "Editor")
        type(person).objects.filter(pk=person.pk).update(**fields)
    settings.STAFF_EMAIL = ["desk@example.org", "ED@example.org"]
    assert notices.recipients() == [
        "ed@example.org",
        "pat@example.org",
        "root@example.org",
        "desk@example.org",
    ]


def test_whoever_was_invited_and_never_came_in_learns_nothing_of_drafts(ed):
    pat = make_person("pat", "Publisher")
    new = accounts.invite("new@example.org", "Editor", by=pat)
    assert notices.recipients() == ["ed@example.org", "pat@example.org"]
    new.set_password("a long enough secret 7")
    new.save()
    assert "new@example.org" in notices.recipients()


def test_two_workers_send_a_notice_once():
    def build():
        # Another worker is here at the same time.
        assert not notices.send_once(notice(), build, NOON)
        return EmailMessage("Once", to=["ed@example.org"])

    assert notices.send_once(notice(), build, NOON)
    assert not notices.send_once(notice(), build, NOON + DAY)
    assert len(mail.outbox) == 1


def test_a_claim_of_a_worker_that_was_killed_runs_out():
    claimed = {"created_at": NOON, "claimed_at": NOON, "attempts": 1}
    Notice.objects.create(kind=Notice.Kind.FLOOD, occasion="today", **claimed)

    def build():
        return EmailMessage("Once", to=["ed@example.org"])

    assert not notices.send_once(notice(), build, NOON + MINUTE)
    assert notices.send_once(notice(), build, NOON + 3 * MINUTE)


def test_a_claim_of_a_clock_that_was_set_back_holds_nothing_up():
    claimed = {"created_at": NOON, "claimed_at": NOON, "attempts": 1}
    Notice.objects.create(kind=Notice.Kind.FLOOD, occasion="today", **claimed)
    assert notices.send_once(
        notice(), lambda: EmailMessage("Once", to=["ed@example.org"]), NOON - 60 * MINUTE
    )
