"""The mails of link requests: the confirmation, the link to the preferences, the move to a new address."""

from datetime import datetime, timedelta

from django.utils import timezone

from shield import clocks
from shield.rate_limits import FixedWindow, TokenBucket
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
# Of what subscribers ask for, each region has its own share, which no stranger elsewhere uses up.
SUBSCRIBED_ALREADY = FixedWindow("subscribed already", 1, timedelta(days=7))
SUBSCRIBED_ALREADY_IN_ALL = FixedWindow("subscribed already in all", 3, timedelta(days=7))
LINKS_AT_ONCE = FixedWindow("link address", 1, timedelta(minutes=15))
LINKS = TokenBucket("link address by day", 8, timedelta(days=1), burst=3)
LINKS_IN_ALL = TokenBucket("link address in all", 8, timedelta(days=1), burst=6)
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
        if not subscriptions.can_move(link_request):
            return None
        may_go = link_request.counted or MOVES_TO_AN_ADDRESS.spend(link_request.address_folded)
        return compose.move(link_request) if may_go else None
    reasons = suppressions.reasons(link_request.address)
    # A used one was asked for before its owner confirmed or left.
    if link_request.state != LinkRequest.State.OPEN or reasons & suppressions.LASTING:
        return None
    subscriber = Subscriber.objects.confirmed().filter(address_folded=link_request.address_folded).first()
    if subscriber and Suppression.Reason.UNSUBSCRIBED not in reasons:
        may_go = link_request.counted or (
            SUBSCRIBED_ALREADY.spend(_share(link_request))
            and SUBSCRIBED_ALREADY_IN_ALL.spend(link_request.address_folded)
        )
        return _to(subscriber, compose.subscribed_already(link_request, subscriber)) if may_go else None
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
    if not link_request.counted:
        address, share = link_request.address_folded, _share(link_request)
        # The link of that mail works for an hour.
        if not LINKS_AT_ONCE.spend(share):
            return None
        # Late and not lost: what others have asked for locks nobody out.
        for limit, value in ((LINKS, share), (LINKS_IN_ALL, address)):
            if not limit.spend(value):
                raise NotNow(limit.free_at(value))
    return _to(subscriber, compose.preferences(link_request))


def _share(link_request: LinkRequest) -> str:
    """Return what an address's mails are counted by that follow from forms of one region."""
    return f"{link_request.address_folded}\n{link_request.region}"


def _to(subscriber: Subscriber, mail: Message) -> Message:
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


def prove_mailbox(link_request: LinkRequest) -> None:
    """Give back what the address of a link request may ask for: whoever has its link reads its mail."""
    address, share = link_request.address_folded, _share(link_request)
    LINKS_AT_ONCE.forget(share)
    LINKS.forget(share)
    LINKS_IN_ALL.forget(address)


def settled(link_request: LinkRequest, mail_state: LinkRequest.MailState, at: datetime) -> None:
    """Let the first link to the preferences that goes out to an address stand for all that wait."""
    if link_request.kind == LinkRequest.Kind.LINK and mail_state == LinkRequest.MailState.SENT:
        others = LinkRequest.objects.filter(
            address_folded=link_request.address_folded,
            kind=LinkRequest.Kind.LINK,
            mail_state=LinkRequest.MailState.WAITING,
        )
        others.update(mail_state=LinkRequest.MailState.SKIPPED)


outbox = Outbox(
    LinkRequest.objects.all(), prepare, order=("turn", "pk"), expires_after=LONGEST_WAIT, settled=settled
)
