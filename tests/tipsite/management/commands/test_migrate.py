"""Migrations beside people who use the tables, on PostgreSQL."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import connection, transaction

from tests.at_once import SomebodyElse
from tips.models import Tip
from tipsite.management.commands import migrate

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


@pytest.fixture(autouse=True)
def a_migration_of_tips(monkeypatch):
    """Let migrate do what an ALTER TABLE does first, and be patient for a moment."""

    def alter(command, *args, **options):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE tips_tip IN ACCESS EXCLUSIVE MODE")
        return "altered"

    monkeypatch.setattr(Migrate, "handle", alter)
    monkeypatch.setattr(migrate, "LONGEST_WAIT", 0.2)
    monkeypatch.setattr(migrate, "PAUSE", 0.05)


def test_readers_do_not_queue_up_behind_a_migration_that_waits_for_a_backup(monkeypatch):
    monkeypatch.setattr(migrate, "TRIES", 100_000)
    said, output = io.StringIO(), io.StringIO()
    release = SomebodyElse(lambda: call_command("migrate", stderr=said, stdout=output))
    reader = SomebodyElse(Tip.objects.count)
    with transaction.atomic():
        # As a backup does, we have looked at the table, and go on.
        Tip.objects.count()
        release.until_they_wait_for_us()
        reader.thread.start()
        assert reader.outcome() == 0
        assert release.thread.is_alive()
    release.outcome()
    assert "altered" in output.getvalue()
    assert "Somebody uses the tables" in said.getvalue()


def test_it_gives_up_in_words_and_leaves_the_connection_as_it_was(monkeypatch):
    monkeypatch.setattr(migrate, "TRIES", 2)
    release = SomebodyElse(lambda: call_command("migrate", stderr=io.StringIO()))
    with transaction.atomic():
        Tip.objects.count()
        release.thread.start()
        with pytest.raises(CommandError, match="Run migrate again when they are done"):
            release.outcome()
    call_command("migrate", stdout=io.StringIO())
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)
