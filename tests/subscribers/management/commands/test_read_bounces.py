"""Where reports come in: by a pipe, from files and folders, and from a mailbox on a mail server."""

import base64
import io
import json
import mailbox
import runpy
import socketserver
import threading
from contextlib import contextmanager

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from subscribers import tipmail, tokens
from subscribers.bounces import mailboxes, reports
from subscribers.mail import envelope
from subscribers.models import BounceReport, Delivery, Mailing, Subscriber, Suppression
from tests.subscribers import making
from tests.subscribers.bounces.returned import delivery_report
from tests.tips.making import make_tip
from tipsite import checks, urls
from tipsite.webhooks import mail_service

pytestmark = pytest.mark.django_db

LETTER = (
    b"From: Bea <bea@example.net>\r\nTo: bounces@tips.example.org\r\nSubject: Thank you\r\n\r\nLovely.\r\n"
)


@pytest.fixture
def report(settings):
    """A report that nobody is at the address of a reader."""
    settings.BOUNCE_ADDRESS, settings.BOUNCE_MAILBOX = "bounces@tips.example.org", ""
    mailing = Mailing.objects.create(tip=make_tip("Smile", for_mail=True), state=Mailing.State.SENT)
    delivery = Delivery.objects.create(
        mailing=mailing,
        subscriber=Subscriber.objects.create(address="anna@example.net"),
        state=Delivery.State.SENT,
        sent_at=timezone.now(),
    )
    return delivery_report(envelope.envelope_sender(envelope.make_token(delivery.pk)))


def read(*arguments, stdin=b"", monkeypatch=None):
    """Run the command; return its exit status, its counts, and what it said on standard error."""
    out, error = io.StringIO(), io.StringIO()
    if monkeypatch is not None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
    status = 0
    try:
        call_command("read_bounces", *map(str, arguments), "--json", stdout=out, stderr=error)
    except SystemExit as ended:
        status = ended.code
    counts = {name: count for name, count in json.loads(out.getvalue()).items() if count}
    return status, counts, error.getvalue()


def test_a_mail_server_pipes_one_in(report, monkeypatch):
    assert read(stdin=report, monkeypatch=monkeypatch) == (0, {"bounced": 1, "acted": 1}, "")
    assert Suppression.objects.get().reason == "bounced"


def test_what_is_piped_in_is_read_though_a_mailbox_is_set_too(report, settings, monkeypatch):
    settings.BOUNCE_MAILBOX = "imap://reader:secret@127.0.0.1:9"
    _, counts, _ = read("--to", "bounces@tips.example.org", stdin=report, monkeypatch=monkeypatch)
    assert counts == {"bounced": 1, "acted": 1}


def test_an_empty_pipe_is_said_to_be_one(report, monkeypatch):
    status, counts, words = read(stdin=b"\n", monkeypatch=monkeypatch)
    assert (status, counts, words.count("\n")) == (2, {}, 1)
    assert "nothing came in" in words


def test_more_than_any_report_has_is_read_and_cut(report, monkeypatch):
    monkeypatch.setattr(mailboxes, "LARGEST_MAIL", len(report))
    assert read(stdin=report + b"x" * 100_000, monkeypatch=monkeypatch)[1] == {"bounced": 1, "acted": 1}


def test_a_file_has_one_mail_and_an_mbox_many(report, tmp_path):
    one, many = tmp_path / "report.eml", tmp_path / "mbox"
    one.write_bytes(report)
    box = mailbox.mbox(many)
    for mail in (report, LETTER):
        box.add(mail)
    box.close()
    before = many.read_bytes()
    assert read(one)[1] == {"bounced": 1, "acted": 1}
    status, counts, _ = read(one, many)
    assert (status, counts["other"]) == (0, 1)
    # Read twice, and noted once: an mbox ends lines as its machine does.
    assert BounceReport.objects.filter(kind=BounceReport.Kind.OTHER).count() == 1
    assert Suppression.objects.count() == 1
    assert many.read_bytes() == before


