"""Is Tuesday safe? Every reason why the next tip would not reach its readers on time, in words."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.core import checks
from django.db.models import Q, TextChoices
from django.utils import timezone

from shield import clocks
from subscribers.delivery import heartbeat
from subscribers.mailings import status
from subscribers.models import (
    Delivery,
    Heartbeat,
    LinkRequest,
    Mailing,
    ServiceMail,
    Subscriber,
    Suppression,
)
from subscribers.people import journal
from subscribers.recovery import guard
from tips import dates, permissions
from tips.schedule import slot_states
from tipsite.backup import runs
from tipsite.safety import disks

# Mail that is due this long and has not gone is stuck. Confirmations may wait for their rate limits.
_STUCK = timedelta(minutes=15)
# Of a disk, in bytes: less is nearly full, unless the disk is small.
_LITTLE = 500 * 2**20
_SET_CLOCK = "Let each machine take the time from the network (NTP)."
_LOOK = "Look whether a worker runs and the mail server answers."
_LOOK_AT_WORKER = "Look whether a worker runs."
_SERVER = "Look at the mail server’s log and at EMAIL_URL; what waits is tried again."


class Code(TextChoices):
    """What is wrong: the name that ``safe --json`` prints, and the heading that people read."""

    GUARD = "guard", "The restore guard"
    JOURNAL = "journal", "The journal"
    SLOT = "slot", "The next slot"
    NOT_FOR_MAIL = "not-for-mail", "The next tip is not for mail"
    WORKER = "worker", "The worker"
    CLOCK = "clock", "The clocks"
    PAUSED = "paused", "A mailing is paused"
    HELD = "held", "A mailing is held"
    STUCK = "stuck", "Mail is stuck"
    UNCERTAIN = "uncertain", "Uncertain deliveries"
    SERVER = "server", "The mail server"
    SENDER = "sender", "The sender’s settings"
    BACKUP = "backup", "The backups"
    DISK = "disk", "The disk"
    DATABASE = "database", "The database"


@dataclass(frozen=True)
class Reason:
    """One reason why it is not safe; the ``words`` say what is wrong and what to do.

    The words stand alone: the command, the probe and the admin's banner show nothing else. ``mailing`` and
    ``tip`` are the primary keys of the mailing or the tip that the reason is about, if it is about one.
    """

    code: Code
    words: str
    mailing: int | None = None
    tip: int | None = None


def against_next_tip(now: datetime | None = None) -> list[Reason]:
    """Return the reasons that stand against the next tip at a moment (an aware datetime)."""
    now = now or timezone.now()
    return [reason for look in _LOOKS for reason in look(now)]


def may_see(user: User) -> bool:
    """Tell whether a member of staff sees the reasons, and not only that there are any."""
    return user.has_perm(permissions.APPROVE) or user.has_perm(guard.PERMISSION)


def next_slot(now: datetime | None = None) -> slot_states.SlotRow | None:
    """Return the Row of the next slot in which a tip shall appear, or None where no rule makes one."""
    slots = slot_states.ahead(now, count=13)
    return next((slot for slot in slots if slot.state != slot_states.SlotState.SKIPPED), None)


def _guard(now: datetime) -> Iterator[Reason]:
    if closure := guard.why_closed():
        yield Reason(Code.GUARD, closure.sentence)


def _journal(now: datetime) -> Iterator[Reason]:
    if why := journal.why_unwritable():
        words = f"The journal {journal.path()} cannot be written ({why}): no mailing goes on."
        yield Reason(Code.JOURNAL, f"{words} Make room on its disk, or mend the rights of its folder.")
    # The clock writes each minute what could not be written when it happened.
    unwritten = Suppression.objects.filter(journaled=False, since__lt=now - timedelta(minutes=2))
    if count := unwritten.count():
        who = "1 suppression is" if count == 1 else f"{count} suppressions are"
        words = f"{who} not in the journal: a restored backup would not know of it. {_LOOK_AT_WORKER}"
        yield Reason(Code.JOURNAL, words)


def _slot(now: datetime) -> Iterator[Reason]:
    row = next_slot(now)
    if row is None:
        yield Reason(Code.SLOT, "No slot is to come. Add a slot rule.")
    elif row.is_unsafe or row.tip is None:
        remedy = "Approve it" if row.tip else "Plan an approved tip there"
        words = f"The next slot, {dates.in_words(row.slot.at)}, is not safe. {row.sentence} {remedy}"
        yield Reason(Code.SLOT, f"{words}, or skip the slot in the calendar.")
    elif not row.tip.for_mail and Subscriber.objects.reachable(timezone.localdate(row.slot.at)).exists():
        words = f"“{row.tip}”, which goes live {dates.in_words(row.slot.at)}, is marked as not for mail:"
        remedy = "A Publisher lifts the mark on the tip’s page; or give the slot to another tip."
        yield Reason(Code.NOT_FOR_MAIL, f"{words} nobody gets it. {remedy}", tip=row.tip.pk)


def _workers(now: datetime) -> Iterator[Reason]:
    there = clocks.database_now()
    alive = list(heartbeat.alive(there))
    if not alive:
        words = "No worker is alive: no mail goes out. Start one with manage.py worker, or serve."
        yield Reason(Code.WORKER, words)
    ahead = {worker.host: timedelta(seconds=worker.clock_ahead) for worker in alive}
    # A worker of this very machine may have seen it before the clock was set.
    ahead[socket.gethostname()] = clocks.ahead_of_database()
    for host, difference in ahead.items():
        if abs(difference) > clocks.WORTH_TELLING:
            seconds = f"{abs(difference).total_seconds():,.0f} seconds"
            side = "ahead of" if difference > timedelta() else "behind"
            words = f"The clock of {host or 'a worker'} is {seconds} {side} the database’s. {_SET_CLOCK}"
            yield Reason(Code.CLOCK, words)
    if Heartbeat.objects.filter(seen_at__gt=there + clocks.TOLERANCE).exists():
        words = "A worker was seen in the future: the database’s clock was set back."
        yield Reason(Code.CLOCK, f"{words} {_SET_CLOCK}")


def _mailings(now: datetime) -> Iterator[Reason]:
    mailings = Mailing.objects.select_related("tip").defer("text", "html", "tip__body")
    halted = mailings.filter(state__in=[Mailing.State.PAUSED, Mailing.State.HELD])
    for mailing in halted.order_by("-state", "pk"):
        standing, code = status.describe(mailing, now), Code(mailing.state)
        words = f"The mailing of “{mailing.tip}” is {code}. {standing.sentence} {standing.advice}"
        yield Reason(code, words, mailing.pk)
    due = Q(state=Mailing.State.PREPARED, starts_at__lt=now - _STUCK)
    due |= Q(state=Mailing.State.BUILDING, started_at__lt=now - _STUCK)
    for mailing in mailings.filter(due):
        words = f"The mailing of “{mailing.tip}” should have begun, and has not. {_LOOK}"
        yield Reason(Code.STUCK, words, mailing.pk)
    for mailing in mailings.filter(state=Mailing.State.SENDING):
        if mailing.trouble and (guard.why_closed() or journal.why_unwritable()):
            # That is its trouble, and named as such.
            continue
        if mailing.trouble:
            words = f"The mailing of “{mailing.tip}” is held up. {mailing.trouble} {_SERVER}"
            yield Reason(Code.SERVER, words, mailing.pk)
        elif _is_stuck(mailing, now):
            words = f"Of the mailing of “{mailing.tip}”, nothing went out for a quarter of an hour. {_LOOK}"
            yield Reason(Code.STUCK, words, mailing.pk)
    held = Delivery.objects.held()
    if count := held.count():
        many = "1 delivery is" if count == 1 else f"{count} deliveries are"
        words = f"{many} uncertain. Say in the mailing’s ledger whether to send again, or to count as sent."
        first = held.values_list("mailing", flat=True).order_by("mailing").first()
        yield Reason(Code.UNCERTAIN, words, first)


def _is_stuck(mailing: Mailing, now: datetime) -> bool:
    """Tell whether deliveries could go out and do not; those that were put off for later do not count.

    A delivery that is being sent counts: its mail server may never come to an end.
    """
    since, deliveries = now - _STUCK, mailing.deliveries.all()
    recently = since, clocks.latest_credible(now)
    is_young = not mailing.started_at or recently[0] < mailing.started_at <= recently[1]
    if is_young or deliveries.filter(settled_at__range=recently).exists():
        return False
    waiting = deliveries.filter(state__in=[Delivery.State.QUEUED, Delivery.State.SENDING], due_at=None)
    return waiting.exists() or deliveries.filter(due_at__lt=since).exists()


def _outbox(now: datetime) -> Iterator[Reason]:
    late = Q(mail_state=ServiceMail.MailState.WAITING, asked_at__lt=now - _STUCK, tries__gt=2)
    if stuck := ServiceMail.objects.filter(late).count() + LinkRequest.objects.filter(late).count():
        many = "1 mail to a reader was" if stuck == 1 else f"{stuck} mails to readers were"
        words = f"The mail server takes no mail: {many} tried again and again. {_SERVER}"
        yield Reason(Code.SERVER, words)


def _sender(now: datetime) -> Iterator[Reason]:
    for message in checks.run_checks(tags=["mail"]):
        yield Reason(Code.SENDER, f"{message.msg} {message.hint or ''}".strip())


def _backups(now: datetime) -> Iterator[Reason]:
    standing = runs.standing(now)
    if standing.failed:
        yield Reason(Code.BACKUP, runs.failure_in_words(standing.failed))
    if standing.is_overdue:
        yield Reason(Code.BACKUP, runs.overdue_in_words(standing.verified))


def _disks(now: datetime) -> Iterator[Reason]:
    for disk in disks.look():
        if disk.is_read_only:
            words = (
                f"The disk of {disk.content} is read-only: nothing can be written. Mend it; look at its log."
            )
            yield Reason(Code.DISK, words)
        elif disk.free < min(_LITTLE, disk.total * 0.05):
            words = f"The disk of {disk.content} is nearly full: {disk.free // 2**20} MB are free. Make room."
            yield Reason(Code.DISK, words)
    if disks.is_database_read_only():
        words = "The database is read-only: no mail goes, and nobody can sign up, leave or sign in."
        yield Reason(Code.DATABASE, f"{words} After a failover, let DATABASE_URL name the new server.")


_LOOKS = (_guard, _journal, _slot, _workers, _mailings, _outbox, _sender, _backups, _disks)
