"""The flood alert, with a driven clock."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone

from shield import flood
from subscribers.people import subscriptions
from tests.tips.people import make_person
from tests.tips.weeks import NOON
from tipsite.alerts import flood_alerts
from tipsite.models import Notice
from tipsite.worker import clock

pytestmark = pytest.mark.django_db

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def _site(time_machine, settings):
    time_machine.move_to(NOON, tick=False)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    make_person("pat", "Publisher")
    make_person("ed", "Editor")


@pytest.fixture
def run(time_machine):
    """A function that lets the clock run for a time in steps, and returns how many mails were sent."""

    def run(length, step=MINUTE, is_flooded=True):
        first, end = len(mail.outbox), timezone.now() + length
        while timezone.now() < end:
            if is_flooded:
                flood.COOLDOWN.spend()
            flood_alerts.send_alert(timezone.now())
            time_machine.move_to(timezone.now() + step, tick=False)
        return len(mail.outbox) - first

    return run


def test_a_quiet_site_alerts_nobody(run):
    assert run(HOUR, is_flooded=False) == 0


def test_a_flood_alerts_once_however_long_it_lasts_and_however_often_it_comes_back(run):
    assert run(2 * HOUR) == 1
    assert run(2 * HOUR, is_flooded=False) == 0
    assert run(19 * HOUR, 10 * MINUTE) == 0
    assert run(3 * HOUR, 10 * MINUTE) == 1


def test_it_says_how_much_comes_what_waits_and_what_to_do(run, settings):
    settings.STAFF_EMAIL, settings.SITE_URL = ["desk@example.org"], "https://tips.example.org"
    for number in range(3):
        subscriptions.request(f"a{number}@example.org")
    run(MINUTE)
    (message,) = mail.outbox
    assert message.to == ["pat@example.org", "desk@example.org"]
    for phrase in (
        "3 addresses were let through in the last hour",
        "3 wait, for less than an hour",
        "Nobody is lost",
        "What to do",
        "https://tips.example.org/admin/subscribers/linkrequest/",
    ):
        assert phrase in message.body
    assert "a0@example.org" not in message.body


def test_it_does_not_promise_what_does_not_hold(run, monkeypatch):
    monkeypatch.setattr(flood_alerts, "_waiting", lambda: 7 * 3600)
    run(MINUTE)
    assert "up to 7 hours" in mail.outbox[0].body
    assert "After 6 hours a request is given up" in mail.outbox[0].body


def test_an_alert_that_fails_is_tried_again_until_it_goes_out(run, monkeypatch):
    real, failures = EmailMessage.send, [SMTPServerDisconnected("gone"), ConnectionRefusedError()]

    def send(message, *args, **kwargs):
        if failures:
            raise failures.pop()
        return real(message, *args, **kwargs)

    monkeypatch.setattr(EmailMessage, "send", send)
    assert run(20 * MINUTE) == 1
    assert Notice.objects.get().attempts == 3


def test_the_clock_asks_each_minute():
    assert flood_alerts.send_alert in clock.EACH_MINUTE