def test_of_a_maildir_what_is_new_is_read_and_all_of_it_is_kept(report, tmp_path):
    box = mailbox.Maildir(tmp_path / "box")
    for mail in (report, LETTER):
        box.add(mail)
    assert read(tmp_path / "box")[1] == {"bounced": 1, "other": 1, "acted": 1}
    assert read(tmp_path / "box") == (0, {}, "")
    assert {each.get_flags() for each in mailbox.Maildir(tmp_path / "box")} == {"S"}
    assert len(list((tmp_path / "box" / "cur").iterdir())) == 2


def test_what_cannot_be_read_is_one_line_each_and_the_others_are_read(report, tmp_path):
    (tmp_path / "report.eml").write_bytes(report)
    (tmp_path / "folder").mkdir()
    status, counts, words = read(tmp_path / "none", tmp_path / "folder", tmp_path / "report.eml")
    assert (status, counts) == (1, {"bounced": 1, "acted": 1})
    assert [line.partition(": ")[2] for line in words.splitlines()] == [
        "cannot be read (No such file or directory).",
        "is a folder, but no Maildir: it has no cur and new.",
    ]
    assert read(tmp_path / "none")[0] == 2


@pytest.mark.parametrize(
    "mail",
    [
        b"\x00\xff\xfe",
        b"MIME-Version: 1.0\r\n"
        + b"".join(
            b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(2000)
        ),
        b"Content-Type: message/rfc822\r\n\r\n" * 2000,
        b"Content-Type: text/plain; charset=nonsense\r\nContent-Transfer-Encoding: base64\r\n\r\n===\xff",
        delivery_report("x@example.org", words="smtp; 550 a\x00b \udcff"[:-1] + "\xff"),
        delivery_report("x@example.org", words="x" * 100_000),
        b"Content-Type: multipart/mixed; boundary*=idna''abc\r\n\r\n--abc\r\n",
        b"Content-Type: multipart/mixed; boundary*=undefined''abc\r\n\r\n--abc\r\n",
        b"Content-Type: multipart/mixed; boundary*=a\0b''abc\r\n\r\n--abc\r\n",
        b'Content-Type: multipart/mixed; a="' + b";" * 200_000 + b"\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\n\n" * 50_000,
    ],
    ids="bytes|parts in parts|mails in mails|no charset|no text|word|IDNA|none|no name|header|parts".split(
        "|"
    ),
)
def test_no_mail_is_too_odd_to_be_taken_and_soon(mail, tmp_path):
    (tmp_path / "odd").write_bytes(mail)
    status, counts, words = read(tmp_path / "odd")
    assert (status, words, BounceReport.objects.count()) == (0, "", 1)
    assert "acted" not in counts


def test_a_mail_that_fails_is_named_and_left_and_the_next_is_read(report, tmp_path, monkeypatch):
    odd = b"Content-Type: multipart/mixed; boundary*=idna''abc\r\n\r\n"
    box = mailbox.Maildir(tmp_path / "box")
    for number, mail in enumerate([odd, report]):
        (tmp_path / "box" / "new" / f"{number}").write_bytes(mail)
    read_one = reports.read

    def fail(raw, back):
        if raw == odd:
            raise AssertionError("a surprise, with anna@example.net")
        return read_one(raw, back)

    with monkeypatch.context() as patch:
        patch.setattr(reports, "read", fail)
        status, counts, words = read(tmp_path / "box")
    assert (status, counts) == (1, {"bounced": 1, "acted": 1})
    assert words == f"{tmp_path / 'box'}, mail 0: could not be read (AssertionError); it is left.\n"
    assert read(tmp_path / "box") == (0, {"other": 1}, "")
    assert len(box) == 2


def test_while_the_database_is_away_nothing_is_lost(report, tmp_path, monkeypatch):
    mailbox.Maildir(tmp_path / "box").add(report)

    def fail(*args, **kwargs):
        raise OperationalError("the server is away\nfor long")

    with monkeypatch.context() as patch:
        patch.setattr(reports, "take", fail)
        status, _, words = read(tmp_path / "box")
    assert (status, words.count("\n")) == (2, 1)
    assert read(tmp_path / "box")[1] == {"bounced": 1, "acted": 1}


