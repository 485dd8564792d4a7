"""What the database itself holds to: no mailing of a tip that is not for mail, and counts that are true.

It holds for every path by which a row is written: a verb, the admin, ``update()``, a shell. On SQLite a
migration remakes whole tables and would trip over triggers, so they are dropped before migrations that do
something and made again after each; then all is counted anew.
"""

from collections.abc import Iterable, Sequence

from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

from tips.triggers import postgresql_trigger

_TABLE = "subscribers_mailing"
_REFUSAL = "this tip is not for mail"
# A correction goes to those who received the tip, whatever is said of it afterwards.
_WRONG = "NEW.kind = 'tip' AND NOT EXISTS (SELECT 1 FROM tips_tip WHERE id = NEW.tip_id AND for_mail)"
_EVENTS = {
    "insert": ("INSERT", _WRONG),
    "move": ("UPDATE OF tip_id, kind", _WRONG),
    # What has begun goes to its end; only the step from which mail follows is looked at.
    "build": ("UPDATE OF state", f"{_WRONG} AND NEW.state = 'building' AND OLD.state <> 'building'"),
}
_DELIVERIES, _COUNTS = "subscribers_delivery", "subscribers_deliverycount"
# The kinds of a delivery for ``DeliveryCount``; null where it is not counted.
_STATE = (
    "CASE WHEN {row}state IN ('queued', 'sending') THEN NULL"
    " WHEN {row}state = 'uncertain' AND {row}due_at IS NULL THEN 'held' ELSE {row}state END"
)
_COMPLAINED = "CASE WHEN {row}complained_at IS NULL THEN NULL ELSE 'complained' END"
_KINDS = (_STATE, _COMPLAINED)
_INSERT = f"INSERT INTO {_COUNTS} (mailing_id, kind, shard, number)"
# Those of condensed deliveries (``DeliveryCount.CONDENSED``) cannot be counted anew.
_FORGET = f"DELETE FROM {_COUNTS} WHERE shard <> -1"
_PEOPLE, _PEOPLE_COUNTS = "subscribers_subscriber", "subscribers_subscribercount"
_IS_ON_LIST = "{row}state = 'confirmed'"
_INSERT_PEOPLE = f"INSERT INTO {_PEOPLE_COUNTS} (shard, number)"
# What is there, and what the counts say beside it.
LIVE = " UNION ALL ".join(
    f"SELECT mailing_id, {kind.format(row='')} AS kind FROM {_DELIVERIES}" for kind in _KINDS
)
LIVE = (
    f"SELECT mailing_id, kind, COUNT(*) AS number FROM ({LIVE}) every_kind"
    " WHERE mailing_id IS NOT NULL AND kind IS NOT NULL GROUP BY mailing_id, kind"
)

LIVE_PEOPLE = f"SELECT COUNT(*) AS number FROM {_PEOPLE} WHERE {_IS_ON_LIST.format(row='')}"


