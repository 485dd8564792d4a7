"""What a connection hears: a mail server's replies, and the answers of a mail service."""

import itertools
import json
import smtplib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from django.core import mail

from desk.errors import Refused
from subscribers import tipmail
from subscribers.mail import smtp
from subscribers.mailings.send_test import send_test
from subscribers.models import Delivery, Mailing, ServiceMail
from tests.subscribers.draining import drain, send_outgoing
from tests.subscribers.mailserver import Late
from tests.subscribers.making import make_people, make_tip, open_mailing
from tests.tipsite.processes import free_port
from tips.schedule import verdict

# A connection is the same whatever the database.
pytestmark = pytest.mark.once


class Pieces:
    """A connection on which a server says some pieces, each at once, and hangs up."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)

    def recv(self, size):
        return self.pieces.pop(0) if self.pieces else b""

    def settimeout(self, seconds):
        """It has never to be waited for."""


@pytest.mark.parametrize(
    "pieces",
    [
        (b"250 fine\r\n550 5.1.1 no\r\n354 go on\r\n",),
        (b"2", b"50 fi", b"ne\r", b"\n550 5.1.1 no\r\n3", b"54 go on\n"),
        (
            b"250-fine\r\n250-and\r\n250 more\r\n550-5.1.1 no\r\n550-",
            b"250 one\r\n550 5.7.1 x\r\n354 go on\r\n",
        ),
    ],
    ids=["in one piece", "in many", "in many lines"],
)
def test_replies_are_read_however_they_come(pieces):
    heard = smtp.Replies(Pieces(*pieces))
    said = [(code, words.split(b"\n")[0]) for code, words in (heard.next("rcpt") for _ in range(3))]
    assert said == [(250, b"fine"), (550, b"5.1.1 no"), (354, b"go on")]
    assert not heard.are_ahead
    with pytest.raises(smtplib.SMTPServerDisconnected):
        heard.next("rcpt")


@pytest.mark.parametrize("piece", [b"250-and so on\r\n" * 100, b"250 and so on " * 100])
def test_a_reply_without_end_is_not_waited_for(piece):
    server = Pieces(*[piece] * 1000)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        smtp.Replies(server).next("rcpt")
    assert server.pieces


@pytest.mark.parametrize("piece", [b"2", b"250-and so on\r\n"])
def test_a_reply_that_drips_is_not_waited_for_longer_than_one_that_does_not_come(monkeypatch, piece):
    server, clock = Pieces(*[piece] * 1000), itertools.count(step=30)
    monkeypatch.setattr(smtp, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with pytest.raises(TimeoutError):
        smtp.Replies(server).next("rcpt")
    assert len(server.pieces) > 985


def test_each_reply_has_the_time_that_the_standard_gives_it():
    # RFC 5321, 4.5.3.2: the greeting, MAIL, RCPT, DATA, and the end of the message; in minutes.
    minutes = [smtp.reply_within(command) / 60 for command in ("", "mail", "rcpt", "data", ".")]
    assert minutes == [5, 5, 5, 2, 10]
    assert smtp.BLOCK_WITHIN / 60 == 3
    assert smtp.reply_within("ehlo") == smtp.reply_within("auth") == 300


@pytest.mark.django_db
@pytest.mark.parametrize("stage", ["connect", "ehlo", "mail", "rcpt", "data", "end"])
def test_an_answer_may_come_long_after_the_limit_for_connecting(mail_server, settings, stage):
    settings.EMAIL_TIMEOUT, mail_server.pipelining = 0.3, stage != "ehlo"
    make_people(1)
    mailing = open_mailing()
    mail_server.script = lambda at, who, number: Late(0.9) if at == stage else None
    drain()
    assert mailing.deliveries.get().state == Delivery.State.SENT
    assert (len(mail_server.taken), mail_server.connections) == (1, 1)


@pytest.mark.django_db
def test_a_mail_to_one_person_waits_for_its_answer_as_long(mail_server, settings, publisher):
    settings.EMAIL_TIMEOUT = 0.3
    person = make_people(1)[0]
    ServiceMail.objects.create(kind=ServiceMail.Kind.WELCOME, subscriber=person)
    mail_server.script = lambda at, who, number: Late(0.9) if at == "end" else None
    send_outgoing()
    assert ServiceMail.objects.get().mail_state == ServiceMail.MailState.SENT
    assert len(mail_server.taken) == 1


@pytest.mark.django_db
def test_a_server_without_tls_gets_nothing_where_tls_is_asked_for(mail_server, settings):
    settings.EMAIL_USE_TLS = True
    person = make_people(1)[0]
    mailing = open_mailing()
    drain()
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.PAUSED
    assert mailing.reason.startswith(
        "The mail server offers no TLS, and EMAIL_URL asks for it: nothing is sent"
    )
    said = [str(reason) for reason in verdict.of_next().against]
    assert any("offers no TLS" in words for words in said)
    ServiceMail.objects.create(kind=ServiceMail.Kind.WELCOME, subscriber=person)
    send_outgoing()
    assert ServiceMail.objects.get().mail_state == ServiceMail.MailState.WAITING
    assert (mail_server.begun, mail_server.taken) == (0, [])


# --- A mail service --------------------------------------------------------------------------------

TAKEN = (200, {"ErrorCode": 0, "Message": "OK", "MessageID": "7"})
INACTIVE = (422, {"ErrorCode": 406, "Message": "Found inactive addresses: TO. Inactive recipients are those"})
HANG = "hang"
# Each needs a key, and some need more.
KEYS = {
    "postmark": {"POSTMARK_SERVER_TOKEN": "k"},
    "brevo": {"BREVO_API_KEY": "k"},
    "resend": {"RESEND_API_KEY": "k"},
    "mailersend": {"MAILERSEND_API_TOKEN": "k"},
    "mailgun": {"MAILGUN_API_KEY": "k", "MAILGUN_SENDER_DOMAIN": "mg.example.org"},
    "mailjet": {"MAILJET_API_KEY": "k", "MAILJET_SECRET_KEY": "k"},
    "mandrill": {"MANDRILL_API_KEY": "k"},
    "postal": {"POSTAL_API_KEY": "k", "POSTAL_API_URL": "https://postal.example.org"},
    "sparkpost": {"SPARKPOST_API_KEY": "k"},
}


@pytest.fixture
def service(settings):
    """Run a mail service through which the site sends; ``answer`` is (status, JSON) or HANG."""
    told = SimpleNamespace(answer=TAKEN, asked=[])
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            told.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if told.answer == HANG:
                over.wait(10)
                return
            status, words = told.answer
            body = json.dumps(words).replace("TO", told.asked[-1]["To"]).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            """It says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = settings.ANYMAIL | KEYS["postmark"]
    settings.ANYMAIL |= {"POSTMARK_API_URL": f"http://127.0.0.1:{server.server_port}/"}
    yield told
    over.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("name", KEYS)
