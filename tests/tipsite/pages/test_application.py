"""What readers get of kept pages: the same as without, as long as it is right, and not a moment longer."""

import logging
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest
import time_machine
from django.db import OperationalError, ProgrammingError, connection
from django.test.utils import CaptureQueriesContext

from tests.tips.making import make_tip
from tests.tipsite.pages.asking import Readers
from tests.tipsite.pages.queries import ENDLESS, ask
from tips.models import Edition, Tip
from tips.public import keeping
from tipsite.pages import state

pytestmark = pytest.mark.django_db
# On PostgreSQL the edition is raised as a transaction ends.
in_transactions = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


# --- As long as it is right -----------------------------------------------------------------------------


def test_a_kept_page_costs_no_query_and_is_built_once_for_all_who_ask(readers):
    make_tip("Call back", slug="call-back")
    first = readers.get("/tips/call-back/")
    with CaptureQueriesContext(connection) as asked:
        again = [
            readers.get(f"/tips/call-back/{query}", **headers)
            for query in ("", "?utm_source=mail", "?x=1", "?x=2")
            for headers in ({}, {"accept_encoding": "gzip"}, {"accept_encoding": "br"}, {"cookie": "a=b"})
        ]
    assert len(asked) == 0
    assert {answer.body for answer in again} == {first.body}
    assert (readers.store.counts.builds, readers.store.counts.hits) == (1, 16)


@in_transactions
def test_a_change_is_seen_by_whatever_path_it_comes(readers):
    tip = make_tip("Call back", slug="call-back", tags=["phone"])
    urls = ["/", "/tips/", "/tips/call-back/", "/tag/phone/", "/feed/", "/search/"]
    before = [readers.get(url) for url in urls]
    Tip.objects.filter(pk=tip.pk).update(title="Ring them up")
    readers.watch.look_again()
    after = [readers.get(url) for url in urls]
    assert [a.body == b.body for a, b in zip(before, after, strict=True)] == [False] * 5 + [True]
    tip.delete()
    readers.watch.look_again()
    assert readers.get("/tips/call-back/").status == 404


@in_transactions
def test_what_is_done_in_this_process_is_seen_at_once(readers):
    tip = make_tip("Call back", slug="call-back")
    readers.get("/tips/call-back/")
    Tip.objects.filter(pk=tip.pk).update(title="Ring them up")
    assert "Ring them up" not in readers.get("/tips/call-back/").text
    readers.ask("POST", "/subscribe/")
    assert "Ring them up" in readers.get("/tips/call-back/").text


def test_a_tip_goes_live_at_its_moment_though_nobody_asks_the_database_meanwhile(readers, at_noon):
    at = NOON + timedelta(hours=3)
    make_tip("Coming", slug="coming", publish_at=at, tags=["phone"])
    urls = ["/", "/tips/", "/tips/coming/", "/tag/phone/", "/feed/", "/sitemap.xml", "/2026/"]
    statuses = [readers.get(url).status for url in urls]
    assert statuses == [200, 200, 404, 404, 200, 200, 404]
    at_noon.move_to(at - timedelta(milliseconds=1))
    assert [readers.get(url).status for url in urls] == statuses
    builds = readers.store.counts.builds
    at_noon.move_to(at)
    assert all("oming" in readers.get(url).text for url in urls[:-1])
    assert readers.store.counts.builds == builds + len(urls) - 1
    # A clock that was wrong is set back: it is not due any more.
    at_noon.move_to(NOON)
    assert [readers.get(url).status for url in urls] == statuses


@in_transactions
def test_a_change_while_a_page_is_built_makes_the_page_unreachable(readers):
    tip = make_tip("Call back", slug="call-back")
    django = readers.application._django

    def slow(environ, start_response):
        answer = django(environ, start_response)
        Tip.objects.filter(pk=tip.pk).update(title="Ring them up")
        return answer

    readers.application._django = slow
    assert "Call back" in readers.get("/tips/call-back/").text
    readers.watch.look_again()
    assert "Ring them up" in readers.get("/tips/call-back/").text


def test_a_page_that_was_begun_before_a_moment_and_done_after_is_not_kept(readers, at_noon):
    at = NOON + timedelta(seconds=1)
    make_tip("Coming", slug="coming", publish_at=at)
    django = readers.application._django

    def slow(environ, start_response):
        answer = django(environ, start_response)
        at_noon.move_to(at)
        return answer

    readers.application._django = slow
    assert readers.get("/tips/coming/").status == 404
    assert readers.store.count == 0
    assert readers.get("/tips/coming/").status == 200


def test_who_has_a_session_gets_nothing_kept_and_leaves_nothing(readers):
    make_tip("Call back", slug="call-back")
    for headers in (
        {"cookie": "x=y; sessionid=abc"},
        {"authorization": "Basic YTpi"},
        {"host": "127.0.0.1:8000"},
    ):
        assert readers.get("/tips/call-back/", **headers).status == 200
    assert (readers.store.counts.builds, readers.store.count) == (0, 0)


def test_addresses_that_lead_nowhere_push_no_page_out(monkeypatch):
    monkeypatch.setattr(state, "LOOK_EVERY", 3600)
    readers = Readers(megabytes=0.1)
    make_tip("Call back", slug="call-back")
    readers.get("/"), readers.get("/tips/call-back/")
    for number in range(60):
        assert readers.get(f"/tips/nothing-{number}/").status == 404
    assert readers.store.bytes <= 100_000
    builds = readers.store.counts.builds
    readers.get("/"), readers.get("/tips/call-back/?x=1")
    assert readers.store.counts.builds == builds == 62


