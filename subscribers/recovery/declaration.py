"""Says that a restored database is the real one, and what follows; see ``subscribers.recovery``."""

from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from desk.errors import Refused
from desk.log import log
from shield import clocks
from subscribers.models import DatabaseAction, DatabaseIdentity, Delivery, Mailing, OutgoingMail
from subscribers.models.database_identity import new_name
from subscribers.people import journal
from subscribers.recovery import checkpoints, doubts, guard
from tips.models import Tip

UNWRITABLE = "The journal {} cannot be written, so the guard stays closed. Make room, then press again."
OPEN = "This is the real database already, and nothing stands against its mail."
BEGUN = "The journal says that it began; whom it reached stood in the lost rows."
LOST = "It was mailed before this database was restored; whom it reached stood in the lost rows."


class JournalError(Refused):
    """The journal cannot be read or written, so the guard stays closed; the text says what to do."""


def declare_live(*, by: User, send_letters: bool = False) -> str:
    """Say that this database is the real one; return a sentence on what follows.

    Suppressions, leavings and erasures of the journal are replayed. What was on its way when this database
    was copied is marked as uncertain, for a person to decide, and so is what it believes to be unsent of a
    mailing that the journal knows to have come further. Mailings that had begun are paused. Mailings that
    had not, of tips that are live by now, are held: they may have gone out since. A mailing that the journal
    alone knows is noted, so that its tip is not mailed again. Mails to one person each that were waiting at
    the backup are dropped, unless ``send_letters``; the links in them go on working. No delivery gets the
    number of a lost delivery. Raises PermissionDenied, and JournalError.
    """
    if not by.has_perm(guard.PERMISSION):
        raise PermissionDenied("You may not open the guard. Ask a publisher to do it.")
    closure = guard.why_closed()
    if closure is None:
        return OPEN
    if closure.code == guard.UNREADABLE:
        raise JournalError(closure.sentence)
    counts = guard.replay_journal()
    with transaction.atomic():
        guard.get_identity()
        identity = DatabaseIdentity.objects.select_for_update().get(pk=guard.ROW)
        # Another Publisher may have been quicker, and have decided on what would be held anew here.
        if (closure := guard.why_closed(identity)) is None:
            return OPEN
        # The clock of this machine may be behind.
        now = max(timezone.now(), clocks.database_now(), doubts.last_line_at(identity) or timezone.now())
        # No later checkpoint tells of what was on its way when this database was copied. Whoever sends just
        # now breaks off. A welcome is of no mailing; its service mail decides on it.
        put_off = Q(state__in=[Delivery.State.DEFERRED, Delivery.State.UNCERTAIN], due_at__isnull=False)
        _hold(Delivery.objects.filter(Q(state=Delivery.State.SENDING) | put_off, mailing__isnull=False))
        for (pk, tip, kind), (up_to, is_finished) in doubts.newer_than(identity).items():
            # What another database finished may not be about this one: then a person decides.
            _bring_up(pk, tip, kind, up_to, is_finished and closure != guard.ANOTHER)
        halted = _halt(now)
        dropped = 0 if send_letters else _drop_letters(identity)
        former_name, identity.name = identity.name, new_name()
        identity.counter = max(identity.counter, checkpoints.latest()[1]) + 1
        identity.restored_at, identity.declared_at = None, now
        identity.save()
        _leave_behind(max((entry.get("up_to", 0) for entry in checkpoints.every()), default=0))
        sentence = _sentence(counts, halted, dropped)
        log(by, identity, DatabaseAction.DECLARED_LIVE, sentence)
        # If the commit fails after this, the guard is closed as before, and the button can be pressed again.
        if not journal.append([guard.checkpoint_entry(identity, instead_of=former_name)]):
            raise JournalError(UNWRITABLE.format(journal.store()))
    return sentence


def _bring_up(pk: int, tip_pk: int, kind: str, up_to: int, is_finished: bool) -> None:
    """Bring one mailing, of a tip and a kind, up to the delivery that the journal knows to have gone."""
    if kind not in Mailing.Kind.values:
        return
    same = Mailing.objects.filter(pk=pk, tip=tip_pk, kind=kind)
    mailing = same.first()
    if mailing is None or mailing.started_at is None:
        values: dict[str, object] = {"state": Mailing.State.HELD, "cause": Mailing.Cause.RESTORED, "by": None}
        values["reason"] = BEGUN
        if is_finished:
            ended = {"cause": "", "reason": LOST, "ended_at": timezone.now()}
            values |= {"state": Mailing.State.CANCELLED, **ended}
        # A tip that is not for mail has no mailing, and only a Publisher lifts that.
        if mailing:
            same.update(**values)
        elif kind == Mailing.Kind.TIP and Tip.objects.filter(pk=tip_pk, for_mail=True).exists():
            _, is_new = Mailing.objects.get_or_create(tip_id=tip_pk, kind=kind, defaults=values)
            if not is_new:
                Mailing.objects.filter(tip=tip_pk, kind=kind, started_at=None).update(**values)
        return
    _hold(Delivery.objects.filter(mailing=mailing, pk__lte=up_to).pending())
    if is_finished:
        # Also those had it who have no row here. What is left is the decision on the uncertain ones.
        begun = same.filter(state__in=[Mailing.State.BUILDING, Mailing.State.SENDING, Mailing.State.PAUSED])
        begun.update(state=Mailing.State.SENDING, audience_up_to=Mailing.ALL, reason="", tripped_from=None)


def _halt(now: datetime) -> int:
    """Have a person decide on mailings that may have begun, or gone on, after the backup; return how many."""
    restored = {"cause": Mailing.Cause.RESTORED, "by": None}
    paused = doubts.half_sent().update(**restored, state=Mailing.State.PAUSED, trouble="")
    return paused + doubts.not_begun(now).update(**restored, state=Mailing.State.HELD)


def _hold(deliveries: QuerySet[Delivery]) -> None:
    """Have a person decide on deliveries of which nobody can know whether they were sent."""
    uncertain = {"state": Delivery.State.UNCERTAIN, "uncertain_count": 2, "settled_at": timezone.now()}
    deliveries.update(**uncertain, reply=guard.REPLY, due_at=None, lease_id=None)


def _drop_letters(identity: DatabaseIdentity) -> int:
    """Give up the mails to one person each that were waiting at the backup; return how many.

    Link requests stay open: the mail may have gone out, and its link goes on working.
    """
    service_mails, link_requests = doubts.waiting_letters(identity)
    given_up = {"mail_state": OutgoingMail.MailState.GIVEN_UP, "claimed_by": ""}
    # Whoever may have got a tip with their welcome does not get it by a mailing.
    welcomes = Delivery.objects.filter(service_mail__in=service_mails, state=Delivery.State.SENDING)
    welcomes.update(state=Delivery.State.SKIPPED)
    return service_mails.update(**given_up, address="") + link_requests.update(**given_up)


def _sentence(counts: dict[str, int], halted: int, dropped: int) -> str:
    people = f"{counts['left']} left, {counts['suppressed']} suppressed, {counts['erased']} erased"
    held = Delivery.objects.held().count()
    rest = f"{held} {'delivery is' if held == 1 else 'deliveries are'} uncertain."
    sentence = f"This database now counts as the real one. From the journal: {people}. {rest}"
    if halted:
        wait = "mailing waits" if halted == 1 else "mailings wait"
        sentence += f" {halted} {wait} for somebody to say who gets it: it may have gone out already."
    if dropped:
        letters = "mail to one person was" if dropped == 1 else "mails to one person each were"
        sentence += f" {dropped} {letters} dropped."
    return sentence


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
