"""A query that takes too long ends, where a reader waits for its page: the page says to come again."""

import logging
from contextlib import closing

import psycopg2
import pytest
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from psycopg2 import extensions

from tests.tipsite.pages.frozen_server import Proxy
from tests.tipsite.pages.queries import ENDLESS, ask
from tips.models import Tip
from tipsite import urls
from tipsite.logs import Formatter
from tipsite.pages import query_limits

QUICK = {"sqlite": "SELECT 1", "postgresql": "SELECT pg_sleep(0.1)"}


def endless(request: HttpRequest) -> HttpResponse:
    return HttpResponse(ask(ENDLESS))


def endless_in_a_transaction(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        return HttpResponse(ask(ENDLESS))


def row_by_row(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(tip) for tip in Tip.objects.iterator())


def quick(request: HttpRequest) -> HttpResponse:
    return HttpResponse(ask(QUICK))


urlpatterns = [
    path("endless/", endless),
    path("endless-in-a-transaction/", endless_in_a_transaction),
    path("row-by-row/", row_by_row),
    path("quick/", quick),
    path("admin/quick/", quick),
    *urls.urlpatterns,
]
handler500 = urls.handler500

pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def reader():
    return Client(raise_request_exception=False)


@pytest.mark.django_db(transaction=True)
def test_a_reader_is_told_to_come_again_in_one_line_of_the_log(reader, settings, caplog, monkeypatch):
    settings.READER_QUERY_SECONDS = 0.05
    with caplog.at_level(logging.ERROR):
        answer = reader.get("/endless/")

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "This page cannot be shown just now" in answer.text
    lines = [Formatter("%(message)s").format(record) for record in caplog.records]
    assert len(lines) == 1
    assert "\n" not in lines[0]

    # The next request of the same process has its own time, and nothing is left of the limit.
    assert reader.get("/endless-in-a-transaction/").status_code == 503
    settings.READER_QUERY_SECONDS = 60
    assert reader.get("/").status_code == 200
    assert reader.get("/row-by-row/").status_code == 200
    settings.READER_QUERY_SECONDS = 0
    assert reader.get("/quick/").status_code == 200
    assert ask(QUICK)

    if connection.vendor == "postgresql":
        settings.READER_QUERY_SECONDS = 0.05
        assert reader.get("/quick/").status_code == 503
        # What staff ask for and what forms do may take longer, but ends before it is given up.
        assert reader.get("/admin/quick/").status_code == 200
        assert reader.post("/quick/").status_code == 200
        monkeypatch.setattr(query_limits, "LONGEST_STATEMENT", 0.05)
        assert reader.get("/admin/quick/").status_code == 503
        assert reader.post("/quick/").status_code == 503


# --- A server that stands still -------------------------------------------------------------------------


@pytest.fixture
def proxy():
    proxy = Proxy()
    extensions.set_wait_callback(query_limits.wait)
    yield proxy
    extensions.set_wait_callback(None)
    proxy.end()


def connect(proxy):
    place = connection.settings_dict
    return psycopg2.connect(
        host="127.0.0.1",
        port=proxy.port,
        dbname=place["NAME"],
        user=place["USER"],
        password=place["PASSWORD"],
    )


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_server_that_stands_still_is_given_up_by_whoever_reads(proxy, settings, monkeypatch):
    settings.READER_QUERY_SECONDS = 0.05
    monkeypatch.setattr(query_limits, "GRACE", 0.1)
    with closing(connect(proxy)) as server, server.cursor() as cursor:
        cursor.execute("SELECT 1")
        proxy.frozen.set()
        with query_limits.limited(), pytest.raises(psycopg2.OperationalError, match="has not answered"):
            cursor.execute("SELECT 2")
        assert server.closed
    # Nor is a new connection waited for without end.
    with query_limits.limited(), pytest.raises(psycopg2.OperationalError, match="has not answered"):
        connect(proxy)
    proxy.frozen.clear()
    with closing(connect(proxy)) as server, server.cursor() as cursor:
        cursor.execute("SELECT 3")
        assert cursor.fetchone() == (3,)
