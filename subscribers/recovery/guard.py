"""Closes and opens the way for mail, and writes the checkpoints; see ``subscribers.recovery``."""

from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from desk.errors import Refused
from desk.log import log
from subscribers.models import DatabaseAction, DatabaseIdentity, Delivery, Mailing
from subscribers.models.database_identity import new_name
from subscribers.people import journal
from subscribers.recovery import checkpoints, replay
from tips.models import Tip


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
_UNREADABLE = "unreadable"
UNWRITABLE = "The journal {} cannot be written, so the guard stays closed. Make room, then press again."
OPEN = "Nothing was changed: this is the real database already, and nothing stands against its mail."
# What a delivery says that was on its way then.
REPLY = "before a restore"
LOST = "It was mailed before this database was restored; whom it reached stood in the lost rows."
HALF_OPEN = (
    "Its list was not complete when the backup was taken, and it went out since: those who are not on the"
    " list may have it. Cancel it, or resume it if a second mail is better than none."
)
HALF_SENT = (
    "It was on its way when the backup was taken. If it was to go on, resume it: the rest goes out. If"
    " somebody has stopped it since, cancel it."
)
_ROW = 1


class JournalError(Refused):
    """The journal cannot be read or written, so the guard stays closed; the text says what to do."""


def why_closed(locked: DatabaseIdentity | None = None) -> Closure | None:
    """Return why nothing may be mailed; None where nothing stands against it.

    Whoever has locked the database's identity hands it over.
    """
    try:
        # The second time for the first checkpoint of another process, which stands before its commit.
        for _ in range(2):
            # The journal before the database: what another process commits and notes in between is no gap.
            name, counter, former = checkpoints.latest()
            identity = locked or DatabaseIdentity.objects.filter(pk=_ROW).first()
            if name or identity is None or not identity.counter:
                break
    except OSError as error:
        problem = f"The journal {journal.path()} cannot be read ({error.strerror})."
        return Closure(_UNREADABLE, f"{problem} Nothing is mailed until it can be.")
    if name is None:
        return NO_JOURNAL if identity and identity.counter else None
    if identity is None or identity.name in former:
        return OLDER
    if identity.name != name:
        return ANOTHER
    return OLDER if identity.counter < counter else None


def checkpoint(mailing: Mailing | None = None, up_to: int = 0, *, finished: bool = False) -> bool:
    """Note that mail is about to go out: of a mailing, the deliveries ``up_to`` a primary key.

    To be called after the claim of those deliveries is committed, and before the first of them is sent; and
    once more when the mailing is ``finished``. Returns whether it is noted: if not, because the guard is
    closed or the journal cannot be written, nothing may be sent. Not to be called inside of a transaction.
    """
    identity = _identity()
    # The first checkpoint stands before the counter rises: a database that has risen and has no checkpoint
    # has lost its journal.
    if identity.counter == 0 and (why_closed() or not journal.append([_checkpoint_entry(identity)])):
        return False
    with transaction.atomic(durable=True):
        identity = DatabaseIdentity.objects.select_for_update().get(pk=_ROW)
        # A checkpoint of a closed database would open it.
        if why_closed(identity):
            return False
        identity.counter += 1
        identity.save(update_fields=["counter"])
    if mailing is None:
        return journal.append([_checkpoint_entry(identity)])
    progress = {"mailing": mailing.pk, "tip": mailing.tip_id, "kind": mailing.kind, "up_to": up_to}
    return journal.append([_checkpoint_entry(identity, **progress, finished=finished)])


def _identity() -> DatabaseIdentity:
    """Return the database's identity, which whoever asks first makes."""
    if identity := DatabaseIdentity.objects.filter(pk=_ROW).first():
        return identity
    # Two that ask at once get no error, not even in the database's log.
    DatabaseIdentity.objects.bulk_create([DatabaseIdentity(pk=_ROW)], ignore_conflicts=True)
    return DatabaseIdentity.objects.get(pk=_ROW)


def _checkpoint_entry(identity: DatabaseIdentity, **more: object) -> journal.Entry:
    entry = {"at": timezone.now().isoformat(), "what": journal.CHECKPOINT}
    return entry | {"instance": identity.name, "counter": identity.counter, **more}


def replay_journal() -> dict[str, int]:
    """Let the journal's leavings, suppressions and erasures hold here; return ``replay.replay``'s counts.

    To be done before a mailing begins or goes on, where nothing stands against mail: a copy of the database
    that was put back by hand may be older than these, and no older than the last mail.
    """
    return replay.replay(journal.entries())