# --- A mailbox on a mail server --------------------------------------------------------------------------


class _Imap(socketserver.StreamRequestHandler):
    """As much of IMAP as reading a mailbox takes (RFC 9051)."""

    def handle(self):
        self.say("* OK ready")
        for line in self.rfile:
            tag, _, command = line.decode().strip().partition(" ")
            self.obey(tag, *command.split(" ", 2))
            if command.upper().startswith("LOGOUT"):
                return

    def obey(self, tag, verb, *words):
        words = " ".join(words)
        box = self.server.mails
        if verb == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1")
        elif verb == "LOGIN" and words != 'reader "se cret"':
            return self.say(f"{tag} NO [AUTHENTICATIONFAILED] \x1b[2Jwrong")
        elif verb == "SELECT" and words != '"INBOX"':
            return self.say(f"{tag} NO there is none")
        elif verb == "EXPUNGE":
            for uid in self.server.deleted:
                box.pop(uid, None)
        elif words.lower().startswith("search"):
            self.say(("* SEARCH " + " ".join(map(str, box))).strip())
        elif words.lower().startswith("fetch"):
            mail = box[int(words.split()[1])]
            self.wfile.write(b"* 1 FETCH (BODY[] {%d}\r\n%s)\r\n" % (len(mail), mail))
        elif words.lower().startswith("store"):
            assert words.endswith("+FLAGS (\\Deleted)")
            self.server.deleted.add(int(words.split()[1]))
        elif verb == "LOGOUT":
            self.say("* BYE")
        return self.say(f"{tag} OK done")

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")


@contextmanager
def imap_server(*mails):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Imap) as server:
        server.mails, server.deleted = dict(enumerate(mails, 1)), set()
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def test_of_a_mailbox_reports_are_read_and_deleted_and_letters_left(report, settings):
    with imap_server(report, LETTER) as server:
        settings.BOUNCE_MAILBOX = f"imap://reader:se%20cret@127.0.0.1:{server.server_address[1]}"
        assert read() == (0, {"bounced": 1, "other": 1, "acted": 1}, "")
        assert server.mails == {2: LETTER}
        settings.BOUNCE_MAILBOX += "/Elsewhere"
        assert read() == (2, {}, '127.0.0.1: there is no folder "Elsewhere".\n')


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("imap://reader:hidden@127.0.0.1:{port}", "127.0.0.1: [AUTHENTICATIONFAILED] ?[2Jwrong"),
        ("imaps://reader:hidden@127.0.0.1:{port}", "127.0.0.1: "),
        ("imap://reader:hidden@127.0.0.1:1", "127.0.0.1: [Errno 111] Connection refused"),
        ("imap://reader:hid/den@127.0.0.1", "BOUNCE_MAILBOX must look like"),
        ("pop3://reader:hidden@127.0.0.1", "BOUNCE_MAILBOX must look like"),
        ("hidden", "BOUNCE_MAILBOX must look like"),
        # Another machine, for all that the program knows.
        ("imap://reader:hidden@127.1:{port}", "127.1: does not offer STARTTLS, and gets no password"),
    ],
)
def test_a_mailbox_that_cannot_be_read_is_one_line_without_the_password(settings, url, words):
    with imap_server() as server:
        settings.BOUNCE_MAILBOX = url.format(port=server.server_address[1])
        status, counts, told = read()
    assert (status, counts, told.count("\n")) == (2, {}, 1)
    assert told.startswith(words)
    assert "hid" not in told


# --- A mail service --------------------------------------------------------------------------------------

SECRET = "the-name-of-the-service:the-password-of-it"


@pytest.fixture
def service(settings):
    """The site with a mail service that brings a secret."""
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    settings.ROOT_URLCONF = (*mail_service.urlpatterns(), *urls.urlpatterns)
    return "/anymail/postmark/tracking/"


def reported(client, path, body, secret=SECRET):
    headers = {"authorization": "Basic " + base64.b64encode(secret.encode()).decode()} if secret else {}
    return client.post(path, body, content_type="application/json", headers=headers)


