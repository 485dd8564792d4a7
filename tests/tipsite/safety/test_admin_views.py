"""Is Tuesday safe, in the desk: the page, the guard's button, the front page's banner and card."""

import pytest
from django.utils import timezone

from subscribers.models import DatabaseIdentity, Heartbeat, Mailing
from subscribers.people import journal
from subscribers.recovery import guard
from tests.subscribers.making import make_begun
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.schedule import slots
from tipsite.safety import server_reasons

pytestmark = pytest.mark.django_db

SAFE, REAL = "/admin/safe/", "/admin/safe/real/"


@pytest.fixture(autouse=True)
def all_is_well(settings, tmp_path, monkeypatch):
    """A worker is alive, the next slot has its tip, and no setting of the sender is wrong."""
    settings.STATE_DIR = tmp_path
    monkeypatch.setattr(server_reasons.checks, "run_checks", lambda tags: [])
    Heartbeat.objects.create(worker_id="w", seen_at=timezone.now())
    following = next(iter(slots.Timetable.load().after(timezone.now())))
    make_tip("Call back", publish_at=following.at)


def log_in(client, role):
    client.force_login(make_person(role or "robin", role))


def close_the_guard():
    """Make the database one that has mailed, and has lost its journal."""
    journal.path().unlink(missing_ok=True)
    DatabaseIdentity.objects.update_or_create(pk=1, defaults={"name": "a" * 32, "counter": 7})
    assert guard.why_closed()


@pytest.mark.parametrize("role", ["Author", "Editor", "Publisher", None])
def test_it_is_safe_for_all_staff_while_all_is_well(client, role):
    log_in(client, role)
    page = client.get(SAFE).text
    assert " is safe, on the site only</h2>" in page
    assert ("Call back" in page) == (role is not None)
    assert "Nobody is subscribed yet" in page
    assert "not safe" not in page


def test_each_reason_says_what_to_do_and_leads_there(client):
    Heartbeat.objects.all().delete()
    paused = make_begun(Mailing.State.PAUSED, reason="The last 20 mails were all refused.")
    log_in(client, "Editor")
    page = client.get(SAFE).text
    assert "No worker is alive" in page
    assert "See to the cause first, then resume it, or cancel it." in page
    assert f'<a href="/admin/subscribers/mailing/{paused.pk}/change/">Look at the mailing</a>' in page
    assert "The last 20 mails were all refused." in client.get("/admin/").text


@pytest.mark.parametrize("role", ["Author", None])
def test_others_are_told_that_it_is_not_safe_and_whom_to_ask(client, role):
    make_begun(Mailing.State.PAUSED, reason="The last 20 mails were all refused.")
    log_in(client, role)
    for page in (client.get(SAFE).text, client.get("/admin/").text):
        assert "not safe" in page
        assert "Editors and publishers see what it is" in page
        assert "refused" not in page
