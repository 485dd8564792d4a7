"""Erasing a person: from every place, silent ever after, with a receipt that names nobody."""

import json
import os
import subprocess
import sys

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django_tasks_db.models import DBTaskResult

from subscribers import addresses
from subscribers.models import BounceReport, Delivery, Erasure, ServiceMail, Subscriber, Suppression
from subscribers.people import contact, erasure, journal, subscriptions, suppressions
from tests.databases import shared_database
from tests.tips.making import ago, make_tip
from tests.tips.people import make_person

pytestmark = pytest.mark.django_db

ADDRESS = "Anna.Erased@example.org"


@pytest.fixture
def anna():
    """A subscriber of whom something stands in every place where it may."""
    anna = subscriptions.confirm(subscriptions.request(ADDRESS, first_name="Annabella"))
    berta = subscriptions.confirm(subscriptions.request("berta@example.org", first_name="Berta"))
    subscriptions.ask_to_move(anna, "anna.new@example.org")
    subscriptions.ask_to_move(berta, ADDRESS.upper())
    ServiceMail.objects.create(kind=ServiceMail.Kind.MOVED, subscriber=berta, address=ADDRESS.lower())
    for state, title in ((Delivery.State.SENT, "Umbrellas"), (Delivery.State.QUEUED, "Hats")):
        tip = make_tip(title, publish_at=ago(weeks=1))
        row = Delivery.objects.create(tip=tip, subscriber=anna, state=state)
        words = f'550 unknown user: "anna.erased" ({title})'
        BounceReport.objects.create(kind="refused", delivery=row, source="mailbox", words=words, digest=title)
    BounceReport.objects.create(kind="refused", source="mailbox", words="550 unknown user", digest="another")
    for place in ("args_kwargs", "return_value", "traceback"):
        held = {"args_kwargs": {"args": [], "kwargs": {}}, "return_value": None, "traceback": ""}
        held[place] = f"refused: <{ADDRESS.upper()}>" if place == "traceback" else {"to": [ADDRESS]}
        DBTaskResult.objects.create(
            backend_name="default", queue_name="default", task_path="x", priority=0, **held
        )
    DBTaskResult.objects.create(
        backend_name="default",
        queue_name="default",
        task_path="another",
        priority=0,
        args_kwargs={"args": ["berta@example.org"], "kwargs": {}},
    )
    entry = {"user": make_person("pub", "Publisher"), "action_flag": CHANGE}
    of_people = ContentType.objects.get_for_model(Subscriber)
    LogEntry.objects.create(**entry, content_type=of_people, object_id=anna.pk, object_repr="x")
    LogEntry.objects.create(**entry, object_repr="x", change_message=json.dumps([{"to": ADDRESS}]))
    LogEntry.objects.create(**entry, content_type=of_people, object_id=berta.pk, object_repr="y")
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        more = {"failures_since_start": 1} if model is AccessAttempt else {}
        for name in (ADDRESS.lower(), "berta@example.org"):
            model.objects.create(username=name, user_agent="", http_accept="", path_info="/", **more)
    for name in (ADDRESS, "berta@example.org"):
        session = SessionStore()
        session["typed"] = {"address": name}
        session.save()
    for address in (ADDRESS.upper(), "berta@example.org"):
        contact.take(address, address, "A question", "Who are you?", [])
    suppressions.suppress(anna.address_hash, Suppression.Reason.BOUNCED, f"550 <{ADDRESS}> unknown")
    return anna


def dump():
    """Return all that the database holds, as text."""
    rows = [list(model.objects.values()) for model in apps.get_models()]
    sessions = [session.get_decoded() for session in Session.objects.all()]
    return json.dumps([rows, sessions], default=str).casefold()


def test_it_deletes_from_every_place_and_names_each(anna):
    assert "anna" in dump()
    receipt = erasure.erase(anna)
    assert receipt.places == {
        "messages": 1,
        "service_mails": 2,
        "requests": 3,
        "deliveries": 2,
        "reports": 2,
        "consents": 1,
        "subscription": 1,
        "suppression": 1,
        "tasks": 3,
        "admin_log": 2,
        "lock_outs": 3,
        "sessions": 1,
        "search": 0,
        "logs": 0,
    }
    assert receipt.was_confirmed
    assert "anna" not in dump()
    assert "anna" not in journal.path().read_text().casefold()
    assert set(receipt.places) == set(erasure.PLACES)


