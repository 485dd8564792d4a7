"""The database's own triggers that keep the numbers of approved tips (``tips.models.counts``).

On PostgreSQL the numbers and the edition are rows that every writer writes, and so locks that all wait for.
Who holds one must wait for nothing else. As a transaction ends, its deferred triggers and its checks of
foreign keys run in the order in which they were queued, and such a check may wait for another writer. So
these triggers only queue what is to be done, in a table that is empty but within a transaction. What is
queued is done by a deferred trigger of that table, for which PostgreSQL begins a second round after all of
the first (AfterTriggerFireDeferred in its trigger.c).
"""

from collections.abc import Iterator

from django.db.backends.utils import CursorWrapper

PREFIX = "tips_count_"
# Of a change that is queued: the key of a number and a step, or no key, to raise the edition.
_QUEUE = "tips_queuedchange"
QUEUE_EDITION = (
    f"INSERT INTO {_QUEUE} (step) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM {_QUEUE} WHERE key IS NULL)"
)
# Of each table: its name here, and the key of the number that a row counts for, as SQL.
_COUNTED = {
    "tips_tip": ("all", "'tips'"),
    "tips_categorisedtip": ("category", "'category ' || CAST({row}.category_id AS text)"),
    "tips_taggedtip": ("tag", "'tag ' || CAST({row}.tag_id AS text)"),
}
_OF_LABELS = {"tips_categorisedtip": "category_id", "tips_taggedtip": "tag_id"}


def present(cursor: CursorWrapper) -> dict[str, str]:
    """Return {name: table} of the triggers that PostgreSQL has."""
    find = "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE %s ESCAPE '!'"
    cursor.execute(find, [PREFIX.replace("_", "!_") + "%"])
    return dict(cursor.fetchall())


def make(cursor: CursorWrapper) -> None:
    """Make the triggers; on PostgreSQL the queue must be there (``make_queue``)."""
    if cursor.db.vendor == "sqlite":
        for table, (name, key) in _COUNTED.items():
            for event, condition, body in _sqlite(table, key):
                suffix = event.split()[0].lower()
                cursor.execute(
                    f"CREATE TRIGGER IF NOT EXISTS {PREFIX}{name}_{suffix} AFTER {event} ON {table}"
                    f" WHEN {condition} BEGIN {body} END"
                )
        return
    known = present(cursor)
    for table, (name, key) in _COUNTED.items():
        cursor.execute(_postgresql_function(name, key))
        # A deferred trigger cannot be replaced, and to drop it would make readers wait for writers.
        if f"{PREFIX}{name}" not in known:
            columns = ", ".join(("state", *([_OF_LABELS[table]] if table in _OF_LABELS else [])))
            cursor.execute(
                f"CREATE CONSTRAINT TRIGGER {PREFIX}{name} AFTER INSERT OR DELETE OR UPDATE OF {columns}"
                f" ON {table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {PREFIX}{name}()"
            )


def make_queue(cursor: CursorWrapper, raise_edition: str) -> None:
    """Make the table of what is queued on PostgreSQL, and what does it; ``raise_edition`` is a statement."""
    cursor.execute(
        f"CREATE TABLE IF NOT EXISTS {_QUEUE} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
        " key text, step integer NOT NULL)"
    )
    # The edition first, whatever comes first: so two writers take the numbers one after the other.
    cursor.execute(
        f"CREATE OR REPLACE FUNCTION {_QUEUE}_do() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " PERFORM 1 FROM tips_edition WHERE id = 1 FOR NO KEY UPDATE;"
        f" IF NEW.key IS NULL THEN {raise_edition};"
        f" ELSIF NEW.step > 0 THEN {_more('NEW.key')} ELSE {_less('NEW.key')} END IF;"
        f" DELETE FROM {_QUEUE} WHERE id = NEW.id; RETURN NULL; END $$"
    )
    cursor.execute("SELECT 1 FROM pg_trigger WHERE tgname = %s", [f"{_QUEUE}_do"])
    if cursor.fetchone() is None:
        cursor.execute(
            f"CREATE CONSTRAINT TRIGGER {_QUEUE}_do AFTER INSERT ON {_QUEUE} DEFERRABLE INITIALLY DEFERRED"
            f" FOR EACH ROW EXECUTE FUNCTION {_QUEUE}_do()"
        )


def recount(cursor: CursorWrapper) -> None:
    """Count all anew."""
    cursor.execute("DELETE FROM tips_approvedcount")
    for table, (_, key) in _COUNTED.items():
        own = key.format(row=table)
        cursor.execute(
            f"INSERT INTO tips_approvedcount (key, approved) SELECT {own}, COUNT(*) FROM {table}"
            f" WHERE state = 'approved' GROUP BY 1"
        )


def _more(key: str) -> str:
    return (
        f"INSERT INTO tips_approvedcount (key, approved) VALUES ({key}, 1)"
        " ON CONFLICT (key) DO UPDATE SET approved = tips_approvedcount.approved + 1;"
    )


def _less(key: str) -> str:
    return f"UPDATE tips_approvedcount SET approved = approved - 1 WHERE key = {key};"


def _sqlite(table: str, key: str) -> Iterator[tuple[str, str, str]]:
    """Yield (event, condition, body) of each trigger of a table."""
    new, old = key.format(row="NEW"), key.format(row="OLD")
    yield "INSERT", "NEW.state = 'approved'", _more(new)
    yield "DELETE", "OLD.state = 'approved'", _less(old)
    columns = ["state", *([_OF_LABELS[table]] if table in _OF_LABELS else [])]
    differs = " OR ".join(f"OLD.{column} <> NEW.{column}" for column in columns)
    # Once less and once more, where each counts at all.
    less = _less(old).replace("WHERE", "WHERE OLD.state = 'approved' AND")
    more = _more(new).replace("VALUES (", "SELECT ").replace(", 1)", ", 1 WHERE NEW.state = 'approved'")
    yield f"UPDATE OF {', '.join(columns)}", differs, less + more


def _postgresql_function(name: str, key: str) -> str:
    # Of a new row there is no OLD, of a deleted one no NEW: then the key is null.
    was, now = (
        f"CASE WHEN {row}.state = 'approved' THEN {key.format(row=row)} END" for row in ("OLD", "NEW")
    )
    return (
        f"CREATE OR REPLACE FUNCTION {PREFIX}{name}() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" DECLARE before text := {was}; after text := {now}; BEGIN IF before IS DISTINCT FROM after THEN"
        f" INSERT INTO {_QUEUE} (key, step) SELECT * FROM (VALUES (before, -1), (after, 1)) steps (key, step)"
        " WHERE key IS NOT NULL; END IF; RETURN NULL; END $$"
    )
