"""What staff are told when so many addresses are refused that they are asked first."""

from datetime import timedelta

import pytest
from django.utils import timezone

from subscribers.mailings import refused_addresses
from tests.subscribers.refusing import make_asked_about
from tests.tips.people import make_person
from tipsite.alerts import refusal_alerts
from tipsite.worker import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """Three people about whom staff are asked."""
    return make_asked_about()


@pytest.fixture(autouse=True)
def publisher(settings):
    settings.STAFF_EMAIL = []
    make_person("ed", "Editor")
    return make_person("olga", "Publisher")


def told(mailoutbox):
    """Let three minutes pass; return the mails that went out meanwhile."""
    before, now = len(mailoutbox), timezone.now()
    for minute in range(3):
        refusal_alerts.send_alert(now + timedelta(minutes=minute))
    return mailoutbox[before:]


@pytest.mark.usefixtures("people")
def test_those_who_decide_are_asked_once(mailoutbox, publisher):
    [mail] = told(mailoutbox)
    assert mail.to == [publisher.email]
    assert mail.subject.startswith("Many addresses are refused")
    assert "3 of 20 addresses were refused in mailing after mailing" in mail.body
    assert "/admin/subscribers/suppression/refused/" in mail.body
    refused_addresses.keep(by=publisher)
    assert told(mailoutbox) == []
    # Whoever undoes it looks at the page.
    refused_addresses.undo(by=publisher)
    assert told(mailoutbox) == []


def test_without_a_question_nobody_is_told(mailoutbox):
    assert told(mailoutbox) == []
    assert refusal_alerts.send_alert in clock.EACH_MINUTE
