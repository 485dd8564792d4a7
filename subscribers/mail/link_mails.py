"""The mails of link requests: the confirmation, the link to the preferences, the move to a new address."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from shield import clocks
from shield.rate_limits import FixedWindow
from subscribers import addresses
from subscribers.mail import compose
from subscribers.mail.message import Message
from subscribers.mail.outbox import NotNow, Outbox
from subscribers.models import LinkRequest, Subscriber, Suppression
from subscribers.people import subscriptions, suppressions

# What a stranger who knows an address can make us write to its owner.
PER_ADDRESS = FixedWindow("confirmation address", 1, timedelta(days=1))
ONCE_MORE = FixedWindow("confirmation address again", 1, timedelta(days=1))
# Of all addresses with dots or a "+word" that may be one person's, who gets the mail of them all.
PER_MAILBOX = FixedWindow("confirmation mailbox", 6, timedelta(days=1))
SUBSCRIBED_ALREADY = FixedWindow("subscribed already", 1, timedelta(days=7))
LINKS_AT_ONCE = FixedWindow("link address", 1, timedelta(minutes=15))
LINKS_A_DAY = FixedWindow("link address by day", 3, timedelta(days=1))
MOVES_TO_AN_ADDRESS = FixedWindow("move address", 1, timedelta(days=1))
# Mail may take its time; who asks for it again sooner than this gets it then.
BEFORE_ONCE_MORE = timedelta(minutes=15)
# What exceeds the overall limit waits this long: a real person is late, not lost.
LONGEST_WAIT = timedelta(hours=6)


def prepare(link_request: LinkRequest) -> Message | None:
    """Return the mail that a link request is due, or None. Raises NotNow."""
    if link_request.kind == LinkRequest.Kind.LINK:
        return _preferences(link_request)
    if link_request.kind == LinkRequest.Kind.MOVE:
        may_move = subscriptions.can_move(link_request) and _may_go(link_request, MOVES_TO_AN_ADDRESS)
        return compose.move(link_request) if may_move else None
    reasons = suppressions.reasons(link_request.address)
    # A used one was asked for before its owner confirmed or left.
    if link_request.state != LinkRequest.State.OPEN or reasons & suppressions.LASTING:
        return None
    subscriber = Subscriber.objects.confirmed().filter(address_folded=link_request.address_folded).first()
    if subscriber and Suppression.Reason.UNSUBSCRIBED not in reasons:
        return _to(subscriber, link_request, compose.subscribed_already, SUBSCRIBED_ALREADY)
    if not link_request.counted:
        folded, mailbox = link_request.address_folded, addresses.mailbox(link_request.address_folded)
        may_go = PER_ADDRESS.spend(folded) or _may_go_once_more(link_request)
        # The plain one of a mailbox's addresses has its own limit, which no variant of it uses up.
        if not may_go or (folded != mailbox and not PER_MAILBOX.spend(mailbox)):
            return None
    return compose.confirmation(link_request)


def _preferences(link_request: LinkRequest) -> Message | None:
    """Return the mail with the link to the preferences, or None where nobody is to get one.

    Whoever left gets it too: they have a right to see and erase what is kept of them.
    """
    subscriber = Subscriber.objects.filter(address_folded=link_request.address_folded).first()
    if subscriber is None or suppressions.is_silenced(subscriber.address):
        return None
    return _to(subscriber, link_request, compose.preferences, LINKS_AT_ONCE, LINKS_A_DAY)


def _may_go(link_request: LinkRequest, *limits: FixedWindow) -> bool:
    return link_request.counted or all(limit.spend(link_request.address_folded) for limit in limits)


def _to(
    subscriber: Subscriber,
    link_request: LinkRequest,
    write: Callable[[LinkRequest], Message],
    *limits: FixedWindow,
) -> Message | None:
    if not _may_go(link_request, *limits):
        return None
    mail = write(link_request)
    # Not as a stranger spelled it: there are mail servers to which Anna@ and anna@ are two people.
    mail.to = [subscriber.address]
    return mail


def _may_go_once_more(link_request: LinkRequest) -> bool:
    """Tell whether a request gets the second mail of a day. Raises NotNow where it is too early for that."""
    if link_request.kind != LinkRequest.Kind.AGAIN or ONCE_MORE.is_spent(link_request.address_folded):
        return False
    now = timezone.now()
    earlier = LinkRequest.objects.filter(
        address_folded=link_request.address_folded,
        kind__in=[LinkRequest.Kind.JOIN, LinkRequest.Kind.AGAIN],
        counted=True,
    ).exclude(pk=link_request.pk)
    if earlier.filter(mail_state__in=[LinkRequest.MailState.WAITING, LinkRequest.MailState.SENDING]).exists():
        raise NotNow(now + BEFORE_ONCE_MORE)
    last = earlier.exclude(mailed_at=None).order_by("-mailed_at").values_list("mailed_at", flat=True).first()
    if last and now < last + BEFORE_ONCE_MORE and last <= clocks.latest_credible(now):
        raise NotNow(last + BEFORE_ONCE_MORE)
    return ONCE_MORE.spend(link_request.address_folded)


outbox = Outbox(LinkRequest.objects.all(), prepare, expires_after=LONGEST_WAIT)
