"""What the database itself keeps true: the copies in placements, the index, when a text changed, the edition.

Triggers hold for every path by which a row is written: a form, an import, ``update()``, a shell. On
SQLite a migration remakes whole tables, and triggers would make it fail; PostgreSQL alters no table while a
deferred trigger waits. So they are dropped before migrations that do something and made again after each;
then what the migrations changed is brought up to date. Meanwhile, and after a migration that failed, the
edition is marked: no change raises it, so nobody may keep a page. A migration with ``rebuilds_search`` comes
with another form of what the search keeps of each tip; after it all of that is made anew.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.management import CommandError
from django.db import OperationalError, connection, connections, transaction
from django.db.backends.utils import CursorWrapper
from django.db.migrations import Migration

from desk.storage_errors import COME_AGAIN_SOON, retry_after
from tips import count_triggers
from tips.models import Edition
from tips.search import archive, index

# The tables of placements: their column with a tip's id, and the one with a category's or a tag's.
_PLACEMENTS = {
    "tips_categorisedtip": ("tip_id", "category_id"),
    "tips_taggedtip": ("content_object_id", "tag_id"),
}
_TEXTS = ("title", "takeaway", "excerpt", "body")
# What readers are served of a tip, in pages and in feeds.
_SERVED = (*_TEXTS, "slug", "state", "publish_at", "undated", "kept_notices")
_EDITION = "tips_edition_"
# In seconds: how long a migration waits for those who use the tables of tips.
_LONGEST_WAIT = 2


# What else the signals carry.
def before_migration(sender: AppConfig, using: str, plan: Sequence[object], **kwargs: Any) -> None:
    """Drop an app's triggers where its migrations would otherwise fail on them, and mark the edition.

    Raises CommandError where others keep the tables; then nothing has changed.
    """
    connection = connections[using]
    if not plan:
        return
    is_sqlite = connection.vendor == "sqlite"
    # No edit comes in between: each raises the edition before, or finds it marked.
    try:
        with transaction.atomic(using=using), connection.cursor() as cursor:
            if is_sqlite:
                find = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s ESCAPE '\\'"
                cursor.execute(find, [f"{sender.label}\\_%"])
                drop = [f"DROP TRIGGER {name}" for (name,) in cursor.fetchall()]
            else:
                # Readers wait behind a lock that is waited for.
                cursor.execute(f"SET LOCAL lock_timeout = '{_LONGEST_WAIT}s'")
                deferred = _edition_triggers(cursor) | count_triggers.present(cursor)
                drop = [f"DROP TRIGGER {name} ON {table}" for name, table in deferred.items()]
            for statement in drop:
                cursor.execute(statement)
            if "tips_edition" in connection.introspection.table_names(cursor):
                cursor.execute("UPDATE tips_edition SET clock = %s", [Edition.NO_TRIGGERS])
    except OperationalError as error:
        if is_sqlite or retry_after(error) != COME_AGAIN_SOON:
            raise
        raise CommandError(
            "Somebody is using the tables of tips, a backup or an import perhaps. Nothing was changed. Run"
            " migrate again when they are done; the view pg_stat_activity names them."
        ) from error


def after_migration(
    sender: AppConfig, using: str, plan: Sequence[tuple[Migration, bool]] = (), **kwargs: Any
) -> None:
    """Make the triggers and the search index, and bring all up to date after migrations; so the mark goes."""
    connection = connections[using]
    # After a migration back to an earlier state there may be none.
    if not {"tips_taggedtip", "tips_edition", "tips_approvedcount"} <= set(
        connection.introspection.table_names()
    ):
        return
    is_sqlite = connection.vendor == "sqlite"
    archive.forget()
    with connection.cursor() as cursor:
        # After one that failed, there may be nothing left to do but this.
        cursor.execute("SELECT 1 FROM tips_edition WHERE clock = %s", [Edition.NO_TRIGGERS])
        is_stale = bool(plan) or cursor.fetchone() is not None
        index.create_index(cursor)
        for table, (tip_id, _) in _PLACEMENTS.items():
            triggers = _sqlite if is_sqlite else _postgresql
            for statement in triggers(table, tip_id):
                cursor.execute(statement)
            if is_stale:
                cursor.execute(
                    f"UPDATE {table} SET state = t.state, publish_at = t.publish_at FROM tips_tip t"
                    f" WHERE t.id = {table}.{tip_id} AND ({table}.state <> t.state"
                    f" OR COALESCE({table}.publish_at <> t.publish_at,"
                    f" ({table}.publish_at IS NULL) <> (t.publish_at IS NULL)))"
                )
        cursor.execute(_sqlite_text_changed() if is_sqlite else _postgresql_text_changed())
        cursor.execute("INSERT INTO tips_edition VALUES (1, 0, 0, 0) ON CONFLICT DO NOTHING")
        _make_edition_triggers(cursor)
        count_triggers.make(cursor)
        if is_stale:
            count_triggers.recount(cursor)
            cursor.execute(_SQLITE_RAISE if is_sqlite else _POSTGRESQL_RAISE)
    if is_stale:
        # Before a rebuilding too: where the index was only just made, no row can be taken out of it.
        index.refresh_index(connection)
    if any(getattr(migration, "rebuilds_search", False) and not backwards for migration, backwards in plan):
        index.rebuild()


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


# --- When a text changed ----------------------------------------------------------------------------------

# Whatever else is written into the column, a form's older copy say, is put right.


def _sqlite_text_changed() -> str:
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in _TEXTS)
    return (
        "CREATE TRIGGER IF NOT EXISTS tips_tip_text_changed"
        f" AFTER UPDATE OF {', '.join(_TEXTS)}, text_changed_at ON tips_tip"
        f" WHEN {changed} OR OLD.text_changed_at IS NOT NEW.text_changed_at BEGIN UPDATE tips_tip"
        f" SET text_changed_at = CASE WHEN {changed} THEN strftime('%Y-%m-%d %H:%M:%f000', 'now')"
        " ELSE OLD.text_changed_at END WHERE id = NEW.id; END"
    )


def _postgresql_text_changed() -> str:
    old, new = (", ".join(f"{row}.{name}" for name in _TEXTS) for row in ("OLD", "NEW"))
    return postgresql_trigger(
        "tips_tip_text_changed",
        f"BEFORE UPDATE OF {', '.join(_TEXTS)}, text_changed_at ON tips_tip FOR EACH ROW",
        f"NEW.text_changed_at = CASE WHEN ({old}) IS DISTINCT FROM ({new}) THEN clock_timestamp()"
        " ELSE OLD.text_changed_at END; RETURN NEW;",
    )


# --- The edition ------------------------------------------------------------------------------------------


def _raise(now: str, latest: str, where: str = "") -> str:
    """Return the statement that raises the edition; ``now`` and ``latest`` are SQL for Unix times.

    ``latest`` is that of the tip that went live last: who asked in that very second has its date already.
    """
    greatest = "MAX" if not where else "GREATEST"
    return (
        f"UPDATE tips_edition SET number = number + 1, clock = {now}, moment ="
        f" CASE WHEN clock = {now} AND moment >= {now} + 60 THEN moment"
        f" ELSE {greatest}(moment + 1, {now}, COALESCE({latest}, 0) + 1) END{where}"
    )


def _latest(now: str) -> str:
    return (
        f"SELECT publish_at FROM tips_tip WHERE state = 'approved' AND publish_at <= {now}"
        " ORDER BY publish_at DESC NULLS LAST LIMIT 1"
    )


# As Django writes moments there, so that text compares with text.
_SQLITE_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
_SQLITE_RAISE = _raise(
    "CAST(strftime('%s', 'now') AS INTEGER)",
    f"CAST(strftime('%s', ({_latest(_SQLITE_NOW)})) AS INTEGER)",
)
# At most once in a transaction, however many rows it changes.
_POSTGRESQL_RAISE = _raise(
    "FLOOR(EXTRACT(EPOCH FROM clock_timestamp()))::bigint",
    f"FLOOR(EXTRACT(EPOCH FROM ({_latest('clock_timestamp()')})))::bigint",
    " WHERE xmin <> pg_current_xact_id()::xid",
)


def _edition_events(is_sqlite: bool) -> Iterator[tuple[str, str, str, str]]:
    """Yield (name, table, event, condition or "") of each change of what readers are served.

    Whether a tip is approved decides, not whether it is public now: that is a question about time. A trigger
    that is changed gets another name, since one of a name that is there is not made again.
    """

    def differs(columns: Sequence[str]) -> str:
        operator = "IS NOT" if is_sqlite else "IS DISTINCT FROM"
        return "(" + " OR ".join(f"OLD.{name} {operator} NEW.{name}" for name in columns) + ")"

    # Of a tip that is withdrawn, readers are told that it is gone.
    is_known, was_known = (f"{row}.state IN ('approved', 'withdrawn')" for row in ("NEW", "OLD"))
    either = f"({was_known} OR {is_known})"
    yield "tip_added", "tips_tip", "INSERT", is_known
    yield "tip_deleted", "tips_tip", "DELETE", was_known
    yield "tip_is_other", "tips_tip", f"UPDATE OF {', '.join(_SERVED)}", f"{either} AND {differs(_SERVED)}"
    yield "card_drawn", "tips_card", "INSERT", "NEW.name <> ''"
    yield "card_changed", "tips_card", "UPDATE OF name", differs(["name"])
    yield "card_lost", "tips_card", "DELETE", "OLD.name <> ''"
    # A former slug leads readers on, whatever it is of.
    leads = ("slug", "tip_id", "tag_id", "category_id")
    # A page of the site's own, and what the foot of all pages says of it.
    of_page = ("title", "path", "body", "state", "parent_id", "position", "in_foot")
    is_shown, was_shown = (f"{row}.state = 'approved'" for row in ("NEW", "OLD"))
    yield "page_added", "tips_page", "INSERT", is_shown
    yield "page_deleted", "tips_page", "DELETE", was_shown
    changed = f"({was_shown} OR {is_shown}) AND {differs(of_page)}"
    yield "page_changed", "tips_page", f"UPDATE OF {', '.join(of_page)}", changed
    said = (
        "tagline host host_line host_picture_id home_url signup_heading signup_promise signup_version".split()
    )
    yield "settings_added", "tips_sitesettings", "INSERT", ""
    yield "settings_changed", "tips_sitesettings", f"UPDATE OF {', '.join(said)}", differs(said)
    yield "settings_deleted", "tips_sitesettings", "DELETE", ""
    of_notice = "sort text link starts_at ends_at on_pages in_mail in_feed weight".split()
    yield "notice_added", "tips_standingnotice", "INSERT", ""
    yield "notice_changed", "tips_standingnotice", f"UPDATE OF {', '.join(of_notice)}", differs(of_notice)
    yield "notice_deleted", "tips_standingnotice", "DELETE", ""
    of_sheet = ("questions", "role_play")
    yield "huddle_added", "tips_huddle", "INSERT", ""
    yield "huddle_changed", "tips_huddle", f"UPDATE OF {', '.join(of_sheet)}", differs(of_sheet)
    yield "huddle_deleted", "tips_huddle", "DELETE", ""
    for table, columns in (("series", ("name", "slug", "intro")), ("seriespart", ("series_id", "place"))):
        yield f"{table}_added", f"tips_{table}", "INSERT", ""
        yield f"{table}_deleted", f"tips_{table}", "DELETE", ""
        yield f"{table}_changed", f"tips_{table}", f"UPDATE OF {', '.join(columns)}", differs(columns)
    yield "path_added", "tips_formerpath", "INSERT", ""
    yield "path_deleted", "tips_formerpath", "DELETE", ""
    yield "path_changed", "tips_formerpath", "UPDATE OF path, page_id", differs(("path", "page_id"))
    yield "slug_added", "tips_formerslug", "INSERT", ""
    yield "slug_deleted", "tips_formerslug", "DELETE", ""
    yield "slug_changed", "tips_formerslug", f"UPDATE OF {', '.join(leads)}", differs(leads)
    for table, (tip_id, group_id) in _PLACEMENTS.items():
        name = group_id.removesuffix("_id")
        is_approved = "NEW.state = 'approved'"
        if is_sqlite:
            # There the row gets its state by another trigger, after this one perhaps.
            is_approved = f"EXISTS (SELECT 1 FROM tips_tip WHERE id = NEW.{tip_id} AND state = 'approved')"
        yield f"{name}_insert", table, "INSERT", is_approved
        yield f"{name}_delete", table, "DELETE", "OLD.state = 'approved'"
        yield f"{name}_update", table, f"UPDATE OF {group_id}, {tip_id}", differs((group_id, tip_id))
        yield f"{name}_rename", f"tips_{name}", "UPDATE OF name, slug", differs(("name", "slug"))


def _edition_triggers(cursor: CursorWrapper) -> dict[str, str]:
    """Return {name: table} of the edition's triggers that the database has."""
    if cursor.db.vendor == "sqlite":
        find = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s ESCAPE '!'"
    else:
        find = "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE %s ESCAPE '!'"
    cursor.execute(find, [_EDITION.replace("_", "!_") + "%"])
    return dict(cursor.fetchall())


