"""When a mailing stops by itself, because the world does not want it or the sender is at fault."""

import logging

from django.db.models import Q
from django.utils import timezone

from subscribers.delivery.verdicts import is_expiry, is_hard_bounce
from subscribers.models import Delivery, Mailing

logger = logging.getLogger(__name__)

State = Delivery.State

WINDOW = 200
# More than 5% of the window.
HARD_BOUNCES = 10
IN_A_ROW = 20
COMPLAINTS = 0.003
# One person alone stops nothing.
FEWEST_COMPLAINTS = 2


def look(mailing_id):
    """Stop a mailing after too many refusals; to be called after each. Return whether it was stopped here."""
    mailing = Mailing.objects.filter(pk=mailing_id, state=Mailing.State.SENDING).defer("text", "html").first()
    if mailing is None:
        return False
    last = _last_settled(mailing)
    row = last[:IN_A_ROW]
    if len(row) == IN_A_ROW and all(state != State.SENT for _, state, _ in row):
        reason = f"The last {IN_A_ROW} mails were all refused: {row[0][2] or 'no reply'}."
        return _trip(mailing, reason, row)
    hard = [each for each in last if each[1] == State.REFUSED and is_hard_bounce(each[2])]
    if len(hard) > HARD_BOUNCES:
        reason = f"{len(hard)} of the last {len(last)} mails found nobody there (hard bounces)."
        return _trip(mailing, reason, last[: last.index(hard[-1]) + 1])
    return False


def complained(delivery_id):
    """Note that the receiver of a delivery complained of it, once; return whether that stopped its mailing.

    To suppress the person is the caller's part.
    """
    rows = Delivery.objects.filter(pk=delivery_id, complained_at=None, mailing__isnull=False)
    if not rows.update(complained_at=timezone.now()):
        return False
    mailing = Mailing.objects.defer("text", "html").get(deliveries=delivery_id)
    if mailing.state != Mailing.State.SENDING:
        return False
    since = Q(settled_at__gt=mailing.watched_from) if mailing.watched_from else Q()
    sent = mailing.deliveries.filter(since, state=State.SENT).count()
    complaints = mailing.deliveries.filter(since, complained_at__isnull=False).count()
    if complaints < FEWEST_COMPLAINTS or complaints < COMPLAINTS * sent:
        return False
    return _pause(mailing, f"{complaints} of {sent} receivers complained of it.")


def blame(answer):
    """Pause all mailings: the mail server finds fault with the sender, so all mail would fare alike."""
    reply = f" ({answer.reply})" if answer.reply else ""
    reason = (
        f"The mail server refuses the sender at {answer.stage.value}{reply}. Nobody was refused their mail."
        " Mend the sender's settings or standing, then resume."
    )
    states = [Mailing.State.SENDING, Mailing.State.OPENING]
    paused = Mailing.objects.filter(state__in=states).update(
        state=Mailing.State.PAUSED, reason=reason, by=None
    )
    if paused:
        logger.error("Mailings are paused: %s", reason)


def _last_settled(mailing):
    """Return (moment, state, reply) of the last ones that were settled, newest first.

    Left out is what says nothing about the mailing: what a person has looked at, what gets its second chance,
    and what a busy server put off for too long.
    """
    rows = mailing.deliveries.filter(
        settled_at__isnull=False, again=False, state__in=[State.SENT, State.REFUSED, State.UNCERTAIN]
    )
    if mailing.watched_from:
        rows = rows.filter(settled_at__gt=mailing.watched_from)
    rows = rows.order_by("-settled_at", "-pk").values_list("settled_at", "state", "reply")[:WINDOW]
    return [row for row in rows if not is_expiry(row[2])]


def _trip(mailing, reason, window):
    return _pause(mailing, reason, tripped_from=window[-1][0])


def _pause(mailing, reason, **values):
    running = Mailing.objects.filter(pk=mailing.pk, state=Mailing.State.SENDING)
    stopped = running.update(state=Mailing.State.PAUSED, reason=reason, by=None, **values)
    if stopped:
        logger.error("%s is paused: %s", mailing, reason)
    return bool(stopped)
