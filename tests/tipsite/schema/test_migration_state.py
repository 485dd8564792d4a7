"""Which migrations a database is ahead by, and what is done about that."""

import io

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from tipsite.management.commands.serve import Command as Serve
from tipsite.models import BearableMigration
from tipsite.schema import migration_state

OURS = ["tips.0001_initial", "tips.0002_edition"]


def test_a_database_of_this_version_is_not_ahead(db):
    assert migration_state.unknown(migration_state.applied()) == []
    assert migration_state.why_database_is_ahead() == ""


def test_what_was_applied_after_all_that_is_known_is_ahead():
    assert migration_state.unknown([*OURS, "tips.0099_later", "comments.0001_initial"]) == [
        "tips.0099_later",
        "comments.0001_initial",
    ]


def test_old_migrations_that_went_into_one_since_are_not_ahead():
    assert migration_state.unknown(["tips.0001_begin", "tips.0002_more", *OURS]) == []


def test_the_sentence_names_the_first_of_those_that_nobody_vouches_for():
    names = [*OURS, "tips.0098_bearable", "tips.0099_later", "tips.0100_last"]
    words = migration_state.why_ahead(names, {"tips.0098_bearable"})
    assert "does not know tips.0099_later and 1 more" in words
    assert migration_state.why_ahead(names, set(names)) == ""


def test_each_migration_that_is_marked_has_a_row(db):
    marked = migration_state.bearable()
    assert "tipsite.0003_backup_runs_and_bearable_migrations" in marked
    assert not {name for name in marked if name.endswith(".0001_initial")}
    BearableMigration.objects.all().delete()
    for _ in range(2):
        call_command("migrate", verbosity=0)
    assert migration_state.bearable() == marked


def test_nothing_starts_on_a_database_that_is_ahead_unless_that_is_bearable(db):
    MigrationRecorder(connection).record_applied("tips", "0099_later")
    for command in ("worker", "serve"):
        with pytest.raises(CommandError, match=r"does not know tips\.0099_later") as refused:
            call_command(command)
        assert refused.value.returncode == 2
        assert "\n" not in str(refused.value)
    # What older programs would do to it, and a web server that is started without ``serve``.
    with pytest.raises(CommandError, match=r"tips\.0099_later"):
        call_command("check", database=["default"], stderr=io.StringIO())
    BearableMigration.objects.create(app="tips", name="0099_later")
    Serve().require_migrations()
    assert run_checks(tags=["database"], databases=["default"]) == []
