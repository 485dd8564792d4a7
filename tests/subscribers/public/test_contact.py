"""Writing to the owner: two steps, one message, and what staff and the writer hear of it."""

import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.core import mail
from django.utils import timezone

from subscribers.models import ContactMessage
from subscribers.people import contact
from tests.subscribers.public.hostile import HOSTILE
from tests.tips.people import make_person
from tipsite.alerts import contact_mails

pytestmark = pytest.mark.django_db

URL = "/contact/"
WRITTEN = {
    "name": "Ada Byron",
    "address": "ada@example.org",
    "about": "A question",
    "other": "",
    "text": "Do you give talks?\r\n\r\nWe are a small firm.",
}


@pytest.fixture
def write(client, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    def write(step="", headers=None, **fields):
        headers = {"Origin": "http://testserver"} | (headers or {})
        page = client.get(URL).text
        stamp = re.search(r'name="timestamp" value="([^"]+)"', page)[1]
        return client.post(URL, WRITTEN | {"timestamp": stamp, "step": step} | fields, headers=headers)

    return write


def carried(page):
    """Return what the page that is read over carries in hidden fields."""
    found = re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', page.text)
    return dict(found)


@pytest.fixture
def send(write, time_machine):
    def send(headers=None, **fields):
        read = write(headers=headers, **fields)
        assert read.status_code == 200
        # A person reads for a while.
        time_machine.move_to(timezone.now() + timedelta(seconds=10), tick=False)
        return write(step="send", headers=headers, **fields, seal=carried(read)["seal"])

    return send


def test_a_message_is_read_over_and_then_sent_and_who_wrote_it_hears_what_happens_next(write):
    read = write()
    assert (read.status_code, read["Cache-Control"]) == (200, "no-store")
    assert "<p>Do you give talks?</p>" in read.text
    assert ContactMessage.objects.count() == 0
    sent = write(step="send", seal=carried(read)["seal"])
    assert (sent.status_code, sent["Cache-Control"]) == (200, "no-store")
    assert "ada@example.org" in sent.text
    message = ContactMessage.objects.get()
    assert (message.name, message.about, message.state) == ("Ada Byron", "A question", "new")
    assert message.text == "Do you give talks?\n\nWe are a small firm."


def test_whoever_presses_twice_or_goes_back_and_sends_again_has_written_once(write, send):
    assert "we have it" in send().text
    assert "we have it" in send().text
    assert ContactMessage.objects.count() == 1


def test_change_it_brings_back_what_was_written(write):
    page = write(step="change").text
    assert 'value="Ada Byron"' in page
    assert "We are a small firm.</textarea>" in page
    assert "Please look again" not in page


@pytest.mark.parametrize("how", ["none", "of another text", "too old"])
def test_a_void_seal_shows_the_text_once_more(write, time_machine, how):
    seal = carried(write(text="Another text"))["seal"] if how == "of another text" else ""
    if how == "too old":
        seal = carried(write())["seal"]
        time_machine.move_to(timezone.now() + timedelta(hours=2, minutes=1))
    again = write(step="send", seal=seal)
    assert again.status_code == 422
    assert "press Send" in again.text
    assert ContactMessage.objects.count() == 0
    assert "we have it" in write(step="send", seal=carried(again)["seal"]).text


def test_a_slip_is_named_linked_and_nothing_typed_is_lost(write):
    page = write(name=" ", about="Something else", text="Half a word")
    assert page.status_code == 422
    assert "<title>Please look again" in page.text
    assert '<a href="#id_name">Your name</a>' in page.text
    assert '<a href="#id_other">' in page.text
    assert "Half a word</textarea>" in page.text
    assert page.text.count("autofocus") == 1


def test_a_form_on_another_sites_page_is_refused(write):
    assert write(headers={"Origin": "https://evil.example"}).status_code == 403


def test_staff_get_three_an_hour_alone_and_of_fifty_by_a_machine_four_mails_in_all(send, settings):
    make_person("pat", "Publisher")
    settings.TRUSTED_PROXIES = 1
    for number in range(50):
        send({"X-Forwarded-For": f"198.{number}.100.7"}, text=f"Text {number}")
    now = timezone.now()
    for minute in range(30):
        contact_mails.send_due(now + timedelta(minutes=minute))
    assert len(mail.outbox) == 4
    first, notice = mail.outbox[0], mail.outbox[-1]
    assert first.subject == "Message from a reader: A question"
    assert first.reply_to == ["ada@example.org"]
    assert first.to == ["pat@example.org"]
    assert "ada@example.org" not in (*first.cc, *first.bcc)
    assert notice.subject.startswith("Messages from readers")


def test_what_looks_like_spam_is_in_the_notice_alone(send):
    make_person("pat", "Publisher")
    send(text="Buy http://a.example and http://b.example")
    assert ContactMessage.objects.get().state == "spam"
    contact_mails.send_due(timezone.now())
    [notice] = mail.outbox
    assert "a.example" not in notice.body
    assert "looks like spam" in notice.body


@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.soak)])
def test_no_hostile_string_breaks_the_page_or_reaches_a_header(write, settings, step):
    make_person("pat", "Publisher")
    settings.TRUSTED_PROXIES = 1
    for number, string in enumerate(HOSTILE[::step]):
        headers = {"X-Forwarded-For": f"10.{number % 250}.{number // 250}.1"}
        for fields in (
            {"name": string, "other": string, "text": string, "about": "Something else"},
            {"address": string, "about": string},
        ):
            answer = write(headers=headers, **fields)
            assert answer.status_code in (200, 422)
            if answer.status_code == 200:
                sent = write(step="send", headers=headers, **fields, seal=carried(answer)["seal"])
                assert sent.status_code in (200, 422)
    taken = ContactMessage.objects.count()
    assert taken > 10
    ContactMessage.objects.update(points=0, state="new")
    now = timezone.now()
    for hour in range(0, 2 * taken, 2):
        contact_mails.send_due(now + timedelta(hours=hour))
    for each in mail.outbox:
        sent = message_from_bytes(each.message().as_bytes(), policy=policy.default)
        assert not sent.defects
        assert not {"bcc", "cc"} & {name.lower() for name in sent}
        assert sent["Subject"].startswith("Message from a reader: ") or sent["Subject"].startswith("Messages")
        assert [address.addr_spec for address in sent["To"].addresses] == ["pat@example.org"]


def test_old_spam_and_old_messages_are_forgotten(send, settings):
    send()
    now = timezone.now()
    assert contact.forget_old(now + timedelta(days=729)) == 0
    assert contact.forget_old(now + timedelta(days=731)) == 1
    send(text="Another")
    ContactMessage.objects.update(state="spam")
    assert contact.forget_old(now + timedelta(days=31)) == 1


def test_staff_answer_it_and_put_spam_away(send, client):
    send()
    message = ContactMessage.objects.get()
    client.force_login(make_person("pat", "Publisher"))
    assert "Ada Byron" in client.get("/admin/subscribers/contactmessage/").text
    url = f"/admin/subscribers/contactmessage/{message.pk}/"
    page = client.get(f"{url}change/").text
    assert "mailto:ada@example.org?subject=Re%3A%20A%20question&amp;body=%0A%0A%3E%20Do%20you" in page
    client.post(f"{url}do/answered/")
    message.refresh_from_db()
    assert message.state == "answered"
    client.post(f"{url}do/spam/")
    message.refresh_from_db()
    assert message.state == "spam"
