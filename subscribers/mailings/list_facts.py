"""What the list of tips says of their mailings."""

from collections.abc import Sequence

from django.db.models import OuterRef, Subquery, Sum

from subscribers.models import Delivery, DeliveryCount, Mailing
from tips.models import Tip

_WORDS = {
    Mailing.State.PREPARED: "About to be mailed",
    Mailing.State.BUILDING: "Being mailed",
    Mailing.State.SENDING: "Being mailed",
    Mailing.State.PAUSED: "Mail paused",
    Mailing.State.CANCELLED: "Mail cancelled",
    Mailing.State.HELD: "Mail held",
}


def facts(tips: Sequence[Tip]) -> dict[int, str]:
    """Return {id of a tip: how its mailing stands, in a few words}, in one statement."""
    sent = DeliveryCount.objects.filter(mailing=OuterRef("pk"), kind=Delivery.State.SENT).order_by()
    total = Subquery(sent.values("mailing").annotate(total=Sum("number")).values("total"))
    mailings = Mailing.objects.filter(kind=Mailing.Kind.TIP, tip__in=[tip.pk for tip in tips]).order_by()
    return {
        tip: f"{number or 0:,} got it" if state == Mailing.State.SENT else _WORDS[Mailing.State(state)]
        for tip, state, number in mailings.annotate(sent=total).values_list("tip", "state", "sent")
    }
