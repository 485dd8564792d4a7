"""What staff do with people's rows. Each leaves a line in the desk's log, which names nobody.

``by`` is the member of staff, and ``reason`` their words, which are kept and so must hold no personal data;
see ``private_in``.
"""

import re
import unicodedata

from django.contrib.admin.models import ADDITION, DELETION
from django.db import transaction

from desk.errors import WrongState
from desk.log import log
from subscribers import addresses
from subscribers.models import Subscriber, SubscriberAction, Suppression
from subscribers.people import erasure, personal_data, subscriptions, suppressions

# What only the person's own fresh confirmation lifts.
NOT_OURS_TO_LIFT = "Whoever left comes back by signing up and confirming anew; nobody can do that for them."


def take_off(subscriber, reason, *, by):
    """Take a subscriber off the list. They are told by mail, and can undo it."""
    with transaction.atomic():
        if not subscriptions.leave(subscriber, f"taken off by staff: {reason}"):
            raise WrongState("They had left already. Nothing was changed.")
        log(by, subscriber, SubscriberAction.TAKEN_OFF, f"Taken off the list: {reason}")


def block(address, reason, *, by):
    """Let nothing be sent to an address (a normal one), whether it is a subscriber's or not."""
    address_hash = addresses.keyed_hash(address)
    with transaction.atomic():
        evidence = f"blocked by staff: {reason}"
        if not suppressions.suppress_all([(address_hash, Suppression.Reason.BLOCKED, evidence)]):
            raise WrongState("It was blocked already. Nothing was changed.")
        row = Suppression.objects.get(address_hash=address_hash, reason=Suppression.Reason.BLOCKED)
        subject = Subscriber.objects.filter(address_hash=address_hash).first() or row
        log(by, subject, SubscriberAction.BLOCKED, f"Blocked: {reason}")


def lift(address, what, reason, *, by):
    """Let a ``Suppression.Reason`` hold no longer for an address (a normal one)."""
    if what == Suppression.Reason.UNSUBSCRIBED:
        raise WrongState(NOT_OURS_TO_LIFT)
    address_hash, word = addresses.keyed_hash(address), Suppression.Reason(what).label
    with transaction.atomic():
        row = Suppression.objects.filter(address_hash=address_hash, reason=what).first()
        if row is None or not suppressions.lift(address_hash, what):
            raise WrongState(f"“{word}” did not hold any more. Nothing was changed.")
        sentence = f"“{word}” holds no longer: {reason}"
        if subscriber := Subscriber.objects.filter(address_hash=address_hash).first():
            log(by, subscriber, SubscriberAction.LIFTED, sentence)
        else:
            log(by, row, SubscriberAction.LIFTED, sentence, DELETION)


def my_data(subscriber, reason, *, by):
    """Return all that is held about a subscriber, as the text of a JSON file; this look is part of it."""
    log(by, subscriber, SubscriberAction.DOWNLOADED, f"Downloaded what is held: {reason}")
    return personal_data.as_json(subscriber)


def erase(subscriber, reason, *, by):
    """Erase a subscriber for good, and return the receipt (an Erasure)."""
    with transaction.atomic():
        receipt = erasure.erase(subscriber)
        log(by, receipt, SubscriberAction.ERASED, f"Erased by staff: {reason}", ADDITION)
    return receipt


def private_in(text, subscriber=None):
    """Tell whether a text seems to hold an address, or a subscriber's name or the part before their @."""
    text = unicodedata.normalize("NFKC", text).casefold()
    private = [subscriber.first_name, subscriber.address_folded.rpartition("@")[0]] if subscriber else []
    words = [unicodedata.normalize("NFKC", each).casefold() for each in private if each]
    return "@" in text or any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in words)