def after_migration(sender: object, using: str, plan: Sequence[object] = (), **kwargs: object) -> None:
    """Make the triggers; after migrations, count all deliveries anew."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    is_sqlite = connection.vendor == "sqlite"
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if _TABLE in tables:
            _make_refusals(cursor, is_sqlite=is_sqlite)
        if {_DELIVERIES, _COUNTS} <= tables:
            if plan and not is_sqlite:
                # Nobody changes a delivery between the count and the triggers that follow it up.
                cursor.execute(f"LOCK TABLE {_DELIVERIES} IN SHARE ROW EXCLUSIVE MODE")
            for statement in _sqlite_counts() if is_sqlite else _postgresql_counts():
                cursor.execute(statement)
            # ``flush`` may empty the counts first, and then delete what the triggers count down from nothing.
            cursor.execute(f"{_FORGET} AND NOT EXISTS (SELECT 1 FROM {_DELIVERIES})")
            if plan:
                cursor.execute(_FORGET)
                cursor.execute(f"{_INSERT} SELECT mailing_id, kind, 0, number FROM ({LIVE}) live")
        if {_PEOPLE, _PEOPLE_COUNTS} <= tables:
            if plan and not is_sqlite:
                cursor.execute(f"LOCK TABLE {_PEOPLE} IN SHARE ROW EXCLUSIVE MODE")
            for statement in _sqlite_people() if is_sqlite else _postgresql_people():
                cursor.execute(statement)
            cursor.execute(f"DELETE FROM {_PEOPLE_COUNTS} WHERE NOT EXISTS (SELECT 1 FROM {_PEOPLE})")
            if plan:
                cursor.execute(f"DELETE FROM {_PEOPLE_COUNTS}")
                cursor.execute(f"{_INSERT_PEOPLE} SELECT 0, number FROM ({LIVE_PEOPLE}) live")


def _make_refusals(cursor: CursorWrapper, *, is_sqlite: bool) -> None:
    for suffix, (moment, wrong) in _EVENTS.items():
        name, event = f"{_TABLE}_for_mail_{suffix}", f"BEFORE {moment} ON {_TABLE}"
        if is_sqlite:
            refuse = f"WHEN {wrong} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {event} {refuse}")
        else:
            refuse = f"RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'check_violation'"
            body = f"IF {wrong} THEN {refuse}; END IF; RETURN NEW;"
            cursor.execute(postgresql_trigger(name, f"{event} FOR EACH ROW", body))


def _sqlite_counts() -> list[str]:
    """Return the triggers that count row by row; SQLite has no others."""
    statements = []
    for event, kinds_of in (("INSERT", ["NEW"]), ("UPDATE", ["OLD", "NEW"]), ("DELETE", ["OLD"])):
        for suffix, kind, columns in (
            ("state", _STATE, "state, due_at"),
            ("complained", _COMPLAINED, "complained_at"),
        ):
            is_of = [kind.format(row=f"{row}.") for row in kinds_of]
            differs = " IS NOT ".join(is_of) if len(is_of) == 2 else f"{is_of[0]} IS NOT NULL"
            steps = []
            for row, is_kind in zip(kinds_of, is_of, strict=True):
                step = "1" if row == "NEW" else "-1"
                steps.append(
                    f"{_INSERT} SELECT {row}.mailing_id, {is_kind}, 0, {step} WHERE {is_kind} IS NOT NULL"
                    " ON CONFLICT (mailing_id, kind, shard) DO UPDATE SET number = number + excluded.number;"
                )
            what = f"UPDATE OF {columns}" if event == "UPDATE" else event
            statements.append(
                f"CREATE TRIGGER IF NOT EXISTS {_DELIVERIES}_count_{suffix}_{event.lower()}"
                f" AFTER {what} ON {_DELIVERIES}"
                f" WHEN {kinds_of[-1]}.mailing_id IS NOT NULL AND ({differs}) BEGIN {' '.join(steps)} END"
            )
    return statements


def _postgresql_counts() -> list[str]:
    """Return the triggers that count statement by statement: one change of a count for a million rows."""
    statements = []
    kinds = ", ".join(f"({kind.format(row='d.')})" for kind in _KINDS)
    for event, tables in (
        ("INSERT", {"NEW": "1"}),
        ("UPDATE", {"OLD": "-1", "NEW": "1"}),
        ("DELETE", {"OLD": "-1"}),
    ):
        rows = " UNION ALL ".join(
            f"SELECT mailing_id, state, due_at, complained_at, {step} AS step FROM {table.lower()}_rows"
            for table, step in tables.items()
        )
        body = (
            f"{_INSERT} SELECT d.mailing_id, k.kind, pg_backend_pid(), SUM(d.step) FROM ({rows}) d"
            f" CROSS JOIN LATERAL (VALUES {kinds}) k (kind)"
            " WHERE d.mailing_id IS NOT NULL AND k.kind IS NOT NULL"
            " GROUP BY d.mailing_id, k.kind HAVING SUM(d.step) <> 0"
            " ON CONFLICT (mailing_id, kind, shard)"
            f" DO UPDATE SET number = {_COUNTS}.number + excluded.number; RETURN NULL;"
        )
        statements.append(_after_statement(_DELIVERIES, event, tables, body))
    return statements


def _sqlite_people() -> list[str]:
    """Return the triggers that count who is on the list, row by row."""
    new, old = (f"({_IS_ON_LIST.format(row=row)})" for row in ("NEW.", "OLD."))
    return [
        f"CREATE TRIGGER IF NOT EXISTS {_PEOPLE}_count_{event.split()[0].lower()} AFTER {event} ON {_PEOPLE}"
        f" WHEN {condition} BEGIN {_INSERT_PEOPLE} VALUES (0, {step})"
        " ON CONFLICT (shard) DO UPDATE SET number = number + excluded.number; END"
        for event, condition, step in (
            ("INSERT", new, "1"),
            ("UPDATE OF state", f"{new} <> {old}", f"{new} - {old}"),
            ("DELETE", old, "-1"),
        )
    ]


def _postgresql_people() -> list[str]:
    """Return the triggers that count who is on the list, statement by statement."""
    statements = []
    for event, tables in (
        ("INSERT", {"NEW": "1"}),
        ("UPDATE", {"OLD": "-1", "NEW": "1"}),
        ("DELETE", {"OLD": "-1"}),
    ):
        rows = " UNION ALL ".join(
            f"SELECT {step} AS step FROM {table.lower()}_rows WHERE {_IS_ON_LIST.format(row='')}"
            for table, step in tables.items()
        )
        body = (
            f"{_INSERT_PEOPLE} SELECT pg_backend_pid(), SUM(step) FROM ({rows}) d HAVING SUM(step) <> 0"
            f" ON CONFLICT (shard) DO UPDATE SET number = {_PEOPLE_COUNTS}.number + excluded.number;"
            " RETURN NULL;"
        )
        statements.append(_after_statement(_PEOPLE, event, tables, body))
    return statements


def _after_statement(table: str, event: str, tables: Iterable[str], body: str) -> str:
    """Return the SQL of PostgreSQL's trigger ``body``, which has the rows that a statement changed."""
    referencing = " ".join(f"{each} TABLE AS {each.lower()}_rows" for each in tables)
    what = f"AFTER {event} ON {table} REFERENCING {referencing} FOR EACH STATEMENT"
    return postgresql_trigger(f"{table}_count_{event.lower()}", what, body)
