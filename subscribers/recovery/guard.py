"""The restore guard: no mail from a database that is older than its journal, or has lost it.

Each time post goes out, the database's counter rises, and the journal notes name and counter of the database
afterwards. A backup that is put back has a lower counter than the journal beside it; a copy on another
machine has no journal, or one of another name. Host names and clocks are never asked. From such a database
nothing goes out until a Publisher says that it is the real one; then the journal is replayed, and the
database goes on under a new name, so that its twin finds itself closed.

The journal gets its checkpoint when the database has committed its own, so a process that dies leaves it
behind, never ahead: the guard does not close by accident. (A power failure may take commits from SQLite.
Then the database is older than what was mailed, and the guard closes rightly.)
"""

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone

from desk.log import log
from subscribers.models import DatabaseAction, DatabaseIdentity, Delivery, Mailing
from subscribers.models.database_identity import new_name
from subscribers.people import journal
from subscribers.recovery import checkpoints, replay
from tips.models import Tip

PERMISSION = "subscribers.manage_mailing"
OLDER = (
    "This database is older than its journal: it was probably restored from a backup. Nothing is mailed until"
    " a Publisher says that it is the real one."
)
NO_JOURNAL = (
    "This database has lost its journal, or is a copy of the real one. Nothing is mailed until a Publisher"
    " says that it is the real one."
)
ANOTHER = (
    "The journal beside this database belongs to another one. Nothing is mailed until a Publisher says that"
    " this is the real one."
)
UNREADABLE = "The journal {path} cannot be read ({reason}). Nothing is mailed until it can be."
UNWRITABLE = (
    "The journal {path} cannot be written, so the guard stays closed. Make room, then press the button again."
)
OPEN = "Nothing stands against mail from this database; nothing was changed."
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
# On an empty machine the journal too is as old as the backup, and does not know how far it had come since.
_LEAP = 1_000_000


class JournalError(Exception):
    """The journal cannot be read or written, so the guard stays closed; the text says what to do."""


def why_closed():
    """Return why nothing may be mailed, in a sentence for staff; "" where nothing stands against it."""
    return _why_closed(lambda: DatabaseIdentity.objects.filter(pk=_ROW).first())


def _why_closed(find):
    try:
        # Before the database: what another process commits and marks in between must not look like a gap.
        name, counter, former = checkpoints.latest()
        row = find()
        if name is None and row and row.counter:
            # Nor its first checkpoint, which stands before that commit.
            name, counter, former = checkpoints.latest()
            row = find()
    except OSError as error:
        return UNREADABLE.format(path=journal.path(), reason=error.strerror)
    if name is None:
        return NO_JOURNAL if row and row.counter else ""
    if row is None or row.name in former:
        return OLDER
    if row.name != name:
        return ANOTHER
    return OLDER if row.counter < counter else ""


def checkpoint(mailing=None, up_to=0, *, finished=False):
    """Note that post is about to go out: of a mailing, the deliveries ``up_to`` a primary key.

    To be called after the claim of those deliveries is committed, and before the first of them is sent; and
    once more when the mailing is ``finished``. Returns whether it is noted: if not, because the guard is
    closed or the journal cannot be written, nothing may be sent. Not to be called inside of a transaction.
    """
    row = _made()
    # The first checkpoint stands before the counter rises: whoever has risen and has none has lost the
    # journal.
    if row.counter == 0 and (why_closed() or not journal.append([_checkpoint_entry(row)])):
        return False
    with transaction.atomic(durable=True):
        row = DatabaseIdentity.objects.select_for_update().get(pk=_ROW)
        # Where it is closed, a checkpoint of ours would open it.
        if _why_closed(lambda: row):
            return False
        row.counter += 1
        row.save(update_fields=["counter"])
    more = {}
    if mailing is not None:
        more = {"mailing": mailing.pk, "tip": mailing.tip_id, "kind": str(mailing.kind), "up_to": up_to}
        more["finished"] = finished
    return journal.append([_checkpoint_entry(row, **more)])


def _made():
    """Return the database's row, which the first of all that look for it makes."""
    if row := DatabaseIdentity.objects.filter(pk=_ROW).first():
        return row
    # No error for those who come at once, not even in the database's log.
    DatabaseIdentity.objects.bulk_create([DatabaseIdentity(pk=_ROW)], ignore_conflicts=True)
    return DatabaseIdentity.objects.get(pk=_ROW)


def replay_journal():
    """Let the journal's leavings, suppressions and erasures hold here; return ``replay.replay``'s counts.

    To be done before a mailing begins or goes on, where nothing stands against mail: a copy of the database
    that was put back by hand may be older than these, and no older than the last mail.
    """
    return replay.replay(journal.entries())


