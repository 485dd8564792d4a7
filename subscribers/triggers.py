"""What the database itself refuses: a mailing of a tip that is not for mail.

It holds for every path by which a row is written: a verb, the admin, ``update()``, a shell. On SQLite a
migration remakes whole tables and would trip over triggers, so they are dropped before migrations that do
something and made again after each.
"""

from collections.abc import Iterator

from django.db import connections

_TABLE = "subscribers_mailing"
_REFUSAL = "this tip is not for mail"
# A correction goes to those who received the tip, whatever is said of it afterwards.
_WRONG = "NEW.kind = 'tip' AND NOT EXISTS (SELECT 1 FROM tips_tip WHERE id = NEW.tip_id AND for_mail)"
_MOMENTS = {"insert": "INSERT", "move": "UPDATE OF tip_id, kind", "build": "UPDATE OF state"}


def after_migration(sender: object, using: str, **kwargs: object) -> None:
    """Make the triggers."""
    connection = connections[using]
    if _TABLE not in connection.introspection.table_names():
        return
    statements = _sqlite() if connection.vendor == "sqlite" else _postgresql()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _when(name: str) -> str:
    # What has begun goes to its end; only the step from which mail follows is looked at.
    return f"{_WRONG} AND NEW.state = 'building' AND OLD.state <> 'building'" if name == "build" else _WRONG


def _sqlite() -> Iterator[str]:
    for name, moment in _MOMENTS.items():
        yield (
            f"CREATE TRIGGER IF NOT EXISTS {_TABLE}_for_mail_{name} BEFORE {moment} ON {_TABLE}"
            f" WHEN {_when(name)} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )


def _postgresql() -> Iterator[str]:
    # A trigger's own condition may not ask other tables, so each has a function.
    for name, moment in _MOMENTS.items():
        function = f"{_TABLE}_for_mail_{name}"
        yield (
            f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF {_when(name)} THEN"
            f" RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'check_violation'; END IF;"
            f" RETURN NEW; END $$"
        )
        yield (
            f"CREATE OR REPLACE TRIGGER {function} BEFORE {moment} ON {_TABLE}"
            f" FOR EACH ROW EXECUTE FUNCTION {function}()"
        )
