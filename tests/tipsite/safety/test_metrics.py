"""What /metrics tells, and whom."""

import re
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from subscribers.models import DeliveryCount, LinkRequest
from tests.tipsite.safety.situations import all_is_well, sending
from tips.models import Edition
from tipsite.metrics import registry
from tipsite.metrics.process_counts import TABLE
from tipsite.models import BackupRun
from tipsite.safety.metrics import written

FAR = {"REMOTE_ADDR": "203.0.113.7"}


def figures(client, **asking):
    """{name with labels: value} of an answer."""
    text = client.get("/metrics", **asking).text
    return {name: float(value) for name, value in re.findall(r"^(tips_\S+) (\S+)$", text, re.MULTILINE)}


@pytest.mark.django_db
def test_it_tells_queues_mails_the_next_slot_and_backups(client, settings, django_assert_max_num_queries):
    now = timezone.now()
    all_is_well()
    LinkRequest.objects.create(address="a@example.org", asked_at=now - timedelta(minutes=5))
    mailing = sending(audience=10, started_at=now - timedelta(minutes=2))
    for kind, number in (("sent", 4), ("refused", 1), ("deferred", 2)):
        DeliveryCount.objects.create(mailing=mailing, kind=kind, shard=7, number=number)
    BackupRun.objects.create(began_at=now - timedelta(days=3), ended_at=now - timedelta(days=3), file="a.tar")
    TABLE.note(200)
    with django_assert_max_num_queries(12):
        told = figures(client)
    assert told["tips_database_up"] == 1
    assert told["tips_edition"] == Edition.objects.get().number
    assert "tips_page_builds_total" in told
    assert told['tips_requests_total{status="200"}'] >= 1
    assert told['tips_queue_depth{queue="link_mails"}'] == 1
    assert told['tips_oldest_waiting_seconds{queue="link_mails"}'] == pytest.approx(300, abs=30)
    assert told['tips_oldest_waiting_seconds{queue="tasks"}'] == 0
    assert told['tips_queue_depth{queue="mailings"}'] == 5
    assert told['tips_oldest_waiting_seconds{queue="mailings"}'] == pytest.approx(120, abs=30)
    assert (told['tips_mails{outcome="sent"}'], told['tips_mails{outcome="refused"}']) == (4, 1)
    assert told["tips_next_slot_timestamp_seconds"] > now.timestamp()
    assert (told["tips_workers"], told["tips_backup_failed"]) == (1, 0)
    assert told["tips_backup_age_seconds"] == pytest.approx(3 * 86400, abs=60)


@pytest.mark.django_db
def test_it_answers_this_machine_and_whoever_has_the_token(client, settings):
    assert client.get("/metrics").headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert client.get("/metrics", headers={"x-forwarded-for": "203.0.113.7"}).status_code == 404
    assert client.get("/metrics", headers={"authorization": "Bearer "}, **FAR).status_code == 404
    settings.METRICS_TOKEN = "a-long-token"
    assert client.get("/metrics", headers={"authorization": "Bearer wrong"}, **FAR).status_code == 404
    assert client.get("/metrics", headers={"authorization": "Bearer a-long-token"}, **FAR).status_code == 200
    assert client.post("/metrics").status_code == 404


def test_while_the_database_is_away_it_tells_that_and_what_the_processes_counted(client, monkeypatch):
    def refuse(*args):
        raise OperationalError("the server is away")

    TABLE.note(200)
    monkeypatch.setattr(connection, "cursor", refuse)
    told = figures(client)
    assert told["tips_database_up"] == 0
    assert told['tips_requests_total{status="200"}'] >= 1


def test_each_family_stands_once_under_its_help_and_type():
    samples = [
        registry.Sample("hits_total", "Kept pages", 3, {"of": 'a "b"\\'}),
        registry.Sample("edition", "The edition", 123456789),
        registry.Sample("hits_total", "Kept pages", 4.5),
        registry.Sample("age", "Not known", None),
    ]
    assert written(samples).splitlines() == [
        "# HELP tips_hits_total Kept pages.",
        "# TYPE tips_hits_total counter",
        r'tips_hits_total{of="a \"b\"\\"} 3',
        "tips_hits_total 4.5",
        "# HELP tips_edition The edition.",
        "# TYPE tips_edition gauge",
        "tips_edition 123456789",
    ]
