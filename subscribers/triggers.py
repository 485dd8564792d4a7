"""What the database itself refuses: a mailing of a tip that is not for mail.

It holds for every path by which a row is written: a verb, the admin, ``update()``, a shell. On SQLite a
migration remakes whole tables and would trip over triggers, so they are dropped before migrations that do
something and made again after each.
"""

from django.db import connections

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


def after_migration(sender: object, using: str, **kwargs: object) -> None:
    """Make the triggers."""
    connection = connections[using]
    if _TABLE not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        for suffix, (moment, wrong) in _EVENTS.items():
            name, event = f"{_TABLE}_for_mail_{suffix}", f"BEFORE {moment} ON {_TABLE}"
            if connection.vendor == "sqlite":
                refuse = f"WHEN {wrong} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
                cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {event} {refuse}")
            else:
                refuse = f"RAISE EXCEPTION '{_REFUSAL}' USING ERRCODE = 'check_violation'"
                body = f"IF {wrong} THEN {refuse}; END IF; RETURN NEW;"
                cursor.execute(postgresql_trigger(name, f"{event} FOR EACH ROW", body))
