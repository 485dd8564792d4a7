"""The journal outside the database: there before the answer, whatever happens meanwhile."""

import json
import os
import resource
import signal
import subprocess
import sys

import pytest
from django.conf import settings as site
from django.db import transaction

from subscribers import addresses
from subscribers.models import Subscriber, Suppression
from subscribers.people import erasure, journal, subscriptions, suppressions
from subscribers.recovery import replay
from tests.databases import shared_database

KEY = "0" * 64


@pytest.fixture(autouse=True)
def own_journal(settings, tmp_path):
    settings.STATE_DIR = tmp_path


def noted():
    return [(entry["what"], entry.get("reason")) for entry in journal.entries()]


def member(address):
    return subscriptions.confirm(subscriptions.request(address))


@pytest.mark.django_db
def test_each_leaving_suppression_lifting_and_erasure_is_there_before_the_answer(
    client, django_capture_on_commit_callbacks
):
    anna = member("anna@example.org")
    client.post(f"/unsubscribe/{anna.leave_token}/")
    suppressions.suppress(anna.address_hash, Suppression.Reason.BOUNCED)
    erasure.erase(anna)
    with django_capture_on_commit_callbacks(execute=True):
        suppressions.lift(anna.address_hash, Suppression.Reason.BOUNCED)
    expected = [
        ("suppressed", "unsubscribed"),
        ("suppressed", "bounced"),
        ("erased", None),
        ("lifted", "bounced"),
    ]
    assert noted() == expected
    assert {entry["address_hash"] for entry in journal.entries()} == {
        addresses.keyed_hash("anna@example.org")
    }
    assert "anna" not in journal.path().read_text()
    assert journal.path().stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
def test_a_press_that_changes_nothing_adds_nothing(client):
    anna = member("anna@example.org")
    link = f"/unsubscribe/{anna.leave_token}/"
    client.post(link)
    before = noted()
    client.post(link)
    erasure.erase(anna)
    client.post(link)
    assert noted() == [*before, ("erased", None)]


@pytest.mark.django_db(transaction=True)
def test_what_is_lifted_in_a_transaction_that_fails_stays_in_the_journal():
    suppressions.suppress(KEY, Suppression.Reason.UNSUBSCRIBED)

    def fails():
        suppressions.lift(KEY, Suppression.Reason.UNSUBSCRIBED)
        raise RuntimeError

    with pytest.raises(RuntimeError), transaction.atomic():
        fails()
    assert noted() == [("suppressed", "unsubscribed")]


LEAVER = """
import os, signal
import django
django.setup()
from subscribers.people import journal, subscriptions
from subscribers.models import Subscriber
append = journal.append
def append_and_die(entries):
    append(entries)
    os.kill(os.getpid(), signal.SIGKILL)
journal.append = append_and_die
subscriptions.leave(Subscriber.objects.get())
"""


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_a_process_killed_before_it_could_commit_has_told_the_journal(tmp_path):
    anna = member("anna@example.org")
    environment = os.environ | {
        "DATABASE_URL": shared_database(tmp_path),
        "DJANGO_SETTINGS_MODULE": "tipsite.settings",
        "STATE_DIR": str(tmp_path),
        "SUPPRESSION_KEY": site.SUPPRESSION_KEY,
    }
    run = subprocess.run([sys.executable, "-c", LEAVER], cwd=site.BASE_DIR, env=environment)
    assert run.returncode == -signal.SIGKILL
    anna.refresh_from_db()
    assert anna.state == Subscriber.State.CONFIRMED
    assert noted() == [("suppressed", "unsubscribed")]
    assert replay.replay(journal.entries()) == {"suppressed": 1, "lifted": 0, "left": 1, "erased": 0}
    assert not Subscriber.objects.confirmed().exists()


APPENDER = """
import sys
from django.conf import settings
settings.configure(JOURNAL_URL="", STATE_DIR=sys.argv[1], USE_TZ=True)
from subscribers.people import journal
sys.stdin.readline()
for n in range(100):
    keys = [f"{sys.argv[2]}-{n}-{m}" + "x" * 5000 for m in range(3)]
    assert journal.append(journal.new_entry("suppressed", key, reason="bounced") for key in keys)
"""


