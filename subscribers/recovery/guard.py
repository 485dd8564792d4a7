"""Says whether mail may go out, and writes the checkpoints; see ``subscribers.recovery``."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from desk.once import once_a_page
from subscribers.models import DatabaseIdentity, Mailing
from subscribers.people import journal
from subscribers.recovery import checkpoints, replay


@dataclass(frozen=True)
class Closure:
    """Why nothing may be mailed: a code, by which closures are compared, and a sentence for staff."""

    code: str
    sentence: str = field(compare=False)


PERMISSION = "subscribers.manage_mailing"
_UNTIL = "Nothing is mailed until a Publisher says that this is the real one."
OLDER = Closure("older", f"This database is older than its journal, as if restored from a backup. {_UNTIL}")
NO_JOURNAL = Closure(
    "no_journal", f"This database has lost its journal, or is a copy of the real one. {_UNTIL}"
)
ANOTHER = Closure("another", f"The journal beside this database belongs to another one. {_UNTIL}")
CUT_OFF = Closure("cut_off", f"The journal beside this database was cut off, or is an older copy. {_UNTIL}")
UNREADABLE = "unreadable"
# What a delivery says that was on its way then.
REPLY = "before a restore"
ROW = 1


def why_closed(locked: DatabaseIdentity | None = None) -> Closure | None:
    """Return why nothing may be mailed; None where nothing stands against it.

    Whoever has locked the database's identity hands it over. Without, a page asks once.
    """
    return _closure(locked) if locked else _closure_unlocked()


def _closure(locked: DatabaseIdentity | None = None) -> Closure | None:
    try:
        # The second time for the first checkpoint of another process, which stands before its commit.
        for _ in range(2):
            # The journal before the database: what another process commits and notes in between is no gap.
            name, counter, former = checkpoints.latest()
            identity = locked or DatabaseIdentity.objects.filter(pk=ROW).first()
            if name or identity is None or not identity.counter:
                break
        # What was noted in the database since the journal was read stands in the journal by now.
        is_cut_off = (
            identity is not None and counter < identity.noted and checkpoints.latest()[1] < identity.noted
        )
    except OSError as error:
        problem = f"The journal {journal.store()} cannot be read ({error.strerror})."
        return Closure(UNREADABLE, f"{problem} Nothing is mailed until it can be.")
    if name is None:
        return NO_JOURNAL if identity and (identity.counter or identity.restored_at) else None
    # Before its first mail a database has no name that any journal knows; a restore gives it one.
    is_nameless = identity is not None and identity.restored_at is not None and not identity.counter
    if identity is None or identity.name in former or is_nameless:
        return OLDER
    if identity.name != name:
        return ANOTHER
    if is_cut_off:
        return CUT_OFF
    return OLDER if identity.counter < counter or identity.restored_at else None


@once_a_page
def _closure_unlocked() -> Closure | None:
    return _closure()


def checkpoint(mailing: Mailing | None = None, up_to: int = 0, *, finished: bool = False) -> bool:
    """Note that mail is about to go out: of a mailing, the deliveries ``up_to`` a primary key.

    To be called after the claim of those deliveries is committed, and before the first of them is sent; and
    once more when the mailing is ``finished``. Returns whether it is noted: if not, because the guard is
    closed or the journal cannot be written, nothing may be sent. Not to be called inside of a transaction.
    """
    identity = get_identity()
    # The first checkpoint stands before the counter rises: a database that has risen and has no checkpoint
    # has lost its journal.
    if identity.counter == 0 and (why_closed() or not journal.append([checkpoint_entry(identity)])):
        return False
    with transaction.atomic(durable=True):
        identity = DatabaseIdentity.objects.select_for_update().get(pk=ROW)
        # A checkpoint of a closed database would open it.
        if why_closed(identity):
            return False
        # Nobody else lets the counter rise meanwhile, so the journal has no more than the row.
        name, counter, _ = checkpoints.latest()
        identity.noted = max(identity.noted, counter if name == identity.name else 0)
        identity.counter += 1
        identity.save(update_fields=["counter", "noted"])
    if mailing is None:
        return journal.append([checkpoint_entry(identity)])
    progress = {"mailing": mailing.pk, "tip": mailing.tip_id, "kind": mailing.kind, "up_to": up_to}
    return journal.append([checkpoint_entry(identity, **progress, finished=finished)])


def get_identity() -> DatabaseIdentity:
    """Return the database's identity; whoever asks first makes it."""
    if identity := DatabaseIdentity.objects.filter(pk=ROW).first():
        return identity
    # Two that ask at once get no error, not even in the database's log.
    DatabaseIdentity.objects.bulk_create([DatabaseIdentity(pk=ROW)], ignore_conflicts=True)
    return DatabaseIdentity.objects.get(pk=ROW)


def checkpoint_entry(identity: DatabaseIdentity, **more: object) -> journal.Entry:
    """Return the checkpoint of an identity, with ``more`` that it says; see ``checkpoints``."""
    entry = {"at": timezone.now().isoformat(), "what": journal.CHECKPOINT}
    return entry | {"instance": identity.name, "counter": identity.counter, **more}


def may_have_been_mailed(publish_at: datetime) -> bool:
    """Tell whether the mail of a tip that went live at a moment may have gone out from a lost database.

    It may if the tip was live when somebody said that this database, restored from a backup, is the real one.
    To be asked in a transaction: until that ends nobody says so.
    """
    identity = DatabaseIdentity.objects.select_for_update().filter(pk=ROW).first()
    return bool(identity and identity.declared_at and publish_at <= identity.declared_at)


def replay_journal() -> dict[str, int]:
    """Let the journal's leavings, suppressions and erasures hold here; return ``replay.replay``'s counts.

    To be done before a mailing begins or goes on, where nothing stands against mail: a copy of the database
    that was put back by hand may be older than these, and no older than the last mail.
    """
    return replay.replay(journal.entries())
