"""Is Tuesday safe? Every reason why the next tip would not reach its readers on time, in words."""

import shutil
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import checks
from django.db.models import Q
from django.utils import timezone

from subscribers.mailings import status
from subscribers.models import Delivery, LinkRequest, Mailing, OutgoingMail, ServiceMail, Subscriber
from subscribers.recovery import guard
from tips import dates, permissions
from tips.schedule import slots
from tipsite.models import Heartbeat
from tipsite.worker import task_leases

# A worker that has not been heard for this long is dead, whatever it is doing.
SILENCE = 2 * task_leases.LEASE
# Mail that is due this long and has not gone is stuck. Confirmations may wait for their rate limits.
STUCK = timedelta(minutes=15)
# By how much the clocks of two machines may differ.
FUTURE = timedelta(seconds=30)
LATE = timedelta(hours=1)
# Of the disk that holds the database.
LEAST_FREE, LEAST_FREE_SHARE = 500 * 2**20, 0.05
_LOOK = "Look whether a worker runs and the mail server answers."
_SERVER = "Look at the mail server’s log and at EMAIL_URL; what waits is tried again."


@dataclass(frozen=True)
class Reason:
    """One reason why it is not safe: a ``name`` for machines, and what is wrong and what to do, in words.

    The words stand alone: the command, the probe and the desk's banner show nothing else.

    ``mailing`` is the primary key of the mailing that it is about, if it is about one; ``tip`` likewise.
    """

    name: str
    words: str
    mailing: int | None = None
    tip: int | None = None


def reasons(now=None):
    """Return the Reasons that stand against the next tip at a moment (an aware datetime)."""
    now = now or timezone.now()
    return [reason for look in _LOOKS for reason in look(now)]


def may_see(user):
    """Tell whether a member of staff sees the reasons, and not only that there are any."""
    return user.has_perm(permissions.APPROVE) or user.has_perm(guard.PERMISSION)


def next_slot(now=None):
    """Return the Row of the next slot in which something shall appear, or None where no rule makes one."""
    rows = slots.ahead(now, count=13)
    return next((row for row in rows if row.standing != slots.Standing.SKIPPED), None)


def _tip(now):
    row = next_slot(now)
    if row is None:
        yield Reason("slot", "No slot is to come. Add a slot rule.")
    elif row.is_unsafe:
        words = f"The next slot, {dates.in_words(row.slot.at)}, is not safe. {row.sentence}"
        what = "Approve it" if row.tip else "Plan an approved tip there"
        yield Reason("slot", f"{words} {what}, or skip the slot in the calendar.")
    elif not row.tip.for_mail and Subscriber.objects.reachable(timezone.localdate(row.slot.at)).exists():
        yield Reason(
            "not-for-mail",
            f"“{row.tip}”, which goes live {dates.in_words(row.slot.at)}, is marked as not for mail: nobody"
            " gets it. A Publisher lifts the mark on the tip’s page; or give the slot to another tip.",
            tip=row.tip.pk,
        )


def _worker(now):
    if not Heartbeat.objects.filter(seen_at__gte=now - SILENCE).exists():
        yield Reason(
            "worker", "No worker is alive: no mail goes out. Start one with manage.py worker, or serve."
        )


def _clocks(now):
    if Heartbeat.objects.filter(seen_at__gt=now + FUTURE).exists():
        yield Reason(
            "clock",
            "A worker has said that it is later than it is here: two clocks differ, or one was set back, and"
            " mail may come at the wrong hour. Let both machines take the time from the network.",
        )


def _mailings(now):
    mailings = Mailing.objects.select_related("tip").defer("text", "html", "tip__body")
    for mailing in mailings.filter(state__in=[Mailing.State.PAUSED, Mailing.State.HELD]).order_by(
        "-state", "pk"
    ):
        told = status.tell(mailing, now)
        words = f"The mailing of “{mailing.tip}” is {mailing.state}. {told.sentence} {told.advice}"
        yield Reason(mailing.state, words, mailing.pk)
    due = Q(state=Mailing.State.PREPARED, starts_at__lt=now - STUCK)
    due |= Q(state=Mailing.State.BUILDING, started_at__lt=now - STUCK)
    for mailing in mailings.filter(due):
        words = f"The mailing of “{mailing.tip}” should have begun, and has not. {_LOOK}"
        yield Reason("stuck", words, mailing.pk)
    for mailing in mailings.filter(state=Mailing.State.SENDING):
        if mailing.trouble:
            words = f"The mailing of “{mailing.tip}” is held up. {mailing.trouble} {_SERVER}"
            yield Reason("server", words, mailing.pk)
        elif _is_stuck(mailing, now):
            words = (
                f"Of the mailing of “{mailing.tip}” nothing has gone out for a quarter of an hour. {_LOOK}"
            )
            yield Reason("stuck", words, mailing.pk)
    held = Delivery.objects.held()
    if count := held.count():
        many = "1 delivery is" if count == 1 else f"{count} deliveries are"
        words = f"{many} uncertain. Say in the mailing’s ledger whether to send again, or to count as sent."
        yield Reason("uncertain", words, held.values_list("mailing", flat=True).order_by("mailing").first())


def _is_stuck(mailing, now):
    """Tell whether deliveries could go out and do not: those that were put off for later are not meant.

    One may be in the hands of a line all that time, to a server that never comes to an end.
    """
    rows = mailing.deliveries
    if mailing.started_at > now - STUCK or rows.filter(settled_at__gte=now - STUCK).exists():
        return False
    waiting = rows.filter(state__in=[Delivery.State.QUEUED, Delivery.State.SENDING], due_at=None)
    return waiting.exists() or rows.filter(due_at__lt=now - STUCK).exists()


def _outbox(now):
    late = {"mail_state": OutgoingMail.MailState.WAITING, "asked_at__lt": now - LATE, "tries__gt": 2}
    stuck = ServiceMail.objects.filter(**late).count() + LinkRequest.objects.filter(**late).count()
    if stuck:
        many = "1 mail to a reader was" if stuck == 1 else f"{stuck} mails to readers were"
        words = f"The mail server takes no mail: {many} tried again and again. {_SERVER}"
        yield Reason("server", words)


def _sender(now):
    for message in checks.run_checks(tags=["mail"]):
        yield Reason("sender", f"{message.msg} {message.hint or ''}".strip())


def _disk(now):
    usage = shutil.disk_usage(settings.STATE_DIR)
    if usage.free < min(LEAST_FREE, usage.total * LEAST_FREE_SHARE):
        yield Reason("disk", f"The disk is nearly full: {usage.free // 2**20} MB are free. Make room.")


def _guard(now):
    if refusal := guard.why_closed():
        yield Reason("guard", refusal)


_LOOKS = [_guard, _tip, _worker, _clocks, _mailings, _outbox, _sender, _disk]
