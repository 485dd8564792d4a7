"""How many have a mailing, and how many would go without if it ended now: in numbers, and in words."""

from dataclasses import dataclass

from django.utils import timezone

from subscribers.models import Delivery, DeliveryCount, Mailing, Subscriber

# Who has it, or may have it.
_REACHED = (Delivery.State.SENT, Delivery.State.UNCERTAIN, DeliveryCount.HELD)
# Who will not get it, whatever is done.
_SETTLED = (Delivery.State.REFUSED, Delivery.State.SKIPPED)


@dataclass(frozen=True)
class Reach:
    """How many ``have`` a mailing, or may have it, and how many are still to get it (``waiting``)."""

    have: int
    waiting: int

    @classmethod
    def of(cls, mailing: Mailing) -> "Reach":
        """Return the Reach of a mailing, in two queries at most."""
        if not mailing.started_at:
            return cls(0, reachable() if mailing.kind == Mailing.Kind.TIP else 0)
        counts = DeliveryCount.objects.of([mailing.pk])[mailing.pk]
        have = sum(counts[kind] for kind in _REACHED)
        audience = mailing.audience
        if mailing.state == Mailing.State.BUILDING:
            # The list is not complete yet.
            audience = max(audience, reachable())
        return cls(have, max(audience - have - sum(counts[kind] for kind in _SETTLED), 0))

    @property
    def who_have(self) -> str:
        """Such as “1,402 people have it”."""
        if not self.have:
            return "Nobody has it"
        return f"{people(self.have)} {'has' if self.have == 1 else 'have'} it"

    @property
    def who_go_without(self) -> str:
        """Such as “786 people go without”."""
        return f"{people(self.waiting)} {'goes' if self.waiting == 1 else 'go'} without"

    @property
    def both(self) -> str:
        """Such as “1,402 people have it, and 786 go without”."""
        if not self.waiting:
            return self.who_have
        number = "1 goes" if self.waiting == 1 else f"{self.waiting:,} go"
        return f"{self.who_have}, and {number} without"


def people(count: int) -> str:
    """Return a number of people in words, such as “2,188 people”."""
    return "1 person" if count == 1 else f"{count:,} people"


def reachable() -> int:
    """Return how many a mailing would go to that begins today."""
    return Subscriber.objects.reachable(timezone.localdate()).count()
