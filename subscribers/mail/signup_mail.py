"""The mails that follow from what somebody typed into a form: which request gets one, and which mail."""

from datetime import timedelta

from django.utils import timezone

from shield.rate_limits import FixedWindow
from subscribers import addresses
from subscribers.mail import changes, emails
from subscribers.mail.outbox import NotNow, Outbox
from subscribers.models import SignupRequest, Subscriber, Suppression
from subscribers.people import suppressions

Wish, Mail = SignupRequest.Wish, SignupRequest.Mail

# What a stranger who knows an address can make us write to its owner.
PER_ADDRESS = FixedWindow("confirmation address", 1, timedelta(days=1))
ONCE_MORE = FixedWindow("confirmation address again", 1, timedelta(days=1))
# Of all addresses with dots or a "+word" that may be one person's, who gets the mail of them all.
PER_MAILBOX = FixedWindow("confirmation mailbox", 6, timedelta(days=1))
SUBSCRIBED_ALREADY = FixedWindow("subscribed already", 1, timedelta(days=7))
# Mail may take its time; who asks for it again sooner than this gets it then.
BEFORE_ONCE_MORE = timedelta(minutes=15)
# What exceeds the overall budget waits this long: a real person is late, not lost.
LONGEST_WAIT = timedelta(hours=6)


def prepare(signup):
    """Return the mail that a sign-up request is due, or None. Raises NotNow."""
    if signup.wish == Wish.LINK:
        return changes.link(signup)
    if signup.wish == Wish.MOVE:
        return changes.move(signup)
    reasons = suppressions.reasons(signup.address)
    # A used one was asked for before its owner confirmed or left.
    if signup.state != SignupRequest.State.OPEN or reasons & suppressions.LASTING:
        return None
    subscriber = Subscriber.objects.confirmed().filter(folded=signup.folded).first()
    if subscriber and Suppression.Reason.UNSUBSCRIBED not in reasons:
        return _subscribed_already(signup, subscriber)
    if not signup.counted:
        may_go = PER_ADDRESS.spend(signup.folded)
        if not may_go and signup.wish == Wish.AGAIN:
            may_go = _may_go_once_more(signup)
        if not (may_go and _may_go_to_mailbox(signup.folded)):
            return None
    return emails.confirmation(signup)


def _may_go_to_mailbox(folded):
    mailbox = addresses.mailbox(folded)
    # The plain one has its own budget, which no variant of it uses up.
    return folded == mailbox or PER_MAILBOX.spend(mailbox)


def _subscribed_already(signup, subscriber):
    if not signup.counted and not SUBSCRIBED_ALREADY.spend(signup.folded):
        return None
    mail = emails.subscribed_already(signup)
    # Not as a stranger spelled it: there are mail servers to which Anna@ and anna@ are two people.
    mail.to = [subscriber.address]
    return mail


def _may_go_once_more(signup):
    """Tell whether a request gets the second mail of a day. Raises NotNow where it is too early for that."""
    if ONCE_MORE.is_spent(signup.folded):
        return False
    now = timezone.now()
    earlier = SignupRequest.objects.filter(
        folded=signup.folded, wish__in=[Wish.JOIN, Wish.AGAIN], counted=True
    ).exclude(pk=signup.pk)
    if earlier.filter(mail__in=[Mail.WAITING, Mail.SENDING]).exists():
        raise NotNow(now + BEFORE_ONCE_MORE)
    last = earlier.exclude(mailed_at=None).order_by("-mailed_at").first()
    if last and now < last.mailed_at + BEFORE_ONCE_MORE:
        raise NotNow(last.mailed_at + BEFORE_ONCE_MORE)
    return ONCE_MORE.spend(signup.folded)


outbox = Outbox(SignupRequest.objects, prepare, expires_after=LONGEST_WAIT)
