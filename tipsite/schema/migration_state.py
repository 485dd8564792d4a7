"""Which migrations the database lacks, and which it has that this program does not know.

A database that is ahead was migrated by a newer version of the program. An older version must not start on
it: what it writes may be wrong there, without any error. The author of a migration may know that the version
before it can do with the tables as they are then, and says so by the attribute ``is_bearable = True`` of the
Migration. The newer program keeps a row about each such migration, since the older one has no file that it
could look into.
"""

from collections.abc import Iterable, Sequence

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

import tipsite
from tipsite.models import BearableMigration


def unapplied() -> list[str]:
    """Return the migrations that the database does not know yet, as "app.name", in order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def applied() -> list[str]:
    """Return the migrations that the database has, as "app.name", in the order in which they were applied."""
    recorder = MigrationRecorder(connection)
    if not recorder.has_table():
        return []
    rows = recorder.migration_qs.order_by("id").values_list("app", "name")
    return [f"{app}.{name}" for app, name in rows]


def bearable() -> set[str]:
    """Return the migrations that a program which does not know them can do with, as "app.name"."""
    if BearableMigration._meta.db_table not in connection.introspection.table_names():
        return set()
    return {f"{app}.{name}" for app, name in BearableMigration.objects.values_list("app", "name")}


def unknown(names: Sequence[str]) -> list[str]:
    """Return which migrations, named in the order in which they were applied, are ahead of this program.

    A migration that this program lacks and that was applied before one that it has is not ahead: a newer
    version has put several into one since, and removed the old files.
    """
    migrations = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    known = {f"{app}.{name}" for app, name in migrations}
    known |= {f"{app}.{name}" for each in migrations.values() for app, name in each.replaces}
    last_known = {name.partition(".")[0]: place for place, name in enumerate(names) if name in known}
    return [
        name
        for place, name in enumerate(names)
        if name not in known and place > last_known.get(name.partition(".")[0], -1)
    ]


def why_ahead(names: Sequence[str], marked: Iterable[str]) -> str:
    """Return why this program must not work with some migrations; "" where it may.

    ``names`` are in the order in which they were applied, and ``marked`` are those that are bearable.
    """
    ahead = [name for name in unknown(names) if name not in set(marked)]
    if not ahead:
        return ""
    more = f" and {len(ahead) - 1} more" if len(ahead) > 1 else ""
    return f"This program ({tipsite.__version__}) is too old for it: it does not know {ahead[0]}{more}."


def why_database_is_ahead() -> str:
    """Return why this program must not start on the database, and what to do; "" where it may."""
    names = applied()
    if not (words := why_ahead(names, bearable() if unknown(names) else ())):
        return ""
    remedy = "Install the version that migrated it, or a newer one; or restore a backup of this version."
    return f"The database is ahead. {words} {remedy}"


def mark_bearable(using: str, **kwargs: object) -> None:
    """Keep a row about each applied migration that an older program can do with. Run after ``migrate``."""
    if (
        using != DEFAULT_DB_ALIAS
        or BearableMigration._meta.db_table not in connection.introspection.table_names()
    ):
        return
    there = set(applied())
    rows = [
        BearableMigration(app=app, name=name)
        for (app, name), migration in MigrationLoader(None, ignore_no_migrations=True).disk_migrations.items()
        if getattr(migration, "is_bearable", False) and f"{app}.{name}" in there
    ]
    BearableMigration.objects.bulk_create(rows, ignore_conflicts=True)
