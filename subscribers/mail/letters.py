"""The letters to subscribers that follow from what they did: the welcome, and what tells of a change."""

from datetime import timedelta

from django.db.models import Q

from shield.rate_limits import FixedWindow
from subscribers.mail import emails
from subscribers.mail.outbox import Outbox
from subscribers.models import Delivery, Letter, Mailing, Subscriber
from subscribers.people import suppressions
from tips.models import Tip

# Whoever leaves, returns and leaves is told of it once a day.
PER_ADDRESS = FixedWindow("letter", 1, timedelta(days=1))
_CAME_TO_NOTHING = [Delivery.State.REFUSED, Delivery.State.SKIPPED]


def prepare(letter):
    """Return the mail of a letter that is due, or None where it would be untrue or unwelcome by now."""
    subscriber = letter.subscriber
    if suppressions.is_silenced(letter.to):
        return None
    return _KINDS[letter.kind](letter, subscriber)


def _welcome(letter, subscriber):
    # Whoever left and came back before the first was sent is welcomed by that one.
    first = subscriber.letters.filter(kind=Letter.Kind.WELCOME, pk__lt=letter.pk)
    to_come = Q(mail__in=[Letter.Mail.WAITING, Letter.Mail.SENDING]) | Q(mailed_at__gte=letter.asked_at)
    if subscriber.state != Subscriber.State.CONFIRMED or first.filter(to_come).exists():
        return None
    return emails.welcome(letter, _tip_for(letter, subscriber))


def _left(letter, subscriber):
    if subscriber.state != Subscriber.State.LEFT or not _counts(letter):
        return None
    return emails.left(letter)


def _moved(letter, subscriber):
    # Whoever thought better of it gets the tips where this would say that they come no more.
    return None if letter.folded == subscriber.folded else emails.moved(letter)


def _counts(letter):
    return letter.counted or PER_ADDRESS.spend(f"{letter.kind} {letter.folded}")


def _tip_for(letter, subscriber):
    """Return the tip that a welcome names, and note it in the ledger, so that no mailing brings it again.

    It is the newest full dated one; None where there is none, or where the ledger says that it came to them
    already or is on its way, as it may to somebody who left and came back. Where it has a mailing, that row
    is locked: a mailing takes the same lock when it is opened, so either of the two sees what the other did.
    One that is not there yet is not opened for minutes.
    """
    if letter.delivery_id:
        tip = letter.delivery.tip
        return tip if tip.is_published else None
    tip = Tip.objects.published_dated().full().newest_first().first()
    if tip is None:
        return None
    mailings = Mailing.objects.select_for_update().filter(tip=tip, kind=Mailing.Kind.TIP)
    came = Q(tip=tip) | Q(mailing__in=[mailing.pk for mailing in mailings])
    if Delivery.objects.filter(came, subscriber=subscriber).exclude(state__in=_CAME_TO_NOTHING).exists():
        return None
    delivery, _ = Delivery.objects.update_or_create(
        tip=tip, subscriber=subscriber, defaults={"state": Delivery.State.SENDING, "sent_at": None}
    )
    Letter.objects.filter(delivery=delivery).update(delivery=None)
    letter.delivery = delivery
    letter.save(update_fields=["delivery"])
    return tip


def settled(letter, mail, at):
    """Bring the ledger in step with a letter whose mail is settled (an ``Outgoing.Mail``) at a moment."""
    # An old address is kept no longer than it takes to write to it once.
    Letter.objects.filter(pk=letter.pk).exclude(address="").update(address="")
    states = {Letter.Mail.SENT: Delivery.State.SENT, Letter.Mail.SKIPPED: Delivery.State.SKIPPED}
    state = states.get(mail, Delivery.State.REFUSED)
    welcome = Delivery.objects.filter(letter=letter.pk, state=Delivery.State.SENDING)
    welcome.update(state=state, sent_at=at if mail == Letter.Mail.SENT else None)


_KINDS = {Letter.Kind.WELCOME: _welcome, Letter.Kind.LEFT: _left, Letter.Kind.MOVED: _moved}

outbox = Outbox(
    Letter.objects.select_related("subscriber"), prepare, address="subscriber__folded", settled=settled
)
