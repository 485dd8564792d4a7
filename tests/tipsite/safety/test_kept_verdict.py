"""The answer that monitors get: kept for some seconds, and logged when it changes."""

import threading
import time

import pytest
from django.db import OperationalError
from django.utils import timezone

from subscribers.models import Heartbeat
from tests.tipsite.safety.situations import all_is_well, no_worker
from tips.schedule import verdict
from tipsite.safety import kept_verdict
from tipsite.safety.kept_verdict import KeptVerdict

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.STATE_DIR = tmp_path


def lines(caplog):
    return [each.getMessage() for each in caplog.records if each.levelname != "DEBUG"]


def test_asking_often_costs_no_query_and_the_answer_says_of_which_moment_it_is(
    client, django_assert_num_queries
):
    first = client.get("/healthz/safe")
    with django_assert_num_queries(0):
        again = [client.get("/healthz/safe") for _ in range(20)]
    assert {(each.status_code, each.content, each["X-As-Of"]) for each in again} == {
        (first.status_code, first.content, first["X-As-Of"])
    }


def test_a_no_is_one_line_in_the_log_at_the_change_and_none_at_each_question(client, caplog, monkeypatch):
    monkeypatch.setattr(kept_verdict, "KEPT_FOR", 0)
    caplog.set_level("INFO")
    all_is_well()
    assert client.get("/healthz/safe").status_code == 200
    assert lines(caplog) == []
    no_worker()
    assert {client.get("/healthz/safe").status_code for _ in range(5)} == {503}
    assert lines(caplog) == ["The next tip is not safe (worker)."]

    def fail(now=None):
        raise OperationalError("the server is away")

    with monkeypatch.context() as away:
        away.setattr(verdict, "of_next", fail)
        client.get("/healthz/safe"), client.get("/healthz/safe")
    assert lines(caplog)[1:] == ["The next tip is not safe (database)."]
    Heartbeat.objects.update(seen_at=timezone.now())
    client.get("/healthz/safe"), client.get("/healthz/safe")
    assert lines(caplog)[2:] == ["The next tip is safe again."]


def test_while_one_asks_a_slow_database_the_others_get_the_answer_before(monkeypatch):
    kept, is_asking, may_end = KeptVerdict(), threading.Event(), threading.Event()
    first = kept.ask()
    monkeypatch.setattr(kept_verdict, "_found", lambda: (is_asking.set(), may_end.wait(60), first)[2])
    later = time.monotonic() + kept_verdict.KEPT_FOR
    monkeypatch.setattr(kept_verdict.time, "monotonic", lambda: later)
    slow = threading.Thread(target=kept.ask)
    slow.start()
    assert is_asking.wait(60)
    assert kept.ask() is first
    may_end.set()
    slow.join()
