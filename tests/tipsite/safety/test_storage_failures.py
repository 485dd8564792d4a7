"""A disk that takes nothing: readers are served, forms are told to come again, and nothing is half done."""

import errno
import json
import sqlite3
import sys

import psycopg2
import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.test import RequestFactory

from tests.tips.people import make_person
from tipsite.safety import storage_failures

# Every write of this process fails below Python, as on a full disk, while `is_full`.
PEOPLE = """
import json, re, resource
from contextlib import contextmanager
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from subscribers.models import LinkRequest, Subscriber, Suppression
from tips.models import Tip
from django.utils import timezone
Subscriber.objects.all().delete(), LinkRequest.objects.all().delete(), Suppression.objects.all().delete()
Tip.objects.update_or_create(slug="call-back", defaults=dict(
    title="Call back", body="<p>Within a day.</p>", excerpt="Within a day.", state="approved",
    publish_at=timezone.now()))
User.objects.filter(username="ed").delete()
User.objects.create_superuser("ed", "ed@example.org", "a-good-long-secret")
anna = Subscriber.objects.create(address="anna@example.org")

@contextmanager
def full():
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))

def ask(path, fields=None):
    client = Client(raise_request_exception=False, headers={"sec-fetch-site": "same-origin"})
    if fields is None:
        return client.get(path)
    page = client.get(path).text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    return client.post(path, {**hidden, **fields})

FORMS = {
    "sign-up": ("/subscribe/", {"address": "ben@example.org", "subject": ""}),
    "leaving": (f"/unsubscribe/{anna.leave_token}/", {"List-Unsubscribe": "One-Click"}),
    "sign-in": ("/admin/login/", {"username": "ed", "password": "a-good-long-secret", "next": "/admin/"}),
    "wrong password": ("/admin/login/", {"username": "ed", "password": "guessed", "next": "/admin/"}),
}

def facts():
    return {
        "requests": LinkRequest.objects.count(), "sessions": Session.objects.count(),
        "left": Subscriber.objects.exclude(state="confirmed").count(),
        "suppressed": Suppression.objects.count(),
        "signed in": User.objects.filter(username="ed", last_login=None).count() == 0,
    }

def send_all():
    answers = {}
    for name, (path, fields) in FORMS.items():
        response = ask(path, fields)
        says_so = "Nothing can be saved just now" in response.text
        answers[name] = [response.status_code, response.headers.get("Retry-After"), says_so]
    return answers

Session.objects.all().delete()
READ = ("/", "/tips/", "/tips/call-back/", "/feed/", "/search/?q=call", "/subscribe/", FORMS["leaving"][0],
        "/admin/login/", "/readyz", "/sitemap.xml")
with full():
    read = {path: ask(path).status_code for path in READ}
    answers = send_all()
    seen = facts()
print(json.dumps({"read": read, "answers": answers, "facts": seen, "later": send_all(), "then": facts()}))
"""


@pytest.mark.processes
def test_readers_are_served_and_nothing_is_half_done_while_no_file_can_be_written(site):
    environment = {"ALLOWED_HOSTS": "testserver", "STAFF_TWO_FACTOR": ""}
    done = site.manage("shell", "-v0", "-c", PEOPLE, **environment)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert set(seen["read"].values()) == {200}
    told, is_done = (
        [503, "300", True],
        {"sign-up": 200, "leaving": 200, "sign-in": 302, "wrong password": 200},
    )
    done_at_once = {name: [status, None, False] for name, status in is_done.items()}
    assert seen["later"] == done_at_once
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        assert seen["answers"] == dict.fromkeys(is_done, told)
        nothing = {"requests": 0, "sessions": 0, "left": 0, "suppressed": 0, "signed in": False}
        assert seen["facts"] == nothing
    else:
        # The database lies elsewhere: only the journal cannot be written, and that keeps nobody on the list.
        assert seen["answers"] == done_at_once
        assert seen["facts"]["left"] == seen["facts"]["suppressed"] == 1
    assert seen["then"]["left"] == seen["then"]["suppressed"] == 1
    assert seen["then"]["signed in"]


class DiskFull(psycopg2.OperationalError):
    pgcode = "53100"


class Deadlock(psycopg2.OperationalError):
    pgcode = "40P01"


def of_sqlite(code):
    error = sqlite3.OperationalError("of SQLite")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("cause", "is_storage"),
    [
        (of_sqlite(sqlite3.SQLITE_FULL), True),
        (of_sqlite(sqlite3.SQLITE_READONLY_DBMOVED), True),
        (of_sqlite(sqlite3.SQLITE_IOERR_WRITE), True),
        (of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), True),
        (of_sqlite(sqlite3.SQLITE_ERROR), False),
        (psycopg2.OperationalError("server closed the connection"), True),
        (DiskFull(), True),
        (Deadlock(), True),
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EROFS, "Read-only file system"), True),
        (FileNotFoundError(errno.ENOENT, "No such file"), False),
        (ValueError("a mistake of ours"), False),
    ],
)
def test_what_is_not_the_storages_fault_stays_a_fault_of_ours(cause, is_storage):
    request = RequestFactory().post("/subscribe/")
    try:
        raise OperationalError("it failed") from cause
    except OperationalError:
        response = storage_failures.answer(request)
    assert response.status_code == (503 if is_storage else 500)
    assert ("Retry-After" in response) == is_storage
    assert sys.exc_info()[1] is None


@pytest.mark.parametrize(("code", "status"), [(sqlite3.SQLITE_FULL, 503), (sqlite3.SQLITE_ERROR, 400)])
def test_a_session_that_cannot_be_saved_is_no_bad_request(code, status, db, client, monkeypatch, settings):
    def save(session, *args, **kwargs):
        try:
            raise OperationalError("it failed") from of_sqlite(code)
        except OperationalError:
            raise UpdateError  # noqa: B904  as Django does

    client.force_login(make_person("ed", "Editor"))
    monkeypatch.setattr(SessionStore, "save", save)
    settings.SESSION_SAVE_EVERY_REQUEST = True
    client.raise_request_exception = False
    assert client.get("/admin/safe/").status_code == status


@pytest.mark.parametrize("status", [400, 500])
def test_a_fault_of_ours_is_told_in_the_sites_dress_without_the_database(status, settings):
    settings.SITE_NAME = "Counter Notes"
    request = RequestFactory().get("/")
    if status == 400:
        response = storage_failures.answer_bad_request(request, ValueError("no request"))
    else:
        response = storage_failures.answer(request)
    assert response.status_code == status
    assert "Counter Notes" in response.text
    assert 'class="bell"' in response.text
    assert 'rel="stylesheet"' in response.text


def test_a_fault_in_the_dress_itself_leaves_the_words(monkeypatch):
    def fail(*_):
        raise ValueError("a mistake of ours")

    monkeypatch.setattr(storage_failures, "render_to_string", fail)
    response = storage_failures.answer(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "It was not your doing." in response.text
