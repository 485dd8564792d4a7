"""When a mailing stops by itself, because the world does not want it or the sender is at fault."""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, islice, takewhile
from typing import NamedTuple

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from subscribers import addresses
from subscribers.delivery import cusum
from subscribers.delivery.verdicts import Answer
from subscribers.models import Delivery, Mailing

logger = logging.getLogger(__name__)

# So far the look goes from a refusal, to either side, and so much of that is read at once.
WINDOW, _AT_ONCE = 2000, 400
IN_A_ROW = 20
COMPLAINTS = 0.003
# One person, or two, stop nothing: whoever gets a mail can make up a complaint of it.
FEWEST_COMPLAINTS = 3
# One mailbox, or a few of one domain, may take nothing from us, and the server blames the sender for it.
BLAMED_OF_ONE_DOMAIN = 10
_DEAD = (Delivery.Refusal.GONE, Delivery.Refusal.UNCLEAR)


def check(mailing_id: int) -> bool:
    """Stop a mailing after too many refusals; to be called after each. Return whether it was stopped here."""
    if (mailing := _sending(mailing_id)) is None:
        return False
    return _stopped_by(mailing, _settled(mailing).order_by("-settled_at", "-pk"), None, "the last {}")


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
    return _stopped_by(mailing, before, since, "{} in a row")


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
    complaints = mailing.deliveries.filter(since, complained_at__isnull=False).count()
    if complaints < FEWEST_COMPLAINTS:
        return False
    # Of a million sent, no more are counted than the complaints are held against.
    enough = int(complaints / COMPLAINTS)
    sent = mailing.deliveries.filter(since, state=Delivery.State.SENT)[: enough + 1].count()
    if sent > enough:
        return False
    return _pause(mailing, f"{complaints} of {sent} receivers complained of it.")


def blamed(mailing_id: int, answer: Answer) -> bool:
    """Pause all mailings if the server finds fault with the sender at more than one mailbox; return whether.

    To be called after the ledger has noted that at a delivery. A second mailbox of the same domain may have
    the same rules as the first; one of another domain may not.
    """
    if (mailing := _sending(mailing_id)) is None:
        return False
    looked_at = Q(blamed_at__gt=mailing.watched_from) if mailing.watched_from else Q()
    rows = mailing.deliveries.filter(looked_at, blamed_at__isnull=False, subscriber__isnull=False)
    folded = rows.values_list("subscriber__address_folded", flat=True)
    domains = [addresses.domain(address) for address in folded[:BLAMED_OF_ONE_DOMAIN] if address]
    if len(set(domains)) < 2 and len(domains) < BLAMED_OF_ONE_DOMAIN:
        return False
    blame(answer)
    return True


def blame(answer: Answer) -> None:
    """Pause all mailings: the mail server finds fault with the sender, so all mail would fare alike."""
    said = answer.explanation or f"The mail server refuses the sender at {answer.stage.value}"
    reply = f" ({answer.reply})" if answer.reply else ""
    reason = (
        f"{said}{reply}. Nobody was refused their mail. Mend the sender's settings or standing, then resume."
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


def _read(settled: QuerySet[Delivery]) -> Iterator[_Settled]:
    """Yield what became of deliveries, without those that a busy server put off for too long."""
    rows = settled.values_list(*_Settled._fields)
    for first in range(0, WINDOW, _AT_ONCE):
        batch = list(map(_Settled._make, rows[first : first + _AT_ONCE]))
        yield from (row for row in batch if row.refusal != Delivery.Refusal.EXPIRED)
        if len(batch) < _AT_ONCE:
            return


def _dead(rows: Iterable[_Settled]) -> Iterator[cusum.Dead]:
    """Yield those of deliveries that went to dead addresses. Other refusals say nothing of the list."""
    taken = 0
    for row in rows:
        if row.refusal in _DEAD:
            yield cusum.Dead(taken, row.settled_at)
            taken = 0
        elif row.state == Delivery.State.SENT:
            taken += 1


def _stopped_by(
    mailing: Mailing, before: QuerySet[Delivery], since: QuerySet[Delivery] | None, words: str
) -> bool:
    """Stop a mailing for its refusals around one; return whether this did so.

    ``before`` are the deliveries up to the refused one, ``since`` those behind it, each the nearest first.
    """
    older, newer = _read(before), iter(()) if since is None else _read(since)
    last, following = list(islice(older, IN_A_ROW)), list(islice(newer, IN_A_ROW))
    in_a_row = [*reversed(_first_not_sent(following)), *_first_not_sent(last)]
    if len(in_a_row) >= IN_A_ROW:
        number = words.format(f"{IN_A_ROW} mails").capitalize()
        reason = f"{number} were refused or are uncertain: {in_a_row[0].reply or 'no reply'}."
        return _pause(mailing, reason, tripped_from=in_a_row[-1].settled_at)
    # Whoever resumed it after such a stop knows of its dead addresses, and would be stopped at every turn.
    threshold = cusum.THRESHOLD * 2**mailing.list_stops
    back = cusum.heaviest(_dead(chain(last, older)), threshold)
    ahead = cusum.heaviest(_dead(chain(following, newer)), threshold)
    if not back.dead or back.weight + ahead.weight < threshold:
        return False
    dead = back.dead + ahead.dead
    among = words.format(f"{dead + back.taken + ahead.taken} mails")
    reason = (
        f"{dead} of {among} were refused for good, the nearest with {last[0].reply or 'no reply'}: too many"
    )
    reason += " for a list of people who asked for their mail."
    stops = {"list_stops": F("list_stops") + 1}
    return _pause(mailing, reason, tripped_from=back.settled_at, **stops)


def _first_not_sent(rows: Iterable[_Settled]) -> list[_Settled]:
    return list(takewhile(lambda row: row.state != Delivery.State.SENT, rows))


def _pause(mailing: Mailing, reason: str, **values: object) -> bool:
    running = Mailing.objects.filter(pk=mailing.pk, state=Mailing.State.SENDING)
    stopped = running.update(state=Mailing.State.PAUSED, reason=reason, by=None, **values)
    if stopped:
        logger.error("%s is paused: %s", mailing, reason)
    return bool(stopped)
