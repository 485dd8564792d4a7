import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

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
def test_it_is_ready_when_the_database_answers_and_is_up_to_date(client):
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_it_is_not_ready_while_migrations_are_missing(client):
    MigrationRecorder(connection).migration_qs.filter(app="tipsite").delete()
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"The database waits for migrations.\n")


@pytest.mark.django_db
def test_it_is_not_ready_while_the_database_is_away_and_tells_no_details(client, monkeypatch):
    def refuse(*args):
        raise OperationalError("connection to server at 10.0.0.7 failed: password of tips is wrong")

    monkeypatch.setattr(connection, "cursor", refuse)
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"The database does not answer.\n")


def test_it_answers_a_probe_that_asks_the_machine_rather_than_the_site(client):
    assert client.get("/healthz", headers={"host": "10.0.0.7:8000"}).status_code == 200


def test_it_takes_no_probe_for_an_order(client):
    assert client.post("/healthz").status_code == 404
