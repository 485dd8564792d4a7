"""A query that takes too long ends, where a reader waits for its page: the page says to come again."""

import logging

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from tipsite import urls
from tipsite.logs import Formatter

# Without a limit neither would end within the time of a test.
ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n",
    "postgresql": "SELECT pg_sleep(3600)",
}
QUICK = {"sqlite": "SELECT 1", "postgresql": "SELECT pg_sleep(0.1)"}


def ask(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql[connection.vendor])
        return cursor.fetchall()


def endless(request: HttpRequest) -> HttpResponse:
    return HttpResponse(ask(ENDLESS))


def quick(request: HttpRequest) -> HttpResponse:
    return HttpResponse(ask(QUICK))


urlpatterns = [
    path("endless/", endless),
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
def test_a_reader_is_told_to_come_again_in_one_line_of_the_log(reader, settings, caplog):
    settings.READER_QUERY_SECONDS = 0.05
    with caplog.at_level(logging.ERROR):
        answer = reader.get("/endless/")

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "This page cannot be shown just now" in answer.text
    lines = [Formatter("%(message)s").format(record) for record in caplog.records]
    assert len(lines) == 1
    assert "\n" not in lines[0]

    # The next request of the same process has its own time, and nothing is left of the limit.
    assert reader.get("/").status_code == 200
    settings.READER_QUERY_SECONDS = 0
    assert reader.get("/quick/").status_code == 200
    assert ask(QUICK)

    if connection.vendor == "postgresql":
        settings.READER_QUERY_SECONDS = 0.05
        assert reader.get("/quick/").status_code == 503
        # What staff ask for and what forms do takes as long as it takes.
        assert reader.get("/admin/quick/").status_code == 200
        assert reader.post("/quick/").status_code == 200