def watched_tables() -> set[str]:
    """Return the tables whose changes raise the edition, as the database has them."""
    with connection.cursor() as cursor:
        return set(_edition_triggers(cursor).values())


def _make_edition_triggers(cursor: CursorWrapper) -> None:
    """Make what raises the edition: on SQLite with each row, on PostgreSQL once, as the transaction ends."""
    is_sqlite = cursor.db.vendor == "sqlite"
    if not is_sqlite:
        count_triggers.make_queue(cursor, _POSTGRESQL_RAISE)
        cursor.execute(
            f"CREATE OR REPLACE FUNCTION {_EDITION}raise() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {count_triggers.QUEUE_EDITION}; RETURN NULL; END $$"
        )
    present = _edition_triggers(cursor)
    wanted = {f"{_EDITION}{name}": event for name, *event in _edition_events(is_sqlite)}
    for name in sorted(present.keys() - wanted):
        # Of a former version. Only then: on PostgreSQL readers wait for it.
        cursor.execute(f"DROP TRIGGER {name}" + ("" if is_sqlite else f" ON {present[name]}"))
    for name in sorted(wanted.keys() - present):
        table, event, condition = wanted[name]
        when = f" WHEN ({condition})" if condition else ""
        if is_sqlite:
            make = f"CREATE TRIGGER {name} AFTER {event} ON {table}{when} BEGIN {_SQLITE_RAISE}; END"
        else:
            make = (
                f"CREATE CONSTRAINT TRIGGER {name} AFTER {event} ON {table} DEFERRABLE INITIALLY DEFERRED"
                f" FOR EACH ROW{when} EXECUTE FUNCTION {_EDITION}raise()"
            )
        cursor.execute(make)
