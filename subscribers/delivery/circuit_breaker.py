"""When a mailing stops by itself, because the world does not want it or the sender is at fault."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone

from subscribers.delivery.verdicts import Answer
from subscribers.models import Delivery, Mailing

logger = logging.getLogger(__name__)

WINDOW = 200
# More than 5% of the window.
HARD_BOUNCES = 10
IN_A_ROW = 20
COMPLAINTS = 0.003
# One person, or two, stop nothing: whoever gets a mail can make up a complaint of it.
FEWEST_COMPLAINTS = 3


def check(mailing_id: int) -> bool:
    """Stop a mailing after too many refusals; to be called after each. Return whether it was stopped here."""
    if (mailing := _sending(mailing_id)) is None:
        return False
    last = _read(_settled(mailing).order_by("-settled_at", "-pk")[:WINDOW])
    return _stopped_by(mailing, last, "The last {} mails")


def returned(delivery: Delivery) -> bool:
    """Do as ``check`` does after a report that a delivery came back, which may be long after it was sent.

    Others of its time may have been reported before it or not yet, so the look is at both sides of it.
    """
    mailing = _sending(delivery.mailing_id) if delivery.mailing_id else None
    if mailing is None or delivery.settled_at is None:
        return False
    settled = _settled(mailing)
    before = settled.filter(settled_at__lte=delivery.settled_at).order_by("-settled_at", "-pk")
    since = settled.filter(settled_at__gt=delivery.settled_at).order_by("settled_at", "pk")
    near = _read(since[: WINDOW - 1])[::-1] + _read(before[:WINDOW])
    return _stopped_by(mailing, near, "{} mails in a row")


def complained(delivery_id: int) -> bool:
    """Note that the receiver of a delivery complained of it, once; return whether that stopped its mailing.

    To suppress the person is the caller's part.
    """
    first = Delivery.objects.filter(pk=delivery_id, complained_at=None, mailing__isnull=False)
    if not first.update(complained_at=timezone.now()):
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


def blame(answer: Answer) -> None:
    """Pause all mailings: the mail server finds fault with the sender, so all mail would fare alike."""
    reply = f" ({answer.reply})" if answer.reply else ""
    reason = (
        f"The mail server refuses the sender at {answer.stage.value}{reply}. Nobody was refused their mail."
        " Mend the sender's settings or standing, then resume."
    )
    running = Mailing.objects.filter(state__in=[Mailing.State.SENDING, Mailing.State.BUILDING])
    if running.update(state=Mailing.State.PAUSED, reason=reason, by=None):
        logger.error("Mailings are paused: %s", reason)


class _Settled(NamedTuple):
    settled_at: datetime
    state: str
    refusal: str
    reply: str


def _sending(mailing_id: int) -> Mailing | None:
    return Mailing.objects.filter(pk=mailing_id, state=Mailing.State.SENDING).defer("text", "html").first()


def _settled(mailing: Mailing) -> QuerySet[Delivery]:
    """Return the deliveries that were settled.

    Left out is what says nothing about the mailing: what a person has looked at, and what gets its second
    chance.
    """
    states = [Delivery.State.SENT, Delivery.State.REFUSED, Delivery.State.UNCERTAIN]
    settled = mailing.deliveries.filter(settled_at__isnull=False, second_chance=False, state__in=states)
    return settled.filter(settled_at__gt=mailing.watched_from) if mailing.watched_from else settled


def _read(settled: QuerySet[Delivery]) -> list[_Settled]:
    """Return what became of deliveries, without those that a busy server put off for too long."""
    outcomes = map(_Settled._make, settled.values_list(*_Settled._fields))
    return [outcome for outcome in outcomes if outcome.refusal != Delivery.Refusal.EXPIRED]


def _stopped_by(mailing: Mailing, outcomes: Sequence[_Settled], words: str) -> bool:
    """Stop a mailing if its deliveries, newest first, hold too many refusals; return whether this did so."""
    for first in range(len(outcomes) - IN_A_ROW + 1):
        row = outcomes[first : first + IN_A_ROW]
        if all(outcome.state != Delivery.State.SENT for outcome in row):
            reason = f"{words.format(IN_A_ROW)} were refused or are uncertain: {row[0].reply or 'no reply'}."
            return _pause(mailing, reason, tripped_from=row[-1].settled_at)
    hard = [place for place, outcome in enumerate(outcomes) if outcome.refusal == Delivery.Refusal.GONE]
    for number, newest in enumerate(hard):
        within = [place for place in hard[number:] if place < newest + WINDOW]
        if len(within) > HARD_BOUNCES:
            among = words.format(min(len(outcomes), WINDOW)).lower()
            reason = f"{len(within)} of {among} found nobody there (hard bounces)."
            return _pause(mailing, reason, tripped_from=outcomes[within[-1]].settled_at)
    return False


def _pause(mailing: Mailing, reason: str, **tripped_from: datetime) -> bool:
    running = Mailing.objects.filter(pk=mailing.pk, state=Mailing.State.SENDING)
    stopped = running.update(state=Mailing.State.PAUSED, reason=reason, by=None, **tripped_from)
    if stopped:
        logger.error("%s is paused: %s", mailing, reason)
    return bool(stopped)
