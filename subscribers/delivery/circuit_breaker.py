"""When a mailing stops by itself, because the world does not want it or the sender is at fault."""

import logging

from django.db.models import Q
from django.utils import timezone

from subscribers.delivery.verdicts import is_expiry, is_hard_bounce
from subscribers.models import Delivery, Mailing

logger = logging.getLogger(__name__)


WINDOW = 200
# More than 5% of the window.
HARD_BOUNCES = 10
IN_A_ROW = 20
COMPLAINTS = 0.003
# One person, or two, stop nothing: whoever gets a mail can make up a complaint of it.
FEWEST_COMPLAINTS = 3


def look(mailing_id):
    """Stop a mailing after too many refusals; to be called after each. Return whether it was stopped here."""
    mailing = _sending(mailing_id)
    if mailing is None:
        return False
    last = _read(_settled(mailing).order_by("-settled_at", "-pk")[:WINDOW])
    return _stopped_by(mailing, last, "the last {} mails")


def returned(delivery):
    """Do as ``look`` does after a report that a delivery came back, which may be long after it was sent.

    Others of its time may have been reported before it or not yet, so the look is at both sides of it.
    """
    mailing = _sending(delivery.mailing_id)
    if mailing is None or delivery.settled_at is None:
        return False
    rows = _settled(mailing)
    before = rows.filter(settled_at__lte=delivery.settled_at).order_by("-settled_at", "-pk")
    since = rows.filter(settled_at__gt=delivery.settled_at).order_by("settled_at", "pk")
    near = _read(since[: WINDOW - 1])[::-1] + _read(before[:WINDOW])
    return _stopped_by(mailing, near, "{} mails in a row")


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
    sent = mailing.deliveries.filter(since, state=Delivery.State.SENT).count()
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
    states = [Mailing.State.SENDING, Mailing.State.BUILDING]
    paused = Mailing.objects.filter(state__in=states).update(
        state=Mailing.State.PAUSED, reason=reason, by=None
    )
    if paused:
        logger.error("Mailings are paused: %s", reason)


def _sending(mailing_id):
    return Mailing.objects.filter(pk=mailing_id, state=Mailing.State.SENDING).defer("text", "html").first()


def _settled(mailing):
    """Return the deliveries that were settled.

    Left out is what says nothing about the mailing: what a person has looked at, and what gets its second
    chance.
    """
    rows = mailing.deliveries.filter(
        settled_at__isnull=False,
        second_chance=False,
        state__in=[Delivery.State.SENT, Delivery.State.REFUSED, Delivery.State.UNCERTAIN],
    )
    return rows.filter(settled_at__gt=mailing.watched_from) if mailing.watched_from else rows


def _read(rows):
    """Return (moment, state, reply) of deliveries, without those that a busy server put off for too long."""
    return [row for row in rows.values_list("settled_at", "state", "reply") if not is_expiry(row[2])]


def _stopped_by(mailing, rows, words):
    """Stop a mailing if its deliveries, newest first, hold too many refusals; return whether this did so."""
    for first in range(len(rows) - IN_A_ROW + 1):
        row = rows[first : first + IN_A_ROW]
        if all(state != Delivery.State.SENT for _, state, _ in row):
            these, reply = words.format(IN_A_ROW).capitalize(), row[0][2] or "no reply"
            reason = f"{these} were refused or are uncertain: {reply}."
            return _trip(mailing, reason, row)
    hard = [
        place for place, row in enumerate(rows) if row[1] == Delivery.State.REFUSED and is_hard_bounce(row[2])
    ]
    for number, newest in enumerate(hard):
        found = [place for place in hard[number:] if place < newest + WINDOW]
        if len(found) > HARD_BOUNCES:
            among = words.format(min(len(rows), WINDOW))
            reason = f"{len(found)} of {among} found nobody there (hard bounces)."
            return _trip(mailing, reason, rows[: found[-1] + 1])
    return False


def _trip(mailing, reason, window):
    return _pause(mailing, reason, tripped_from=window[-1][0])


def _pause(mailing, reason, **values):
    running = Mailing.objects.filter(pk=mailing.pk, state=Mailing.State.SENDING)
    stopped = running.update(state=Mailing.State.PAUSED, reason=reason, by=None, **values)
    if stopped:
        logger.error("%s is paused: %s", mailing, reason)
    return bool(stopped)