def declare_live(*, by: User) -> str:
    """Say that this database is the real one; return a sentence on what the journal brought back.

    Suppressions, leavings and erasures of the journal are replayed. What was on its way when this database
    was copied is marked as uncertain, for a person to decide, and so is what it believes to be unsent of a
    mailing that the journal knows to have come further. A mailing that it does not know at all is noted, so
    that its tip is not mailed again. No delivery gets the number of a lost delivery. Raises
    PermissionDenied, and JournalError.
    """
    if not by.has_perm(PERMISSION):
        raise PermissionDenied("You may not open the guard. Ask a publisher to do it.")
    closure = why_closed()
    if closure is None:
        return OPEN
    if closure.code == _UNREADABLE:
        raise JournalError(closure.sentence)
    counts = replay_journal()
    with transaction.atomic():
        _identity()
        identity = DatabaseIdentity.objects.select_for_update().get(pk=_ROW)
        # No later checkpoint tells of what was on its way when this database was copied. Whoever sends just
        # now breaks off. A welcome is of no mailing; its service mail decides on it.
        _hold(Delivery.objects.filter(mailing__isnull=False, state=Delivery.State.SENDING))
        for (pk, tip, kind), up_to in _newer_than(identity).items():
            _bring_up(pk, tip, kind, up_to)
        # Such a mailing may have been paused or cancelled since, of which the journal knows nothing.
        some_left = Exists(Delivery.objects.filter(mailing=OuterRef("pk")).pending())
        begun = Q(state=Mailing.State.BUILDING) | Q(some_left, state=Mailing.State.SENDING)
        paused = Mailing.objects.filter(begun).update(state=Mailing.State.PAUSED, reason=HALF_SENT, by=None)
        held = Delivery.objects.held().count()
        former_name, identity.name = identity.name, new_name()
        identity.counter = max(identity.counter, checkpoints.latest()[1]) + 1
        identity.save()
        _leave_behind(max((entry.get("up_to", 0) for entry in checkpoints.every()), default=0))
        people = f"{counts['left']} left, {counts['suppressed']} suppressed, {counts['erased']} erased"
        rest = f"{held} {'delivery is' if held == 1 else 'deliveries are'} uncertain."
        sentence = f"This database now counts as the real one. From the journal: {people}. {rest}"
        if paused:
            sentence += " What was on its way is paused: resume or cancel it on its page."
        log(by, identity, DatabaseAction.DECLARED_LIVE, sentence)
        # If the commit fails after this, the guard is closed as before, and the button can be pressed again.
        if not journal.append([_checkpoint_entry(identity, instead_of=former_name)]):
            raise JournalError(UNWRITABLE.format(journal.path()))
    return sentence


def _newer_than(identity: DatabaseIdentity) -> dict[tuple[int, int, str], int]:
    """Return {(mailing, tip, kind): delivery} of what came further than this database knows, and how far.

    Of a mailing that was finished meanwhile that is every delivery. What the journal tells under a former
    name of this database is known here already, or was brought up then.
    """
    reached: dict[tuple[int, int, str], int] = {}
    is_ours = all(entry["instance"] != identity.name for entry in checkpoints.every())
    for entry in checkpoints.every(log_faults=True):
        if entry["instance"] == identity.name:
            is_ours = True
            if entry["counter"] <= identity.counter:
                continue
        if is_ours and "mailing" in entry:
            mailing = entry["mailing"], entry["tip"], entry["kind"]
            up_to = Mailing.ALL if entry.get("finished") else entry["up_to"]
            reached[mailing] = max(up_to, reached.get(mailing, 0))
    return reached


def _bring_up(pk: int, tip_pk: int, kind: str, up_to: int) -> None:
    """Bring one mailing, of a tip and a kind, up to the delivery that the journal knows to have gone."""
    if kind not in Mailing.Kind.values:
        return
    same = Mailing.objects.filter(pk=pk, tip=tip_pk, kind=kind)
    mailing = same.first()
    ended = {"state": Mailing.State.CANCELLED, "reason": LOST, "ended_at": timezone.now()}
    if mailing is None:
        # A tip that is not for mail has no mailing, and only a Publisher lifts that.
        if kind == Mailing.Kind.TIP and Tip.objects.filter(pk=tip_pk, for_mail=True).exists():
            Mailing.objects.update_or_create(tip_id=tip_pk, kind=Mailing.Kind.TIP, defaults=ended)
    elif mailing.started_at is None:
        same.update(**ended)
    else:
        if mailing.audience_up_to != Mailing.ALL:
            # Those who have no row here may have one there.
            unfinished = same.filter(state__in=[Mailing.State.BUILDING, Mailing.State.PAUSED])
            unfinished.update(state=Mailing.State.PAUSED, reason=HALF_OPEN, by=None)
        _hold(Delivery.objects.filter(mailing=mailing, pk__lte=up_to).pending())


def _hold(deliveries: QuerySet[Delivery]) -> None:
    """Have a person decide on deliveries of which nobody can know whether they were sent."""
    uncertain = {"state": Delivery.State.UNCERTAIN, "uncertain_count": 2, "settled_at": timezone.now()}
    deliveries.update(**uncertain, reply=REPLY, due_at=None, lease_id=None)


def _leave_behind(number: int) -> None:
    """Give later deliveries numbers far above all that were sent, as the journal knows, up to ``number``.

    What comes back of a delivery whose row is lost would else be taken for that of another person.
    """
    table = Delivery._meta.db_table
    # On an empty machine the journal is as old as the backup, and does not know the numbers given out since.
    number = max(number, Delivery.objects.aggregate(last=Max("pk"))["last"] or 0) + 1_000_000
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, number])
            return
        cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
        cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, number])
