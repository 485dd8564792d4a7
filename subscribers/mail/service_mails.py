"""Service mails to subscribers, which follow from what they did: the welcome, and the notes of a change."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from shield.rate_limits import FixedWindow
from subscribers.mail import compose
from subscribers.mail.message import Message
from subscribers.mail.outbox import Outbox
from subscribers.models import Delivery, Mailing, OutgoingMail, ServiceMail, Subscriber
from subscribers.people import receivers, suppressions
from tips.models import Tip

# Whoever leaves, returns and leaves is told of it once a day.
PER_ADDRESS = FixedWindow("service mail", 1, timedelta(days=1))
# A tip that is older is not called the newest one, even where it is.
CALLED_NEW = timedelta(days=90)
_CAME_TO_NOTHING = [Delivery.State.REFUSED, Delivery.State.SKIPPED]


def prepare(service_mail: ServiceMail) -> Message | None:
    """Return the message of a service mail that is due; None where it would be untrue or unwelcome by now."""
    subscriber = service_mail.subscriber
    if suppressions.is_silenced(service_mail.to):
        return None
    match service_mail.kind:
        case ServiceMail.Kind.WELCOME:
            if subscriber.state == Subscriber.State.CONFIRMED and not _is_welcomed_by_another(service_mail):
                tip = _tip_for(service_mail, subscriber)
                return compose.welcome(service_mail, tip, is_newest=tip is not None and _is_newest(tip))
        case ServiceMail.Kind.LEFT:
            key = f"{service_mail.kind} {service_mail.address_folded}"
            if subscriber.state == Subscriber.State.LEFT and (service_mail.counted or PER_ADDRESS.spend(key)):
                return compose.left(service_mail)
        case ServiceMail.Kind.MOVED:
            # Whoever thought better of it gets the tips where this would say that they come no more.
            if service_mail.address_folded != subscriber.address_folded:
                return compose.moved(service_mail)
    return None


def _is_welcomed_by_another(service_mail: ServiceMail) -> bool:
    """Tell whether somebody who left and came back is welcomed by a mail that was asked for before."""
    earlier = ServiceMail.objects.filter(
        subscriber=service_mail.subscriber, kind=ServiceMail.Kind.WELCOME, pk__lt=service_mail.pk
    )
    to_come = Q(mail_state__in=[OutgoingMail.MailState.WAITING, OutgoingMail.MailState.SENDING])
    return earlier.filter(to_come | Q(mailed_at__gte=service_mail.asked_at)).exists()


def _tip_for(service_mail: ServiceMail, subscriber: Subscriber) -> Tip | None:
    """Return the tip that a welcome names, and note it in the ledger, so that no mailing brings it again.

    It is the newest full dated one; None where there is none, or where the ledger says that it came to them
    already or is on its way, as it may to somebody who left and came back. Where it has a mailing, that row
    is locked: a mailing takes the same lock when it is opened, so either of the two sees what the other did.
    A mailing that is not there yet is not opened for minutes.
    """
    if delivery := service_mail.delivery:
        if delivery.tip and delivery.tip.is_published:
            return delivery.tip
        # Taken back since the welcome was first tried: it does not come with this mail.
        Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.SKIPPED)
        service_mail.delivery = None
        service_mail.save(update_fields=["delivery"])
    newest = Tip.objects.published_dated().full().newest_first()
    if (tip := newest.select_for_update(no_key=True).first()) is None:
        return None
    mailings = Mailing.objects.select_for_update().filter(tip=tip, kind=Mailing.Kind.TIP)
    came = Q(tip=tip) | Q(mailing__in=[mailing.pk for mailing in mailings])
    if Delivery.objects.filter(came, subscriber=subscriber).exclude(state__in=_CAME_TO_NOTHING).exists():
        return None
    if receivers.have_any(subscriber.pk, [mailing.pk for mailing in mailings]):
        return None
    delivery, _ = Delivery.objects.update_or_create(
        tip=tip, subscriber=subscriber, defaults={"state": Delivery.State.SENDING, "sent_at": None}
    )
    ServiceMail.objects.filter(delivery=delivery).update(delivery=None)
    service_mail.delivery = delivery
    service_mail.save(update_fields=["delivery"])
    return tip


def _is_newest(tip: Tip) -> bool:
    """Tell whether a welcome may call a tip the newest one.

    It may not where a newer one has appeared since the welcome was first tried; where the tip is so old that
    nobody would call it new; and where it is not for mail: an import brought it, from another time.
    """
    newest = Tip.objects.published_dated().full().newest_first().first()
    is_young = tip.publish_at is not None and tip.publish_at > timezone.now() - CALLED_NEW
    return tip.for_mail and is_young and tip == newest


def settled(service_mail: ServiceMail, mail_state: OutgoingMail.MailState, at: datetime) -> None:
    """Bring the ledger in step with a service mail that is settled (``mail_state``) at a moment."""
    # An old address is kept no longer than it takes to write to it once.
    ServiceMail.objects.filter(pk=service_mail.pk).exclude(address="").update(address="")
    state, sent_at = Delivery.State.REFUSED, None
    if mail_state == OutgoingMail.MailState.SENT:
        state, sent_at = Delivery.State.SENT, at
    elif mail_state == OutgoingMail.MailState.SKIPPED:
        state = Delivery.State.SKIPPED
    welcome = Delivery.objects.filter(service_mail=service_mail.pk, state=Delivery.State.SENDING)
    welcome.update(state=state, sent_at=sent_at)


_rows = ServiceMail.objects.select_related("subscriber")
outbox = Outbox(_rows, prepare, domain_lookup="subscriber__address_folded__endswith", settled=settled)
