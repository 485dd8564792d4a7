from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from shield import clocks
from tipsite.models import BackupRun
from tipsite.safety import probes


@pytest.fixture(autouse=True)
def new_process(monkeypatch):
    monkeypatch.setattr(probes, "_migrated", False)


def test_it_says_that_the_process_lives_without_asking_the_database(client):
    # Without the database mark, any query would fail this test.
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_it_is_ready_when_the_database_answers_and_is_up_to_date(client, settings):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "release": settings.BASE_DIR.name,
        "backup_age_seconds": None,
        "backup_failed": False,
        "backup_overdue": False,
        "clock_offset_seconds": 0,
    }


@pytest.mark.django_db
def test_what_no_other_machine_would_do_better_is_told_and_takes_none_out_of_service(client, monkeypatch):
    now = timezone.now()
    MigrationRecorder.Migration.objects.update(applied=now - timedelta(days=30))
    BackupRun.objects.create(began_at=now - timedelta(days=3), ended_at=now, file="a.tar")
    BackupRun.objects.create(began_at=now, ended_at=now, file="b.tar", failure="no room")
    monkeypatch.setattr(clocks, "database_now", lambda: timezone.now() - timedelta(seconds=90))
    response = client.get("/readyz")
    facts = response.json()
    assert (response.status_code, facts["backup_failed"], facts["backup_overdue"]) == (200, True, True)
    assert facts["backup_age_seconds"] == pytest.approx(3 * 86400, abs=60)
    assert facts["clock_offset_seconds"] == pytest.approx(90, abs=1)


@pytest.mark.django_db
def test_it_is_not_ready_while_migrations_are_missing(client):
    MigrationRecorder(connection).migration_qs.filter(app="tipsite").delete()
    response = client.get("/readyz")
    assert (response.status_code, response.json()["why"]) == (503, "The database waits for migrations.")


@pytest.mark.django_db
def test_what_runs_goes_on_when_a_newer_version_has_migrated(client):
    MigrationRecorder(connection).record_applied("tips", "0099_later")
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_it_is_not_ready_while_the_database_is_away_and_tells_no_details(client, monkeypatch):
    def refuse(*args):
        raise OperationalError("connection to server at 10.0.0.7 failed: password of tips is wrong")

    monkeypatch.setattr(connection, "cursor", refuse)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["why"]) == (503, "The database does not answer.")


def test_it_answers_a_probe_that_asks_the_machine_rather_than_the_site(client):
    assert client.get("/healthz", headers={"host": "10.0.0.7:8000"}).status_code == 200


@pytest.mark.django_db
def test_it_takes_no_probe_for_an_order(client):
    assert client.post("/healthz").status_code == 404
