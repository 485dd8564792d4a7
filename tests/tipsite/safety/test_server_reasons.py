"""Is Tuesday safe? Each reason why not is said in words, and to those alone who may know."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext

from shield import database_server
from shield.database_server import DatabaseServer
from subscribers.models import Delivery, Mailing
from tests.tips.making import make_tip
from tests.tipsite.safety.situations import ago, all_is_well, delivery, no_worker, sending
from tips.schedule import verdict
from tipsite.models import BackupRun
from tipsite.safety import disks, probes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site_in_order(settings, tmp_path):
    """A site whose next tip is approved, with a worker alive."""
    settings.STATE_DIR = tmp_path
    settings.HEALTH_TOKEN = ""
    all_is_well()
    assert verdict.of_next().is_safe


def test_a_misconfigured_sender_is_a_reason(settings):
    settings.PRODUCTION = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert {reason.code for reason in verdict.of_next().against} == {"sender"}


@pytest.mark.parametrize(
    ("free", "is_read_only", "words"),
    [(10**8, False, "nearly full: 95 MB"), (10**12, True, "is read-only")],
)
def test_a_disk_that_takes_nothing_more_is_a_reason(monkeypatch, free, is_read_only, words):
    disk = disks.Disk("the database", 10**12, free, is_read_only)
    monkeypatch.setattr(disks, "look", lambda folder, file: [disk])
    (reason,) = verdict.of_next().against
    assert (reason.code, "The disk of the database is " in str(reason)) == ("disk", True)
    assert words in str(reason)


def test_a_database_that_takes_nothing_is_a_reason(monkeypatch):
    monkeypatch.setattr(database_server, "look", lambda: DatabaseServer(timedelta(), None, True))
    (reason,) = verdict.of_next().against
    assert (reason.code, "The database is read-only" in str(reason)) == ("database", True)


def test_backups_that_fail_or_are_not_taken_are_reasons():
    MigrationRecorder.Migration.objects.update(applied=ago(days=9))
    BackupRun.objects.create(began_at=ago(days=3), ended_at=ago(days=3), file="a.tar")
    BackupRun.objects.create(began_at=ago(hours=3), ended_at=ago(hours=3), file="b.tar", failure="no room")
    first, second = verdict.of_next().against
    assert {first.code, second.code} == {"backup"}
    assert "failed: no room." in str(first)
    assert "in the last 2 days" in str(second)
    assert asked("--json")[1]


def test_a_mailing_that_goes_on_or_waits_for_its_moment_is_safe():
    mailing = sending()
    delivery(mailing)
    delivery(mailing, state=Delivery.State.SENT, settled_at=ago(minutes=1))
    delivery(sending_other(), state=Delivery.State.DEFERRED, due_at=ago(hours=-1))
    assert verdict.of_next().against == []


def test_it_reads_no_mails_text_to_say_how_the_mailings_stand():
    for state in (Mailing.State.PAUSED, Mailing.State.HELD, Mailing.State.SENDING):
        mailing = Mailing.objects.create(
            tip=make_tip("Smile", for_mail=True), state=state, started_at=ago(hours=1), html="x" * 1000
        )
        delivery(mailing)
    with CaptureQueriesContext(connection) as asked:
        assert [reason.code for reason in verdict.of_next().against] == ["paused", "held", "stuck"]
    about = [query["sql"] for query in asked if 'FROM "subscribers_mailing"' in query["sql"]]
    assert about
    assert not any('"html"' in sql or '"body"' in sql for sql in about)


def sending_other():
    return Mailing.objects.create(
        tip=make_tip("Listen", for_mail=True), state=Mailing.State.SENDING, started_at=ago(hours=1)
    )


def asked(*arguments):
    """Run the command; return its exit status and what it printed."""
    out = io.StringIO()
    try:
        call_command("safe", *arguments, stdout=out)
    except SystemExit as ended:
        return ended.code, out.getvalue()
    return 0, out.getvalue()


def test_the_command_says_so_by_words_json_and_exit_status(monkeypatch):
    status, words = asked()
    assert (status, words.startswith("Safe: ")) == (0, True)
    no_worker()
    status, words = asked()
    assert (status, words.splitlines()[0]) == (1, "Not safe.")
    status, words = asked("--json")
    told = json.loads(words)
    assert (status, told["safe"], [reason["name"] for reason in told["reasons"]]) == (1, False, ["worker"])

    def fail(now=None):
        raise OperationalError("the server is away\nand more")

    monkeypatch.setattr(verdict, "of_next", fail)
    assert asked("--json") == (2, "")


def test_the_probe_tells_a_stranger_the_verdict_alone(client, settings):
    settings.HEALTH_TOKEN = "a-long-token"
    assert (client.get("/healthz/safe").status_code, client.get("/healthz/safe").content) == (200, b"safe\n")
    no_worker()
    probes.KEPT.forget()
    for header in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic a-long-token"}):
        response = client.get("/healthz/safe", headers=header)
        assert (response.status_code, response.content) == (503, b"not safe\n")
        assert "no-store" in response["Cache-Control"]
    told = client.get("/healthz/safe", headers={"authorization": "Bearer a-long-token"})
    assert "No worker is alive" in told.content.decode()
    # It is about the next tip, not about whether this process can serve.
    assert client.get("/readyz").status_code == 200


def test_where_no_token_is_set_nobody_is_told_the_reasons(client):
    no_worker()
    for header in ({"authorization": "Bearer "}, {"authorization": "Bearer"}):
        assert client.get("/healthz/safe", headers=header).content == b"not safe\n"


def test_the_probe_answers_while_the_database_is_away(client, monkeypatch):
    def fail(now=None):
        raise OperationalError("password of tips is wrong")

    monkeypatch.setattr(verdict, "of_next", fail)
    response = client.get("/healthz/safe")
    assert (response.status_code, response.content) == (503, b"not safe\n")
