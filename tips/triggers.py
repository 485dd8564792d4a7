"""What the database itself keeps true: the copies in placements, and the search index.

Triggers hold for every path by which a row is written: a form, an import, ``update()``, a shell. On
SQLite a migration remakes whole tables, and triggers would make it fail. So they are dropped before
migrations that do something and made again after each; then what the migrations changed is brought up to
date.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.db import connections

from tips.search import index

_PLACEMENTS = (("tips_categorisedtip", "tip_id"), ("tips_taggedtip", "content_object_id"))


# What else the signals carry.
def before_migration(sender: AppConfig, using: str, plan: Sequence[object], **kwargs: Any) -> None:
    """Drop an app's triggers where its migrations would otherwise fail on them (SQLite)."""
    connection = connections[using]
    if plan and connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            find = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s ESCAPE '\\'"
            cursor.execute(find, [f"{sender.label}\\_%"])
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")


def after_migration(sender: AppConfig, using: str, plan: Sequence[object] = (), **kwargs: Any) -> None:
    """Make the triggers and the search index, and bring both up to date after migrations."""
    connection = connections[using]
    if "tips_taggedtip" not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        index.create_index(cursor)
        for table, tip_id in _PLACEMENTS:
            triggers = _sqlite if connection.vendor == "sqlite" else _postgresql
            for statement in triggers(table, tip_id):
                cursor.execute(statement)
            if plan:
                cursor.execute(
                    f"UPDATE {table} SET state = t.state, publish_at = t.publish_at FROM tips_tip t"
                    f" WHERE t.id = {table}.{tip_id} AND ({table}.state <> t.state"
                    f" OR COALESCE({table}.publish_at <> t.publish_at,"
                    f" ({table}.publish_at IS NULL) <> (t.publish_at IS NULL)))"
                )
        if plan:
            index.refresh_index(connection)


def postgresql_trigger(name: str, event: str, body: str) -> str:
    """Return the SQL that makes a trigger on PostgreSQL, where only a function may ask other tables."""
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$;"
        f"CREATE OR REPLACE TRIGGER {name} {event} EXECUTE FUNCTION {name}()"
    )


def _sqlite(table: str, tip_id: str) -> Iterator[str]:
    yield (
        f"CREATE TRIGGER IF NOT EXISTS {table}_copy AFTER INSERT ON {table} BEGIN"
        f" UPDATE {table} SET (state, publish_at) ="
        f" (SELECT state, publish_at FROM tips_tip WHERE id = NEW.{tip_id}) WHERE id = NEW.id; END"
    )
    yield (
        f"CREATE TRIGGER IF NOT EXISTS {table}_follow AFTER UPDATE OF state, publish_at ON tips_tip"
        f" WHEN OLD.state <> NEW.state OR OLD.publish_at IS NOT NEW.publish_at BEGIN"
        f" UPDATE {table} SET state = NEW.state, publish_at = NEW.publish_at WHERE {tip_id} = NEW.id; END"
    )


def _postgresql(table: str, tip_id: str) -> Iterator[str]:
    # It waits for whoever is changing the tip, rather than copy what is about to be untrue.
    body = f"SELECT state, publish_at INTO NEW.state, NEW.publish_at FROM tips_tip WHERE id = NEW.{tip_id}"
    event = f"BEFORE INSERT ON {table} FOR EACH ROW"
    yield postgresql_trigger(f"{table}_copy", event, f"{body} FOR SHARE; RETURN NEW;")
    differs = "OLD.state <> NEW.state OR OLD.publish_at IS DISTINCT FROM NEW.publish_at"
    event = f"AFTER UPDATE OF state, publish_at ON tips_tip FOR EACH ROW WHEN ({differs})"
    body = f"UPDATE {table} SET state = NEW.state, publish_at = NEW.publish_at WHERE {tip_id} = NEW.id"
    yield postgresql_trigger(f"{table}_follow", event, f"{body}; RETURN NULL;")
