"""The mails that follow from what somebody typed into a form: which request gets one, and which mail."""

from datetime import timedelta

from shield.budgets import Allowance
from subscribers import emails, suppressions
from subscribers.models import SignupRequest, Subscriber
from subscribers.outbox import Outbox

PER_ADDRESS = Allowance("confirmation address", 1, timedelta(days=1))
# What exceeds the overall budget waits this long: a real person is late, not lost.
LONGEST_WAIT = timedelta(hours=6)


def prepare(signup):
    """Return the mail that a sign-up request is due, or None."""
    if not _is_wanted(signup):
        return None
    if not signup.counted and not PER_ADDRESS.spend(signup.folded):
        return None
    return emails.confirmation(signup)


def _is_wanted(signup):
    return (
        signup.state == SignupRequest.State.OPEN
        and not suppressions.is_silenced(signup.address)
        and not Subscriber.objects.confirmed().filter(folded=signup.folded).exists()
    )


outbox = Outbox(SignupRequest.objects, prepare, expires_after=LONGEST_WAIT)
