"""A mailing that waits says what for, on its page and in the command."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from subscribers.delivery import heartbeat
from subscribers.mailings import waiting
from subscribers.models import DatabaseIdentity, Delivery, Heartbeat, Mailing
from subscribers.recovery import guard
from tests.subscribers.making import make_begun

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def a_worker_is_alive(db):
    heartbeat.renew("w")


def later(state):
    return {"state": state, "due_at": timezone.now() + 10 * MINUTE}


def words(mailing):
    return waiting.waits_for(mailing, timezone.now())


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (Delivery.State.QUEUED, "1 person waits for the pace (60 a minute to each mail domain)"),
        (Delivery.State.DEFERRED, "1 person was put off by the mail server, and is tried again from"),
        (Delivery.State.UNCERTAIN, "1 person is uncertain, and is sent once more from"),
    ],
)
def test_it_waits_for_the_moments_of_its_deliveries(settings, state, expected):
    settings.MAIL_PER_DOMAIN = 60
    mailing = make_begun(rows=[later(state), Delivery.State.SENT])
    assert words(mailing).startswith(expected)
    # While anybody's turn is now, it does not wait.
    mailing.deliveries.filter(state=Delivery.State.SENT).update(state=Delivery.State.QUEUED)
    assert words(mailing) == ""


def test_it_waits_for_a_worker_for_the_guard_and_for_the_mail_server():
    mailing = make_begun(rows=[Delivery.State.QUEUED])
    Heartbeat.objects.all().delete()
    assert words(mailing).startswith("No worker is alive.")
    guard.checkpoint()
    DatabaseIdentity.objects.update(counter=0)
    assert "Publisher" in words(mailing)
    mailing.trouble = "The mail server cannot be reached (ConnectionRefusedError)."
    assert words(mailing) == mailing.trouble


def test_what_a_person_stopped_waits_for_nothing_by_itself():
    assert words(make_begun(state=Mailing.State.PAUSED, rows=[Delivery.State.QUEUED])) == ""


def test_the_page_and_the_command_say_it(client, publisher):
    mailing = make_begun(rows=[later(Delivery.State.DEFERRED), later(Delivery.State.DEFERRED)])
    client.force_login(publisher)
    page = client.get(f"/admin/subscribers/mailing/{mailing.pk}/change/").text
    assert "It waits: 2 people were put off by the mail server" in page
    assert "Sending, waits" in page
    output = io.StringIO()
    call_command("mailings", stdout=output)
    assert "It waits: 2 people were put off by the mail server" in output.getvalue()
