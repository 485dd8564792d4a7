"""A session, its person and what they may do: read in one query, and never older than the rows."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.tips.people import make_person
from tipsite.models import SessionPerson
from tipsite.staff import sessions

pytestmark = pytest.mark.django_db
EXPORT = "/admin/subscribers/subscriber/export/"


@pytest.fixture
def pat(client):
    person = make_person("pat", "Publisher")
    client.force_login(person)
    return person


def questions(client, url):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_who_signed_in_and_what_they_may_do_is_asked_with_the_session(client, pat):
    questions(client, EXPORT)
    in_one = questions(client, EXPORT)
    # A session from before it had a person in a column goes on, and asks for both.
    SessionPerson.objects.all().delete()
    assert client.get(EXPORT).context["user"] == pat
    assert questions(client, EXPORT) == in_one + 2


def test_a_right_that_is_taken_away_is_gone_with_the_next_page(client, pat):
    pat.groups.clear()
    assert client.get(EXPORT).status_code == 403
    pat.user_permissions.add(Permission.objects.get(codename="export_subscriber"))
    assert client.get(EXPORT).status_code == 200
    pat.groups.set(Group.objects.filter(name="Author"))
    User.objects.filter(pk=pat.pk).update(is_active=False)
    assert client.get(EXPORT).status_code == 302


def test_another_password_and_a_deleted_account_end_the_session(client, pat):
    pat.set_password("another-good-secret")
    pat.save()
    assert client.get(EXPORT).status_code == 302
    client.force_login(pat)
    pat.delete()
    assert client.get(EXPORT).status_code == 302


def test_a_sign_in_is_kept_whole_or_not_at_all(client, monkeypatch):
    person = make_person("pat", "Publisher")

    def fail(*args, **options):
        raise OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(SessionPerson.objects, "update_or_create", fail)
        with pytest.raises(OperationalError):
            client.force_login(person)
    assert not sessions.end_all(person)
    client.force_login(person)
    assert client.get(EXPORT).status_code == 200


def test_ended_sessions_leave_no_row_behind(client, pat):
    assert SessionPerson.objects.get().session_id == client.session.session_key
    Client().force_login(pat)
    assert sessions.end_all(pat) == 2
    assert not SessionPerson.objects.exists()
    client.force_login(pat)
    client.post("/admin/logout/")
    assert not Session.objects.exists()
    assert not SessionPerson.objects.exists()