@pytest.mark.processes
def test_two_processes_that_write_at_once_never_mix_their_lines(tmp_path):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", APPENDER, str(tmp_path), name],
            cwd=site.BASE_DIR,
            stdin=subprocess.PIPE,
            text=True,
        )
        for name in ("a", "b")
    ]
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=120)
    assert [writer.returncode for writer in writers] == [0, 0]
    lines = [json.loads(line)["address_hash"].rstrip("x") for line in journal.path().read_text().splitlines()]
    # Each one's entries, and those of one append, stand in their order.
    for name in ("a", "b"):
        own = [key for key in lines if key.startswith(name)]
        assert own == [f"{name}-{n}-{m}" for n in range(100) for m in range(3)]
    assert all(key.endswith("-0") for key in lines[::3])


def test_a_line_that_a_crash_cut_short_harms_no_other(caplog):
    journal.append([journal.new_entry("suppressed", KEY, reason="bounced")])
    with journal.path().open("a") as file:
        file.write('{"at": "2026-01-01T00:00:00+00:00", "what": "supp')
    journal.append([journal.new_entry("erased", KEY)])
    assert noted() == [("suppressed", "bounced"), ("erased", None)]
    assert "line 2: no entry" in caplog.text


def test_what_is_no_entry_is_left_out_with_its_line(caplog):
    good = journal.new_entry("suppressed", KEY, reason="bounced")
    wrong = [
        "1",
        "[]",
        "null",
        "{}",
        "\\xff",
        json.dumps(good | {"at": "soon"}),
        json.dumps(good | {"at": None}),
        json.dumps(good | {"what": "praised"}),
        json.dumps(good | {"what": ["erased"]}),
        json.dumps(good | {"address_hash": 7}),
        json.dumps({name: good[name] for name in ("at", "what", "address_hash")}),
    ]
    journal.path().write_bytes(b"\xff\xfe\n" + "\n".join([*wrong, "", json.dumps(good), ""]).encode())
    assert list(journal.entries()) == [good]
    assert [f"line {n}:" in caplog.text for n in range(1, 15)] == [True] * 12 + [False] * 2


def test_where_nothing_was_written_there_is_nothing():
    assert list(journal.entries()) == []


def full_disk(path):
    path.symlink_to("/dev/full")
    return path.unlink


def folder_in_its_place(path):
    path.mkdir()
    return path.rmdir


@pytest.mark.django_db
@pytest.mark.parametrize("trouble", [full_disk, folder_in_its_place])
def test_a_journal_that_cannot_be_written_keeps_nobody_on_the_list_and_is_caught_up(client, caplog, trouble):
    anna, berta = member("anna@example.org"), member("berta@example.org")
    mend = trouble(journal.path())
    assert client.post(f"/unsubscribe/{anna.leave_token}/").status_code == 200
    erasure.erase(berta)
    assert not Subscriber.objects.confirmed().exists()
    assert {record.levelname for record in caplog.records} == {"CRITICAL"}
    assert "Make room" in caplog.text
    assert suppressions.catch_up() == 0
    mend()
    assert suppressions.catch_up() == 2
    assert suppressions.catch_up() == 0
    assert noted() == [("suppressed", "unsubscribed"), ("erased", None)]
    since = dict(Suppression.objects.values_list("address_hash", "since"))
    assert {entry["address_hash"]: entry["at"] for entry in journal.entries()} == {
        key: at.isoformat() for key, at in since.items()
    }


def test_a_full_disk_is_found_without_adding_anything(settings, tmp_path):
    settings.STATE_DIR = tmp_path
    assert journal.why_unwritable() == ""
    journal.append([journal.new_entry("erased", "a" * 64)])
    before = journal.path().read_bytes()
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    # No file grows any more, as on a full disk, though each can be opened.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        why = journal.why_unwritable()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert why == "File too large"
    assert journal.why_unwritable() == ""
    assert (journal.path().read_bytes(), [each.name for each in tmp_path.iterdir()]) == (
        before,
        ["journal.jsonl"],
    )