# --- To caches ------------------------------------------------------------------------------------------


def test_caches_ask_each_time_unless_a_network_is_named_and_then_until_the_next_moment(
    readers, settings, at_noon
):
    at = NOON + timedelta(seconds=100)
    make_tip("Coming", slug="coming", publish_at=at)
    assert readers.get("/").headers["cache-control"] == "no-cache"
    settings.CDN_MAX_AGE = 60
    told = []
    for left in (100, 60.5, 10.5, 0.5):
        at_noon.move_to(at - timedelta(seconds=left))
        told.append(readers.get("/").headers["cache-control"])
    assert told == [
        "public, max-age=0, s-maxage=60, stale-if-error=40",
        "public, max-age=0, s-maxage=60, stale-if-error=0",
        "public, max-age=0, s-maxage=10, stale-if-error=0",
        "no-cache",
    ]
    at_noon.move_to(at)
    assert readers.get("/").headers["cache-control"] == "public, max-age=0, s-maxage=60, stale-if-error=600"
    # What is not everybody's is for nobody to keep.
    assert readers.get("/search/?q=x").headers["cache-control"] == "no-cache"


def test_a_date_that_runs_ahead_is_not_sent_and_tells_another_process_nothing(readers, at_noon, monkeypatch):
    monkeypatch.setattr(state, "_LOADED_AT", 0)
    url, other = "/tips/call-back/", Readers()
    make_tip("Call back", slug="call-back")
    for number in range(3):
        # As several changes within a second.
        Edition.objects.update(number=100 + number, moment=0)
        readers.watch.look_again()
        answer = readers.get(url)
    assert "last-modified" not in answer.headers
    at_noon.shift(timedelta(minutes=1))
    date = readers.get(url).headers["last-modified"]
    assert readers.get(url, if_modified_since=date).status == 304
    # Another change, of which the other process hears first.
    Tip.objects.update(title="Ring them up")
    Edition.objects.update(number=200, moment=NOON.timestamp() + 1)
    assert "Ring them up" in other.get(url, if_modified_since=date).text


# --- The database is away -------------------------------------------------------------------------------


def gone(execute, sql, params, many, context):
    raise OperationalError("server closed the connection\n unexpectedly") from psycopg2.OperationalError()


@in_transactions
def test_while_the_database_is_away_readers_get_what_was_kept_up_to_its_moment(
    readers, at_noon, caplog, monkeypatch
):
    monkeypatch.setattr(state, "AGAIN_AFTER", 3600)
    make_tip("Call back", slug="call-back")
    make_tip("Coming", slug="coming", publish_at=NOON + timedelta(hours=2))
    kept = readers.get("/tips/call-back/")
    with connection.execute_wrapper(gone), caplog.at_level(logging.INFO):
        readers.watch.look_again()
        assert readers.get("/tips/call-back/") == kept
        at_noon.shift(timedelta(minutes=90))
        assert readers.get("/tips/call-back/") == kept
        page = readers.get("/tips/")
        assert (page.status, page.headers["retry-after"], page.headers["cache-control"]) == (
            503,
            "300",
            "no-store",
        )
        assert "This page cannot be shown just now" in page.text
        assert readers.ask("HEAD", "/tips/").body == b""
        # Something was due to appear.
        at_noon.shift(timedelta(minutes=30))
        assert readers.get("/tips/call-back/").status == 503
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 4
    assert "database is away" in lines[0]
    assert "\n" not in "".join(lines)
    monkeypatch.setattr(readers.watch, "_next_look", 0)
    assert readers.get("/tips/coming/").status == 200


@in_transactions
def test_what_was_kept_is_served_for_ten_minutes_at_most_while_the_database_is_away(readers, monkeypatch):
    readers.get("/")
    with connection.execute_wrapper(gone):
        readers.watch.look_again()
        assert readers.get("/").status == 200
        monkeypatch.setattr(state, "LONGEST_AWAY", -1)
        assert readers.get("/").status == 503


@in_transactions
def test_a_database_that_is_slow_keeps_no_reader_waiting_and_is_asked_again_soon(monkeypatch, settings):
    settings.READER_QUERY_SECONDS = 0.05
    monkeypatch.setattr(state, "AGAIN_AFTER", 3600)
    monkeypatch.setattr(keeping, "moments_around", lambda at: ask(ENDLESS))
    readers = Readers()
    answer = readers.get("/")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    # Who finds somebody else still asking goes on to Django.
    monkeypatch.setattr(state, "LONGEST_WAIT", 0.01)
    readers = Readers()
    with readers.watch._lock:
        assert readers.get("/").status == 200


def test_a_fault_of_the_program_is_no_outage(readers, caplog):
    def broken(execute, sql, params, many, context):
        if "tips_edition" in sql:
            raise ProgrammingError("no such column")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(broken):
        assert [readers.get("/").status for _ in range(2)] == [200, 200]
    assert readers.store.count == 0
    assert [record.getMessage() for record in caplog.records] == [
        "The edition cannot be read; no page is kept."
    ]


def test_what_fails_is_not_kept_and_fails_for_each_by_itself(readers, monkeypatch):
    def broken(environ, start_response):
        start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
        return [b"It failed."]

    django, readers.application._django = readers.application._django, broken
    assert readers.get("/").status == 500
    readers.application._django = django
    assert readers.get("/").status == 200
