"""This is the real one: what the page promises, what it asks for first, and what follows."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from subscribers.models import DatabaseIdentity, Mailing, OutgoingMail, Subscriber
from subscribers.people import journal, subscriptions
from subscribers.recovery import guard
from tests.subscribers.making import make_begun, make_mailing, make_people
from tests.tips.making import make_tip
from tests.tips.people import make_person

pytestmark = pytest.mark.django_db

SAFE, REAL = "/admin/safe/", "/admin/safe/real/"
HOUR = timedelta(hours=1)
NONE = {"has_none": "on"}


@pytest.fixture(autouse=True)
def own_journal(settings, tmp_path):
    settings.STATE_DIR = tmp_path


@pytest.fixture
def publisher(client):
    client.force_login(person := make_person("pia", "Publisher"))
    return person


def restore(hours=0, noted=None):
    """Close the guard, as a restore does, with a journal whose last line is so old."""
    with time_machine.travel(timezone.now() - hours * HOUR):
        guard.checkpoint()
        guard.checkpoint()
    DatabaseIdentity.objects.update(restored_at=timezone.now())


def text_of(response):
    return " ".join(response.text.split())


def test_it_says_how_old_the_last_line_is_and_promises_nothing_beyond_it(client, publisher):
    restore(hours=3)
    page = text_of(client.get(REAL))
    assert "The journal’s last line is 3 hours old" in page
    assert "What was mailed, and who left, after that moment is not known here." in page
    assert "Who left after it is on this list again" in page
    assert "Nothing takes it back." in page


def test_one_that_was_cut_off_is_called_so(client, publisher):
    restore()
    guard.checkpoint()
    lines = journal.path().read_text().splitlines(keepends=True)
    DatabaseIdentity.objects.update(restored_at=None, noted=2)
    journal.path().write_text("".join(lines[:2]))
    assert "it was cut off, or is a copy that was fetched earlier" in text_of(client.get(REAL))


def test_that_of_another_database_is_called_so(client, publisher):
    restore()
    journal.path().unlink()
    journal.append([{"at": timezone.now().isoformat(), "what": "checkpoint", "instance": "b", "counter": 1}])
    assert "it is the journal of another database" in text_of(client.get(REAL))


def test_a_lost_journal_is_asked_for_and_one_that_cannot_be_read_is_one_line(client, publisher):
    restore()
    journal.path().unlink()
    assert "There is no journal here." in client.get(REAL).text
    # Nor is one there when somebody was erased since: no line of it says which database this is.
    journal.append([journal.new_entry("erased", "a" * 64)])
    assert "There is no journal here." in client.get(REAL).text
    journal.path().unlink()
    journal.path().mkdir()
    assert "The journal cannot be read." in client.get(REAL).text
    page = client.post(REAL, NONE, follow=True).text
    assert '<li class="error">' in page
    assert guard.why_closed()


def test_it_names_the_tips_and_mailings_that_may_have_gone_out(client, publisher):
    make_tip("Greet them", publish_at=timezone.now() - HOUR, for_mail=True)
    make_tip("Call back", publish_at=timezone.now() + HOUR, for_mail=True)
    make_mailing(make_tip("Say sorry", publish_at=timezone.now(), for_mail=True))
    make_begun(rows=["sent", "queued", "queued"])
    restore()
    page = text_of(client.get(REAL))
    assert "2 tips may have been mailed since: they are held." in page
    assert page.index("Say sorry") < page.index("Greet them")
    assert "1 have it, and 2 may have it already: 0 were tried, 2 never" in page
    assert "1 tip to come begins by itself" in page


def test_it_is_not_done_before_who_left_was_asked(client, publisher):
    restore()
    refused = client.post(REAL)
    assert refused.status_code == 422
    assert "Give a list of who left since, or say that you have none." in refused.text
    file = SimpleUploadedFile("left.csv", b"anna@example.org")
    both = client.post(REAL, NONE | {"leavers": file})
    assert "You have given a list. Take the tick away, or the list." in both.text
    assert guard.why_closed()


def test_a_publisher_says_that_this_is_the_real_database(client, publisher):
    restore()
    assert f'href="{REAL}"' in client.get(SAFE).text
    done = client.post(REAL, NONE, follow=True).text
    assert "This database now counts as the real one." in done
    assert guard.why_closed() is None
    assert LogEntry.objects.get().change_message.startswith("This database now counts")
    assert "This is the real database already" in client.post(REAL, NONE, follow=True).text
    assert LogEntry.objects.count() == 1


def test_those_on_the_list_have_left_before_it_is_open(client, publisher):
    make_people(3)
    restore()
    file = SimpleUploadedFile("suppressions.csv", b"email,status\nreader0@host0.example,Unsubscribed\n")
    assert "From your list: 1 taken off" in client.post(REAL, {"leavers": file}, follow=True).text
    assert not Subscriber.objects.confirmed().filter(address="reader0@host0.example").exists()
    assert guard.why_closed() is None


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"email\nnobody\n", "1 row of the list cannot be read."), (b"Name\nAnna\n", "No column of addresses")],
)
def test_a_list_that_cannot_be_read_opens_nothing(client, publisher, data, says):
    restore()
    refused = client.post(REAL, {"leavers": SimpleUploadedFile("left.csv", data)})
    assert refused.status_code == 422
    assert says in refused.text
    assert guard.why_closed()


@pytest.mark.parametrize(("letters", "state"), [("", "given_up"), ("drop", "given_up"), ("send", "waiting")])
def test_letters_that_wait_are_counted_and_dropped_unless_said_otherwise(client, publisher, letters, state):
    asked = subscriptions.request("anna@example.org")
    restore()
    page = text_of(client.get(REAL))
    assert "1 mail to one person waits since the backup" in page
    assert 'value="drop" id="id_letters_0" checked' in page
    client.post(REAL, NONE | {"letters": letters})
    asked.refresh_from_db()
    assert asked.mail_state == OutgoingMail.MailState(state)


def test_nobody_else_opens_the_guard(client):
    restore()
    client.force_login(make_person("ed", "Editor"))
    page = client.get(SAFE).text
    assert "until a Publisher says that this is the real one" in page
    assert REAL not in page
    assert client.get(REAL).status_code == client.post(REAL, NONE).status_code == 403
    assert guard.why_closed()


def test_the_page_of_a_mailing_asks_who_gets_it_and_says_how_many_may_have_it(client, publisher):
    mailing = make_begun(Mailing.State.PAUSED, ["sent", "queued", "queued"], cause=Mailing.Cause.RESTORED)
    place = f"/admin/subscribers/mailing/{mailing.pk}"
    page = client.get(f"{place}/change/").text
    for name in ("cancel", "send-to-untried", "send-to-all"):
        assert f"{place}/do/{name}/" in page
    assert f"{place}/do/resume/" not in page
    for name in ("send-to-untried", "send-to-all"):
        assert "1 have it, and 2 may have it already." in client.get(f"{place}/do/{name}/").text
    client.post(f"{place}/do/send-to-untried/", {"seen": "paused"})
    mailing.refresh_from_db()
    assert (mailing.state, mailing.cause) == (Mailing.State.SENDING, "")
