"""The database's own triggers that keep the numbers of approved tips (``tips.models.counts``)."""

from collections.abc import Iterator

from django.db.backends.utils import CursorWrapper

PREFIX = "tips_count_"
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
    """Make the triggers.

    On PostgreSQL they wait for the end of the transaction, and for the edition's row: so nobody who holds a
    number waits for anything else, and two writers take the numbers one after the other.
    """
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
        " PERFORM 1 FROM tips_edition WHERE id = 1 FOR NO KEY UPDATE;"
        f" IF before IS NOT NULL THEN {_less('before')} END IF;"
        f" IF after IS NOT NULL THEN {_more('after')} END IF;"
        " END IF; RETURN NULL; END $$"
    )
