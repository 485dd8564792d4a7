"""What becomes of the mail of a tip that is taken back, in words for whoever took the tip back."""

from subscribers.delivery import scheduling
from subscribers.mailings.reach import Reach
from subscribers.models import Mailing
from tips.models import Tip

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
    reach = Reach.of(begun)
    if begun.state not in Mailing.UNFINISHED:
        return f"{reach.who_have} by mail. {_OFFER} and send a correction." if reach.have else ""
    then = f" {_OFFER}, cancel the mailing and send a correction." if reach.have else ""
    return f"Its mail is stopped. {reach.both}.{then}"