def test_every_service_can_take_a_tips_mail(settings, name):
    settings.EMAIL_BACKEND = f"anymail.backends.{name}.EmailBackend"
    settings.ANYMAIL = settings.ANYMAIL | KEYS[name]
    settings.SITE_NAME, settings.HTTPS = "Tipp für alle", True
    settings.BOUNCE_ADDRESS = "bounces@bounces.example.org"
    settings.DEFAULT_FROM_EMAIL = "tips@example.org"
    mailing = Mailing(pk=7, tip=None, subject="Greet")
    mailing.text = mailing.html = tipmail.rendering.leave_url()
    message = tipmail.Template(mailing).message(7, "h" * 24, "anna@example.net")
    backend = mail.get_connection()
    backend.open()
    try:
        payload = backend.build_message_payload(message, {})
        request = payload.get_request_params(backend.api_url)
    finally:
        backend.close()
    said = json.dumps(json.loads(request["data"]) if isinstance(request["data"], str) else request["data"])
    assert "List-Unsubscribe=One-Click" in said
    assert json.dumps("Tipp für alle")[1:-1] in said
    assert "bounces.example.org" not in said + request["url"]
    assert any(tipmail.read_token(word) == 7 for word in said.split())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "state", "counts", "says"),
    [
        (TAKEN, "sent", {Delivery.State.SENT: 2}, ""),
        ((401, {"ErrorCode": 10}), "paused", {Delivery.State.QUEUED: 2}, "at signing in (HTTP 401)"),
        ((403, {}), "paused", {Delivery.State.QUEUED: 2}, "at signing in (HTTP 403)"),
        ((503, {}), "sending", {Delivery.State.DEFERRED: 2}, "HTTP 503"),
        (INACTIVE, "sent", {Delivery.State.REFUSED: 2}, "refused by the mail service"),
        # Taken, by all that is known: to send it again at once would be to send it twice.
        ((200, {}), "sending", {Delivery.State.UNCERTAIN: 2}, "HTTP 200"),
        ((200, "odd"), "sending", {Delivery.State.UNCERTAIN: 2}, "AttributeError"),
        (HANG, "sending", {Delivery.State.UNCERTAIN: 2}, "ReadTimeout"),
    ],
)
def test_what_a_service_answers_becomes_of_the_mail(service, settings, answer, state, counts, says):
    make_people(2)
    mailing = open_mailing()
    service.answer = answer
    if answer == HANG:
        settings.ANYMAIL = settings.ANYMAIL | {"REQUESTS_TIMEOUT": 1}
    drain()
    mailing.refresh_from_db()
    rows = list(mailing.deliveries.all())
    assert (mailing.state, {row.state: len(rows) for row in rows}) == (state, counts)
    assert any(says in words for words in (mailing.reason, mailing.trouble, *(row.reply for row in rows)))
    # Who is not let in does not knock again.
    assert len(service.asked) == (1 if state == "paused" else 2)


