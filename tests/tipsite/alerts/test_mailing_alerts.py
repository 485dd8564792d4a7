"""What staff are told when the weekly mail stands still."""

from datetime import timedelta

import pytest
from django.utils import timezone

from subscribers.mailings import control
from subscribers.models import DatabaseIdentity, Mailing
from subscribers.recovery import declaration, guard
from tests.subscribers.making import make_begun
from tests.tips.people import make_person
from tipsite.alerts import mailing_alerts
from tipsite.worker import clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def publisher(settings, tmp_path):
    settings.STATE_DIR, settings.STAFF_EMAIL = tmp_path, ["desk@example.org"]
    make_person("ed", "Editor")
    return make_person("olga", "Publisher")


@pytest.fixture
def told(mailoutbox):
    """A function that lets three minutes pass and returns the mails that went out meanwhile."""

    def told():
        before, now = len(mailoutbox), timezone.now()
        for minute in range(3):
            mailing_alerts.send_alerts(now + timedelta(minutes=minute))
        return mailoutbox[before:]

    return told


def stop_by_itself(mailing, reason="The last 20 mails were all refused.", tripped_from=None):
    stopped = {"state": Mailing.State.PAUSED, "reason": reason, "by": None, "tripped_from": tripped_from}
    Mailing.objects.filter(pk=mailing.pk).update(**stopped)


def test_those_who_can_resume_it_are_told_once_that_a_mailing_stopped_itself(told, publisher):
    mailing = make_begun()
    assert told() == []
    stop_by_itself(mailing, tripped_from=timezone.now())
    [mail] = told()
    assert mail.to == [publisher.email, "desk@example.org"]
    assert mail.subject == f"The mail of “{mailing.tip}” stands still"
    assert "It stopped itself. The last 20 mails were all refused." in mail.body
    assert "see to the cause first, then resume: who was refused in the last" in mail.body
    # Half of its readers may have it.
    assert "no more of it goes out until somebody sees to it" in mail.body
    assert f"/admin/subscribers/mailing/{mailing.pk}/change/" in mail.body
    mailing.refresh_from_db()
    control.resume(mailing, by=publisher)
    assert told() == []
    stop_by_itself(mailing, "The tip was withdrawn.")
    [mail] = told()
    assert "What to do: see to the cause first, then resume it, or cancel it." in mail.body


def test_what_a_person_paused_or_stopped_is_no_news_and_what_was_missed_is(told, publisher):
    control.pause(make_begun(), by=publisher)
    assert told() == []
    make_begun(Mailing.State.HELD, reason="It should have begun yesterday.", started_at=None)
    [mail] = told()
    assert "It should have begun yesterday." in mail.body


def test_a_closed_guard_is_told_once(told, publisher):
    DatabaseIdentity.objects.update_or_create(pk=1, defaults={"name": "a" * 32, "counter": 7})
    assert guard.why_closed()
    [mail] = told()
    assert mail.subject == "Nothing is mailed: is this the real database?"
    assert "if it is a copy, leave it as it is, or take its mail settings away." in mail.body
    assert "/admin/safe/" in mail.body
    declaration.declare_live(by=publisher)
    assert told() == []


def test_the_clock_asks_each_minute():
    assert mailing_alerts.send_alerts in clock.EACH_MINUTE
