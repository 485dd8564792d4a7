"""What is known of the backups, and what a run leaves behind."""

import logging
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from tipsite.backup import runs
from tipsite.models import BackupRun

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def grown_up():
    """A site that was made three days ago."""
    MigrationRecorder.Migration.objects.update(applied=NOW - timedelta(days=3))


def ran(ago, **fields):
    at = NOW - ago
    return BackupRun.objects.create(began_at=at, ended_at=at, file="/backup/a.tar", **fields)


def test_a_young_site_and_one_with_debug_need_no_backup(settings):
    ran(timedelta(hours=1), failure="no room")
    assert runs.standing(NOW) == runs.Standing(None, None, False)
    MigrationRecorder.Migration.objects.update(applied=NOW - timedelta(days=3))
    assert runs.standing(NOW).is_overdue
    settings.DEBUG = True
    assert runs.standing(NOW) == runs.Standing(None, None, False)


def test_a_backup_of_yesterday_will_do(grown_up, django_assert_num_queries):
    newest = ran(timedelta(hours=30))
    ran(timedelta(hours=60), failure="no room")
    with django_assert_num_queries(1):
        assert runs.standing(NOW) == runs.Standing(newest, None, False)
    assert runs.age(newest, NOW) == timedelta(hours=30)


def test_the_last_run_that_failed_counts_though_an_older_backup_is_there(grown_up):
    newest, failed = ran(timedelta(hours=30)), ran(timedelta(hours=6), failure="no room")
    assert runs.standing(NOW) == runs.Standing(newest, failed, False)
    assert "failed: no room. See to the cause" in runs.failure_in_words(failed)


def test_after_two_days_it_is_overdue(grown_up):
    newest = ran(timedelta(hours=49))
    assert runs.standing(NOW) == runs.Standing(newest, None, True)
    assert "in the last 2 days: the newest is of " in runs.overdue_in_words(newest)
    assert runs.overdue_in_words(None).startswith("No backup was ever taken")


def test_a_run_of_the_future_is_of_a_wrong_clock(grown_up):
    ran(-timedelta(days=300))
    assert runs.standing(NOW).is_overdue


def test_old_rows_go():
    ran(timedelta(days=500))
    runs.note(NOW, "/backup/b.tar", size=7)
    assert [(run.file, run.size, run.failure) for run in BackupRun.objects.all()] == [
        ("/backup/b.tar", 7, "")
    ]


def test_a_database_that_takes_no_row_stops_no_backup(monkeypatch, caplog):
    def full(**fields):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(BackupRun.objects, "create", full)
    with caplog.at_level(logging.WARNING):
        runs.note(NOW, "/backup/b.tar")
    assert "cannot keep a row about this backup: database or disk is full" in caplog.text


def test_a_run_that_was_killed_is_noted_once_and_one_that_said_so_itself_is_not():
    assert runs.note_killed("/backup", "oom-kill")
    assert BackupRun.objects.get().failure == "The run was ended from outside (oom-kill)."
    assert not runs.note_killed("/backup", "exit-code")
    BackupRun.objects.update(ended_at=timezone.now() - timedelta(hours=24))
    assert runs.note_killed("/backup", "")