@pytest.mark.django_db
def test_a_service_that_cannot_be_reached_costs_nobody_a_try(service, settings):
    make_people(2)
    mailing = open_mailing()
    there = settings.ANYMAIL
    settings.ANYMAIL = there | {"POSTMARK_API_URL": f"http://127.0.0.1:{free_port()}/"}
    drain()
    mailing.refresh_from_db()
    assert mailing.trouble == "The mail server cannot be reached (ConnectionError)."
    assert mailing.deliveries.filter(state=Delivery.State.QUEUED, tries=0).count() == 2
    settings.ANYMAIL = there
    drain()
    assert mailing.deliveries.filter(state=Delivery.State.SENT).count() == 2


@pytest.mark.django_db
def test_settings_with_which_nothing_can_be_sent_pause_it_and_say_so(settings):
    make_people(1)
    mailing = open_mailing()
    settings.EMAIL_BACKEND, settings.ANYMAIL = "anymail.backends.postmark.EmailBackend", {}
    drain()
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.PAUSED
    assert "AnymailConfigurationError" in mailing.reason


@pytest.mark.django_db
def test_a_test_that_a_service_does_not_take_is_answered_in_a_sentence(service, settings, publisher):
    tip = make_tip()
    service.answer = (401, {})
    with pytest.raises(Refused, match=r"did not take the test \(HTTP 401\)"):
        send_test(tip, "pia@example.org", by=publisher)
    service.answer = INACTIVE
    with pytest.raises(Refused, match="AnymailRecipientsRefused"):
        send_test(tip, "pia@example.org", by=publisher)
    settings.ANYMAIL = {}
    with pytest.raises(Refused, match="AnymailConfigurationError"):
        send_test(tip, "pia@example.org", by=publisher)
