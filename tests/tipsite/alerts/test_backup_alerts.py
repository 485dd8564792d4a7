"""Staff are told of a backup that failed, and that there is none."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from tipsite.alerts import backup_alerts
from tipsite.models import BackupRun

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def grown_up(settings):
    settings.STAFF_EMAIL = ["owner@example.org"]
    MigrationRecorder.Migration.objects.update(applied=timezone.now() - timedelta(days=30))


def ran(ago, **fields):
    at = timezone.now() - ago
    return BackupRun.objects.create(began_at=at, ended_at=at, file="/backup/a.tar", **fields)


def told(after=timedelta()):
    """Let the clock look; return the subjects of what went out."""
    mail.outbox.clear()
    for _ in range(2):
        backup_alerts.send_alerts(timezone.now() + after)
    return [message.subject.partition(":")[0] for message in mail.outbox]


def test_nobody_hears_of_backups_that_succeed():
    ran(timedelta(hours=20))
    assert told() == []


def test_a_run_that_failed_is_told_once_and_the_next_one_again():
    ran(timedelta(hours=20))
    ran(timedelta(hours=2), failure="pg_dump failed: no room")
    assert told() == ["A backup failed"]
    assert "pg_dump failed: no room. See to the cause" in mail.outbox[0].body
    assert mail.outbox[0].to == ["owner@example.org"]
    assert told() == []
    ran(timedelta(hours=1), failure="no room still")
    assert told() == ["A backup failed"]
    ran(timedelta(minutes=1))
    assert told() == []


def test_that_there_is_none_is_told_each_week():
    assert told() == ["No backup for days"]
    assert "ever" in mail.outbox[0].body
    ran(timedelta(days=3))
    assert told() == ["No backup for days"]
    assert told(timedelta(days=3)) == []
    assert told(timedelta(days=5)) == ["No backup for days"]


def test_a_run_that_was_killed_is_noted_by_the_unit_after_it(monkeypatch):
    monkeypatch.setenv("MONITOR_SERVICE_RESULT", "oom-kill")
    call_command("backup", into="/backup", note_failure=True)
    assert told() == ["A backup failed", "No backup for days"]
    assert "ended from outside (oom-kill)" in mail.outbox[0].body


def test_where_the_database_takes_no_row_the_owner_is_told_at_once(monkeypatch, capsys):
    def full(**fields):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(BackupRun.objects, "create", full)
    with pytest.raises(SystemExit):
        call_command("backup", into="/backup", note_failure=True)
    (message,) = mail.outbox
    assert message.to == ["owner@example.org"]
    assert "database or disk is full" in message.body
