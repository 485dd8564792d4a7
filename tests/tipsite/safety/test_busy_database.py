"""Somebody else writes for longer than a request waits: readers notice nothing, and nothing typed is lost."""

import logging
import re
import sqlite3
from contextlib import contextmanager

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from shield import signed_time
from subscribers import tokens
from subscribers.models import LinkRequest, Subscriber
from subscribers.people import subscriptions
from tests.desk.sent_forms import as_sent
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Category, Tag, Tip
from tips.publishing import preview
from tipsite.logs import Formatter
from tipsite.worker import web_processes

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.once,
    pytest.mark.in_a_file,
    pytest.mark.sqlite,
]


@contextmanager
def others_write():
    """Hold the only lock there is for writers, as another process does."""
    other = sqlite3.connect(connection.settings_dict["NAME"], uri=True, isolation_level=None)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()
        connection.close()


@pytest.fixture
def tip():
    return make_tip("Call back", publish_at=None, undated=True, state="approved", slug="call-back")


@pytest.fixture
def anna():
    return Subscriber.objects.create(address="anna@example.org")


def link(kind, purpose):
    subscriptions.request("anna@example.org", kind=kind, region="", wording_version=None)
    return tokens.make(purpose, LinkRequest.objects.latest("pk").public_id)


def test_no_page_of_a_reader_waits_for_a_writer(client, tip, anna):
    tip.categories.add(category := Category.objects.create(name="Sports", slug="sports"))
    tip.tags.add(tag := Tag.objects.create(name="Calls", slug="calls"))
    make_tip("Dated", publish_at="2019-04-30T11:00Z", state="approved", slug="dated")
    kinds, purposes = LinkRequest.Kind, tokens.Purpose
    preferences = link(kinds.LINK, purposes.PREFERENCES)
    confirm = link(kinds.JOIN, purposes.CONFIRM)
    token = preview.token(preview.make_link(tip, by=make_person("ed", "Editor")))
    pages = ["/", "/tips/", "/tips/call-back/", "/2019/", "/2019/04/", "/search/?q=cal", "/search/?q=zzzz"]
    pages += [f"/category/{category.slug}/", f"/tag/{tag.slug}/", "/feed/", "/feed/atom/", "/feed/json/"]
    pages += [
        "/sitemap.xml",
        "/robots.txt",
        "/subscribe/",
        "/privacy/",
        "/healthz",
        "/readyz",
        "/admin/login/",
    ]
    pages += [reverse("subscribers:ask"), reverse("subscribers:again")]
    pages += [f"/subscribe/preferences/{preferences}/", f"/subscribe/confirm/{confirm}/"]
    pages += [f"/unsubscribe/{anna.leave_token}/", f"/preview/{token}/"]
    # What a page keeps of its first reader is kept in memory alone.
    with others_write():
        answers = {page: client.get(page).status_code for page in pages}
        missing = client.get("/tips/no-such-tip/").status_code
    assert answers == dict.fromkeys(pages, 200)
    assert missing == 404


def test_who_signs_up_gets_the_form_back_with_what_they_typed(client, caplog):
    client.raise_request_exception = False
    typed = {"address": "ben@example.org", "subject": ""}
    typed |= {"timestamp": signed_time.timestamp()}
    headers = {"sec-fetch-site": "same-origin"}
    with others_write():
        page = client.post("/subscribe/", typed, headers=headers)
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert 'value="ben@example.org"' in page.text
    assert "press the button again in a few seconds" in page.text
    assert not LinkRequest.objects.exists()
    lines = [Formatter().format(record) for record in caplog.records]
    assert not any("\n" in line or "ben@example.org" in line for line in lines)
    again = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page.text))
    assert client.post("/subscribe/", typed | again, headers=headers).status_code == 200
    assert LinkRequest.objects.get().address == "ben@example.org"


def test_what_an_editor_or_a_subscriber_sent_is_held_by_the_page_that_says_so(client, tip, anna, caplog):
    client.raise_request_exception = False
    client.force_login(make_person("ed", "Editor"))
    form = reverse("admin:tips_tip_add")
    typed = {"title": "A <new> tip", "body": "<p>Said “so”.</p>", "excerpt": "", "takeaway": ""}
    preferences = f"/subscribe/preferences/{link(LinkRequest.Kind.LINK, tokens.Purpose.PREFERENCES)}/"
    headers = {"sec-fetch-site": "same-origin"}
    with others_write(), caplog.at_level(logging.ERROR, "django.request"):
        of_the_desk = client.post(form, typed, headers=headers)
        of_a_reader = client.post(preferences, {"do": "name", "first_name": "Ann"}, headers=headers)
        foreign = client.post(form, typed, headers={"origin": "https://other.example"})
        secret = client.post("/admin/login/", {"username": "ed", "password": "guessed"}, headers=headers)
    assert [page.status_code for page in (of_the_desk, of_a_reader, foreign, secret)] == [503] * 4
    assert 'name="title" value="A &lt;new&gt; tip"' in of_the_desk.text
    assert 'value="&lt;p&gt;Said “so”.&lt;/p&gt;"' in of_the_desk.text
    assert f'action="{preferences}"' in of_a_reader.text
    assert 'name="first_name" value="Ann"' in of_a_reader.text
    assert "Send it again" not in foreign.text + secret.text
    lines = [Formatter().format(each) for each in caplog.records if each.name == "django.request"]
    assert len(lines) == 4
    assert not any("\n" in line for line in lines)
    assert "database is locked" in lines[0]
    # Sent again, it is done.
    carried = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', of_a_reader.text))
    assert client.post(preferences, carried, headers=headers).status_code == 303
    anna.refresh_from_db()
    assert anna.first_name == "Ann"
    assert not Tip.objects.filter(title__contains="new").exists()


def test_a_form_of_the_desk_that_is_sent_again_is_taken_without_signing_in_anew():
    desk = Client(enforce_csrf_checks=True, raise_request_exception=False)
    desk.force_login(make_person("ed", "Editor"))
    form, headers = reverse("admin:tips_tip_add"), {"sec-fetch-site": "same-origin"}
    typed = as_sent(desk.get(form), "title", title="Kept", body="<p>Said.</p>")
    with others_write():
        held = desk.post(form, typed, headers=headers)
    assert held.status_code == 503
    assert desk.post(form, as_sent(held), headers=headers).status_code == 302
    assert Tip.objects.get(title="Kept").body == "<p>Said.</p>"


def test_a_web_process_waits_for_seconds_and_a_command_for_longer(monkeypatch):
    options = {**connection.settings_dict["OPTIONS"]}
    assert options["timeout"] > 2 * web_processes.LONGEST_WAIT
    monkeypatch.setitem(connections.settings["default"], "OPTIONS", options)
    web_processes.post_worker_init(None)
    assert options["timeout"] == web_processes.LONGEST_WAIT
