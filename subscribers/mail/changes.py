"""The mails that a wish to see or change a subscription brings: the link to the preferences, and the one
that asks at a new address."""

from datetime import timedelta

from shield.rate_limits import FixedWindow
from subscribers.mail import emails
from subscribers.models import Subscriber
from subscribers.people import subscriptions, suppressions

# What a stranger who knows an address can make us write to its owner.
LINKS_AT_ONCE = FixedWindow("link address", 1, timedelta(minutes=15))
LINKS_A_DAY = FixedWindow("link address by day", 3, timedelta(days=1))
MOVES_TO_AN_ADDRESS = FixedWindow("move address", 1, timedelta(days=1))


def link(signup):
    """Return the mail with the link to the preferences, or None where nobody is to get one.

    Whoever left gets it too: they have a right to see and erase what is kept of them.
    """
    subscriber = Subscriber.objects.filter(folded=signup.folded).first()
    if subscriber is None or suppressions.is_silenced(subscriber.address):
        return None
    if not signup.counted:
        allowed = LINKS_AT_ONCE.spend(signup.folded) and LINKS_A_DAY.spend(signup.folded)
        if not allowed:
            return None
    mail = emails.preferences(signup)
    # Not as a stranger spelled it: there are mail servers to which Anna@ and anna@ are two people.
    mail.to = [subscriber.address]
    return mail


def move(signup):
    """Return the mail that asks at a new address, or None where that address cannot be one."""
    if not subscriptions.can_move(signup):
        return None
    if not signup.counted and not MOVES_TO_AN_ADDRESS.spend(signup.folded):
        return None
    return emails.move(signup)