def declare_live(*, by):
    """Say that this database is the real one; return a sentence on what the journal brought back.

    Suppressions, leavings and erasures of the journal are replayed. What was on its way when this database
    was copied is marked as uncertain, for a person to decide, and so is what it believes to be unsent of a
    mailing that the journal knows to have come further; one that it does not know at all is noted, so that
    its tip is not mailed again. No delivery gets a number that one of the lost ones had. Raises
    PermissionDenied, and JournalError.
    """
    if not by.has_perm(PERMISSION):
        raise PermissionDenied("You may not open the guard. Ask a publisher to do it.")
    try:
        checkpoints.latest()
    except OSError as error:
        raise JournalError(UNREADABLE.format(path=journal.path(), reason=error.strerror)) from error
    if not why_closed():
        return OPEN
    brought = replay_journal()
    with transaction.atomic():
        _made()
        row = DatabaseIdentity.objects.select_for_update().get(pk=_ROW)
        # Of what was on its way when this database was copied, no later checkpoint tells. Whoever sends just
        # now breaks off; a welcome is no mailing's, and its service mail's own affair.
        _hold(Delivery.objects.filter(mailing__isnull=False, state=Delivery.State.SENDING))
        for mailing, up_to in _newer_than(row).items():
            _bring_up(*mailing, up_to)
        # It may have been paused or cancelled since, of which the journal knows nothing.
        some_left = Exists(Delivery.objects.filter(mailing=OuterRef("pk")).pending())
        begun = Q(state=Mailing.State.BUILDING) | Q(some_left, state=Mailing.State.SENDING)
        paused = Mailing.objects.filter(begun).update(state=Mailing.State.PAUSED, reason=HALF_SENT, by=None)
        # With those that the restore of a backup has marked itself.
        doubtful = Delivery.objects.held().filter(reply=REPLY).count()
        before, row.name = row.name, new_name()
        row.counter = max(row.counter, checkpoints.latest()[1]) + 1
        row.save()
        _leave_behind(max((entry.get("up_to", 0) for entry in checkpoints.every()), default=0))
        one = doubtful == 1
        sentence = (
            f"This database now counts as the real one. From the journal: {brought['left']} left,"
            f" {brought['suppressed']} suppressed, {brought['erased']} erased. {doubtful}"
            f" {'delivery is' if one else 'deliveries are'} uncertain."
        )
        if paused:
            sentence += " What was on its way is paused: resume or cancel it on its page."
        log(by, row, DatabaseAction.DECLARED_LIVE, sentence)
        # If the commit fails after this, the guard is closed as it was, and is asked again.
        if not journal.append([_checkpoint_entry(row, instead_of=before)]):
            raise JournalError(UNWRITABLE.format(path=journal.path()))
    return sentence


def _checkpoint_entry(row, **more):
    now = timezone.now().isoformat()
    return {"at": now, "what": journal.CHECKPOINT, "instance": row.name, "counter": row.counter, **more}


def _newer_than(row):
    """Return {(mailing, tip, kind): delivery} of what came further than this database knows, and how far.

    Of one that was finished meanwhile that is every delivery: not one was left to be sent. What the journal
    tells under a former name of this database is known here already, or was brought up then.
    """
    found, known = {}, False
    strange = all(entry["instance"] != row.name for entry in checkpoints.every())
    for entry in checkpoints.every(log_faults=True):
        if entry["instance"] == row.name:
            known = True
            if entry["counter"] <= row.counter:
                continue
        if (known or strange) and "mailing" in entry:
            key = entry["mailing"], entry["tip"], entry["kind"]
            reach = Mailing.ALL if entry.get("finished") else entry["up_to"]
            found[key] = max(reach, found.get(key, 0))
    return found


def _bring_up(pk, tip, kind, up_to):
    """Bring one mailing, of a tip and a kind, up to the delivery that the journal knows to have gone."""
    if kind not in Mailing.Kind.values:
        return
    mailing = Mailing.objects.filter(pk=pk, tip=tip, kind=kind).first()
    ended = {"state": Mailing.State.CANCELLED, "reason": LOST, "ended_at": timezone.now()}
    if mailing is not None and mailing.started_at is not None:
        if mailing.audience_up_to != Mailing.ALL:
            # Those who have no row here may have one there.
            unfinished = Mailing.objects.filter(
                pk=mailing.pk, state__in=[Mailing.State.BUILDING, Mailing.State.PAUSED]
            )
            unfinished.update(state=Mailing.State.PAUSED, reason=HALF_OPEN, by=None)
        _hold(Delivery.objects.filter(mailing=mailing, pk__lte=up_to).pending())
        return
    if mailing is not None:
        Mailing.objects.filter(pk=mailing.pk).update(**ended)
        return
    tip = Tip.objects.filter(pk=tip).first()
    # A tip that is not for mail has no mailing, and only a Publisher lifts that.
    if tip is not None and kind == Mailing.Kind.TIP and tip.for_mail:
        Mailing.objects.update_or_create(tip=tip, kind=Mailing.Kind.TIP, defaults=ended)


def _hold(deliveries):
    """Have a person decide on deliveries of which nobody can know whether they were sent."""
    deliveries.update(
        state=Delivery.State.UNCERTAIN,
        due_at=None,
        lease_id=None,
        uncertain_count=2,
        reply=REPLY,
        settled_at=timezone.now(),
    )


def _leave_behind(number):
    """Give later deliveries numbers far above all that were sent, as the journal knows, up to ``number``.

    What comes back of a delivery whose row is lost would else be taken for that of another person.
    """
    table = Delivery._meta.db_table
    number = max(number, Delivery.objects.aggregate(last=Max("pk"))["last"] or 0) + _LEAP
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, number])
            return
        cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
        cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, number])
