"""A real mail server, and a site that sends its mail there."""

import email
import email.policy
import socket
from dataclasses import dataclass, field

import pytest
from aiosmtpd.controller import Controller
from django.db import DEFAULT_DB_ALIAS, connections

from shield import signed_time
from subscribers.models import DatabaseIdentity
from subscribers.people import consent_wording
from tests.subscribers import mailserver
from tests.tips.people import make_person
from tests.tipsite.processes import own_database
from tipsite.backup import database_dump


@dataclass
class Letter:
    """One mail as the server took it: its envelope and its parsed text."""

    sender: str
    recipients: list
    raw: bytes

    @property
    def message(self):
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    @property
    def text(self):
        return self.message.get_body(["plain"]).get_content().replace("\r\n", "\n")

    @property
    def html(self):
        return self.message.get_body(["html"]).get_content().replace("\r\n", "\n")


@dataclass
class PostOffice:
    """What the server took, and how it answers: ``answers`` has the reply to RCPT for an address."""

    letters: list = field(default_factory=list)
    answers: dict = field(default_factory=dict)
    on_data: object = None

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.letters.append(Letter(envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        return "250 taken"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(autouse=True)
def static_files_as_they_lie(settings):
    """Serve pages without having collected the static files before."""
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if "whitenoise" not in each]
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.fixture(autouse=True)
def own_journal(settings, tmp_path):
    """Give each test a journal of its own: another one's would be of another database."""
    settings.STATE_DIR = tmp_path


@pytest.fixture
def post_office(settings):
    """Run a mail server for the length of a test; the site sends through it."""
    office = PostOffice()
    controller = Controller(office, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = controller.hostname, controller.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield office
    controller.stop()


@pytest.fixture
def mail_server(settings):
    """Run a mail server that does as the test says; the site sends through it, at no pace."""
    with mailserver.running() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_TIMEOUT = 5
        settings.MAIL_PER_MINUTE = settings.MAIL_PER_DOMAIN = 0
        yield server


@pytest.fixture
def own_copy(transactional_db, tmp_path, settings):
    """Put a copy of the tests' database in its place; give its address, as a DATABASE_URL.

    Other processes see what the test does in it, and a restore may replace it as a whole.
    """
    with own_database(tmp_path) as url:
        tests_own = connections[DEFAULT_DB_ALIAS]
        is_file = tests_own.vendor == "sqlite"
        copy = tmp_path / "tips.sqlite3" if is_file else tmp_path / "copy.pgdump"
        database_dump.write(copy)
        place = settings.DATABASES[DEFAULT_DB_ALIAS]
        name, place["NAME"] = place["NAME"], str(copy) if is_file else url.rpartition("/")[2]
        connections[DEFAULT_DB_ALIAS] = tests_own.copy()
        try:
            if not is_file:
                database_dump.put_back(copy)
                # It is no backup that was restored.
                DatabaseIdentity.objects.all().delete()
            yield url
        finally:
            connections[DEFAULT_DB_ALIAS].close()
            # Before anything else: a database in memory is gone when it is taken for a file, and closed.
            connections[DEFAULT_DB_ALIAS], place["NAME"] = tests_own, name


@pytest.fixture
def publisher(db):
    """A member of staff with the rights of a Publisher, and no others."""
    return make_person("pia", "Publisher")


@pytest.fixture
def tasks_at_once(settings):
    """Run each background task when it is asked for."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}


@pytest.fixture
def sign_up(client):
    """Return a function that fills in the form as a person does, from the site's own page."""

    def fill_in(address, /, *, path="/subscribe/", headers=None, remote="203.0.113.9", **fields):
        data = {
            "address": address,
            "timestamp": signed_time.timestamp(),
            "wording": consent_wording.NEWEST_SHIPPED,
            "subject": "",
        }
        return client.post(
            path,
            data | fields,
            headers={"Origin": "http://testserver"} if headers is None else headers,
            REMOTE_ADDR=remote,
        )

    return fill_in