def test_what_is_others_stays(anna):
    erasure.erase(anna)
    berta = Subscriber.objects.get()
    assert berta.service_mails.count() == berta.consents.count() == 1
    assert DBTaskResult.objects.get().task_path == "another"
    assert LogEntry.objects.get().object_repr == "y"
    assert {model.objects.get().username for model in (AccessAttempt, AccessFailureLog, AccessLog)} == {
        "berta@example.org"
    }
    assert Session.objects.count() == 1
    assert sorted(BounceReport.objects.values_list("words", flat=True)) == ["", "", "550 unknown user"]
    # The ledger still counts what was sent, and what was not begun is not sent.
    assert sorted(Delivery.objects.values_list("state", "subscriber")) == [("sent", None), ("skipped", None)]


def test_the_address_stays_silent_for_every_reason_there_was(anna):
    erasure.erase(anna)
    assert suppressions.reasons(ADDRESS) == {"bounced", "erased"}
    noted = [(entry["what"], entry["address_hash"]) for entry in journal.entries()]
    assert noted[-1] == ("erased", addresses.keyed_hash(ADDRESS))
    again = subscriptions.request(ADDRESS)
    assert subscriptions.confirm(again) is None


def test_a_second_time_finds_nothing_and_says_so(anna):
    first, second = erasure.erase(anna), erasure.erase(anna)
    assert first.number != second.number
    assert set(second.places.values()) == {0}
    assert not second.was_confirmed
    assert suppressions.reasons(ADDRESS) == {"bounced", "erased"}


def test_it_happens_whole_or_not_at_all(anna, monkeypatch):
    def fails(person):
        raise RuntimeError

    monkeypatch.setitem(erasure.PLACES, "logs", ("", fails))
    before = dump()
    with pytest.raises(RuntimeError):
        erasure.erase(anna)
    assert dump() == before
    # The journal tells of it all the same: a line too many silences, one too few would not.
    assert [entry["what"] for entry in journal.entries()][-1] == "erased"


def test_its_receipt_says_what_was_deleted_where_and_names_nobody(client, anna):
    receipt = erasure.erase(anna)
    for number in (receipt.number, receipt.number.lower()):
        page = client.get(f"/subscribe/erased/{number}/")
        assert page.status_code == 200
        assert "noindex" in page["X-Robots-Tag"]
        assert page["Cache-Control"] == "no-store"
    for words, _ in erasure.PLACES.values():
        assert words in page.text
    assert receipt.number in page.text
    assert "anna" not in page.text.lower()
    assert client.post(f"/subscribe/erased/{receipt.number}/").status_code == 405
    for number in ("AAAA-AAAA-AAAA", "%00", "x" * 2000):
        assert client.get(f"/subscribe/erased/{number}/").status_code == 404
    assert Erasure.objects.count() == 1


if connection.vendor == "sqlite":
    PERSON = """
import os, sys
import django
django.setup()
from django.db import connection
from subscribers.people import contact, erasure, subscriptions
from subscribers.models import Subscriber
# More than a page of others beside, as on a site that is in use.
for n in range(40):
    subscriptions.request(f"other{n}@example.org")
anna = subscriptions.confirm(subscriptions.request("Anna.Erased@example.org", first_name="Annabella"))
for n in range(40, 80):
    subscriptions.request(f"other{n}@example.org")
subscriptions.leave(anna)
print(erasure.erase(anna).number)
sys.stdout.flush()
# As if it were killed: the last connection that closes in order would tidy up by itself.
os._exit(0)
"""

    @pytest.mark.processes
    @pytest.mark.django_db(transaction=True)
    def test_no_byte_of_the_address_lingers_in_sqlite_files_or_the_journal(tmp_path):
        environment = os.environ | {
            "DATABASE_URL": shared_database(tmp_path),
            "DJANGO_SETTINGS_MODULE": "tipsite.settings",
            "STATE_DIR": str(tmp_path),
        }
        run = subprocess.run(
            [sys.executable, "-c", PERSON],
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr
        held = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
        assert {"shared.sqlite3", "shared.sqlite3-wal", "journal.jsonl"} <= set(held)
        assert b"other79@example.org" in held["shared.sqlite3"]
        for name, content in held.items():
            assert b"anna" not in content.lower(), name
        assert "anna" not in (run.stdout + run.stderr).lower()
        assert run.stdout.strip().encode() in held["shared.sqlite3"]
