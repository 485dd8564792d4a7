"""What becomes of the mail of a tip that is taken back, in words for whoever took the tip back."""

from subscribers.delivery import scheduling
from subscribers.models import Delivery, DeliveryCount, Mailing
from tips.models import Tip

# Who has it, or may have it.
_REACHED = [Delivery.State.SENT, Delivery.State.UNCERTAIN, DeliveryCount.HELD]
_OFFER = "To tell them, open “Its mail” on the tip’s page"


def consequence(tip: Tip) -> str:
    """Stop the mail of a tip that is on its way; return how many have it, and how to tell them, or "".

    ``tips.publishing.consequences`` calls this with the tip locked. Each connection looks at the tip right
    before each person's turn, so no more than one mail of each still goes out after this is committed.
    """
    scheduling.stop_taken_back(tip.pk)
    mailings = Mailing.objects.filter(tip=tip.pk).defer("text", "html")
    begun = mailings.filter(started_at__isnull=False).order_by("-pk").first()
    if begun is None:
        if not mailings.filter(state=Mailing.State.PREPARED).exists():
            return ""
        then = "does not begin" if scheduling.obstacle(tip) else "begins with it"
        return f"Its mailing, which was prepared, {then}."
    counts = DeliveryCount.objects.of([begun.pk])[begun.pk]
    reached = sum(counts[kind] for kind in _REACHED)
    if begun.state not in Mailing.UNFINISHED:
        return f"{_people(reached)} it by mail. {_OFFER} and send a correction." if reached else ""
    stopped = "Its mail is stopped."
    if not reached:
        return f"{stopped} Nobody has it yet."
    return f"{stopped} {_people(reached)} it already. {_OFFER}, cancel the mailing and send a correction."


def _people(count: int) -> str:
    return "1 person has" if count == 1 else f"{count:,} people have"
