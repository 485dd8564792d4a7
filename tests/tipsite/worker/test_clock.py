from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from tipsite.worker import clock

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


@pytest.fixture
def ran(monkeypatch):
    ran = []
    monkeypatch.setattr(clock, "EACH_MINUTE", [lambda now: ran.append("minute")])
    monkeypatch.setattr(clock, "EACH_QUARTER", [])
    monkeypatch.setattr(clock, "EACH_HOUR", [lambda now: ran.append("hour")])
    monkeypatch.setattr(clock, "EACH_DAY", [lambda now: ran.append("day")])
    return ran


def test_it_runs_hourly_jobs_on_the_hour_only(ran):
    clock.tick(NOON)
    clock.tick(NOON + timedelta(minutes=1))
    assert ran == ["minute", "hour", "minute"]


def test_it_runs_daily_jobs_once_a_day(ran):
    for minute in range(0, 24 * 60, 30):
        clock.tick(NOON + timedelta(minutes=minute))
    assert (ran.count("day"), ran.count("hour")) == (1, 24)


@pytest.mark.parametrize("error", [ValueError("odd"), OperationalError("the server is gone")])
@pytest.mark.django_db
def test_it_goes_on_after_a_job_that_fails_and_names_it(ran, caplog, error):
    def broken_job(now):
        raise error

    clock.EACH_MINUTE.insert(0, broken_job)
    clock.tick(NOON)
    assert ran == ["minute", "hour"]
    assert "broken_job" in caplog.text
    assert str(error) in caplog.text


@pytest.mark.django_db
def test_it_deletes_expired_sessions_and_keeps_the_others():
    now = timezone.now()
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(minutes=1))
    Session.objects.create(session_key="new", session_data="", expire_date=now + timedelta(minutes=1))
    clock.clear_expired_sessions(now)
    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]


@pytest.mark.django_db
def test_it_deletes_results_of_tasks_after_two_weeks_and_nothing_unfinished():
    for name, status, days in [
        ("old", TaskResultStatus.SUCCESSFUL, 15),
        ("old failure", TaskResultStatus.FAILED, 15),
        ("recent", TaskResultStatus.SUCCESSFUL, 13),
        ("waiting", TaskResultStatus.READY, None),
    ]:
        DBTaskResult.objects.create(
            task_path=name,
            status=status,
            args_kwargs={"args": [], "kwargs": {}},
            run_after=NOON,
            finished_at=days and NOON - timedelta(days=days),
            backend_name="default",
        )
    clock.prune_task_results(NOON)
    assert set(DBTaskResult.objects.values_list("task_path", flat=True)) == {"recent", "waiting"}