def test_a_mail_service_is_heard_where_it_brings_the_secret(report, service, client):
    event = {
        "RecordType": "SpamComplaint",
        "ID": 7,
        "MessageID": "of the service",
        "Email": "anna@example.net",
    }
    token = envelope.make_token(Delivery.objects.get().pk)
    event |= {"BouncedAt": "2026-01-06T07:00:00Z", "Description": "", "Metadata": {"delivery": token}}
    for secret, status, reasons in (("no:body", 401, set()), (SECRET, 200, {"complained", "unsubscribed"})):
        assert reported(client, service, json.dumps(event), secret).status_code == status
        assert set(Suppression.objects.values_list("reason", flat=True)) == reasons


def test_what_a_mail_service_sends_is_no_error_of_ours(service, client):
    for body in (b"", b"{", b"[]", b"7", b"\xff", b"[" * 100_000, b'{"RecordType": {}}', b"{}"):
        assert reported(client, service, body).status_code == (200 if body == b"{}" else 400), body
    odd = {"RecordType": "Bounce", "Type": "HardBounce", "ID": "\ud800", "Description": ["\ud800\0"]}
    assert reported(client, service, json.dumps(odd)).status_code == 200
    assert client.head(service).status_code == 200


@pytest.mark.parametrize("name", ["amazon_ses", "mailersend", "mailgun", "mandrill", "postal", "postmark"])
def test_strangers_fill_no_log_at_the_address_of_a_mail_service(settings, client, caplog, name):
    settings.EMAIL_BACKEND = f"anymail.backends.{name}.EmailBackend"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    settings.ROOT_URLCONF = tuple(mail_service.urlpatterns())
    assert [str(each.pattern) for each in settings.ROOT_URLCONF] == [f"anymail/{name}/tracking/"]
    for method, status in (("GET", 405), ("POST", 401), ("OPTIONS", 405)):
        assert client.generic(method, f"/anymail/{name}/tracking/").status_code == status
    assert not [each for each in caplog.records if each.exc_info or each.levelname == "ERROR"]


def test_what_a_mail_service_gets_names_the_delivery():
    (anna,) = making.make_people(1)
    letter = tipmail.Template(making.open_mailing()).message(7, anna.public_id, anna.address)
    assert tipmail.read_token(letter.metadata["delivery"]) == 7
    assert tokens.found(tokens.Purpose.LEAVE, str(letter.metadata)) == anna.public_id


def test_without_a_service_and_a_secret_there_is_no_address_for_it(service, settings):
    assert service[1:] in addresses_of_the_site()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert not [each for each in addresses_of_the_site() if "anymail" in each]
    settings.EMAIL_BACKEND, settings.ANYMAIL = "anymail.backends.postmark.EmailBackend", {}
    assert not [each for each in addresses_of_the_site() if "anymail" in each]


def addresses_of_the_site():
    found = runpy.run_path(str(urls.__file__))["urlpatterns"]
    return {str(each.pattern) for each in found}


@pytest.mark.parametrize(
    ("secret", "complaint"),
    [(None, "tipsite.W008"), ("short:one", "tipsite.E007"), ("x" * 40, "tipsite.E007"), (SECRET, None)],
)
def test_a_service_whose_reports_reach_nobody_or_could_be_anybodys_is_complained_of(
    settings, secret, complaint
):
    settings.PRODUCTION, settings.POSTAL_ADDRESS = True, "1 High Street"
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"WEBHOOK_SECRET": secret} if secret else {}
    assert [each.id for each in checks.check_what_mail_says()] == ([complaint] if complaint else [])


def test_a_report_that_is_read_again_is_said_to_be_known(report, tmp_path):
    (tmp_path / "report.eml").write_bytes(report)
    # As a pipe brings it, with other headers above.
    (tmp_path / "again.eml").write_bytes(b"Delivered-To: <x@example.org>\n" + report.replace(b"\r\n", b"\n"))
    assert read(tmp_path / "report.eml")[1] == {"bounced": 1, "acted": 1}
    assert read(tmp_path / "report.eml", tmp_path / "again.eml")[1] == {"repeated": 2}
