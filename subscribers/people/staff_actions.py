"""What staff do with people's rows. Each action leaves an entry in the admin's log, which names nobody.

``by`` is the member of staff, and ``reason`` their words, which are kept and so must hold no personal data;
see ``private_in``.
"""

import re

from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.contrib.auth.models import User
from django.db import transaction

from desk.errors import WrongState
from desk.log import log
from subscribers import addresses
from subscribers.models import Erasure, Subscriber, SubscriberAction, Suppression
from subscribers.people import erasure, personal_data, subscriptions, suppressions
from tips.text import folding

# What only the person's own fresh confirmation lifts.
NOT_OURS_TO_LIFT = "Whoever left comes back by signing up and confirming anew; nobody can do that for them."


def take_off(subscriber: Subscriber, reason: str, *, by: User) -> None:
    """Take a subscriber off the list. They are told by mail, and can undo it."""
    with transaction.atomic():
        if not subscriptions.leave(subscriber, f"taken off by staff: {reason}"):
            raise WrongState("They had left already. Nothing was changed.")
        log(by, subscriber, SubscriberAction.TAKEN_OFF, f"Taken off the list: {reason}")


def block(address: str, reason: str, *, by: User) -> None:
    """Let nothing be sent to an address (a normal one), whether it is a subscriber's or not."""
    address_hash = addresses.keyed_hash(address)
    with transaction.atomic():
        if not suppressions.suppress(address_hash, Suppression.Reason.BLOCKED, f"blocked by staff: {reason}"):
            raise WrongState("It was blocked already. Nothing was changed.")
        suppression = Suppression.objects.get(address_hash=address_hash, reason=Suppression.Reason.BLOCKED)
        subject = Subscriber.objects.filter(address_hash=address_hash).first() or suppression
        log(by, subject, SubscriberAction.BLOCKED, f"Blocked: {reason}")


def lift(address: str, lifted: str, reason: str, *, by: User) -> None:
    """Let ``lifted``, a ``Suppression.Reason``, hold no longer for an address (a normal one)."""
    lifted = Suppression.Reason(lifted)
    if lifted == Suppression.Reason.UNSUBSCRIBED:
        raise WrongState(NOT_OURS_TO_LIFT)
    address_hash = addresses.keyed_hash(address)
    with transaction.atomic():
        suppression = Suppression.objects.filter(address_hash=address_hash, reason=lifted).first()
        if suppression is None or not suppressions.lift(address_hash, lifted):
            raise WrongState(f"“{lifted.label}” did not hold any more. Nothing was changed.")
        subscriber = Subscriber.objects.filter(address_hash=address_hash).first()
        sentence = f"“{lifted.label}” holds no longer: {reason}"
        flag = CHANGE if subscriber else DELETION
        log(by, subscriber or suppression, SubscriberAction.LIFTED, sentence, flag)


def my_data(subscriber: Subscriber, reason: str, *, by: User) -> str:
    """Return all that is held about a subscriber, as the text of a JSON file; this look is part of it."""
    log(by, subscriber, SubscriberAction.DOWNLOADED, f"Downloaded what is held: {reason}")
    return personal_data.as_json(subscriber)


def erase(subscriber: Subscriber, reason: str, *, by: User) -> Erasure:
    """Erase a subscriber for good, and return the receipt."""
    with transaction.atomic():
        receipt = erasure.erase(subscriber)
        log(by, receipt, SubscriberAction.ERASED, f"Erased by staff: {reason}", ADDITION)
    return receipt


def private_in(text: str, subscriber: Subscriber | None = None) -> bool:
    """Tell whether a text seems to hold an address, or a subscriber's name or the part before their @."""
    text = _comparable(text)
    private = [subscriber.first_name, subscriber.address_folded.rpartition("@")[0]] if subscriber else []
    words = [_comparable(word) for word in private if word]
    return "@" in text or any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in words)


def _comparable(text: str) -> str:
    return folding.key(text)
