"""How many have a mailing, and how many would go without if it ended now: in numbers, and in words."""

from dataclasses import dataclass
from datetime import date
from functools import partial

from django.db.models import QuerySet
from django.utils import timezone

from desk import once
from subscribers.models import Delivery, DeliveryCount, Mailing, Subscriber, SubscriberCount

# Of a list that is longer, nobody counts who may get a mail.
LONG_LIST = 5000
# What ``once`` knows by this and a day.
REACHABLE = "reachable on"
# Who has it, or may have it.
_REACHED = (Delivery.State.SENT, Delivery.State.UNCERTAIN, DeliveryCount.HELD)
# Who will not get it, whatever is done.
_SETTLED = (Delivery.State.REFUSED, Delivery.State.SKIPPED)


@dataclass(frozen=True)
class Reach:
    """How many ``have`` a mailing, or may have it, and how many are still to get it (``waiting``)."""

    have: int
    waiting: int
    # Whether ``waiting`` is what ``reachable`` reckons, and not what the ledger knows.
    is_reckoned: bool = False

    @classmethod
    def of(cls, mailing: Mailing) -> "Reach":
        """Return the Reach of a mailing, in two queries at most."""
        if not mailing.started_at:
            return cls(0, reachable() if mailing.kind == Mailing.Kind.TIP else 0, is_reckoned=True)
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
    def whoever_waits(self) -> str:
        """Such as “786 people”, or of a long list about how many."""
        return expected(self.waiting) if self.is_reckoned else people(self.waiting)

    @property
    def who_go_without(self) -> str:
        """Such as “786 people go without”."""
        return f"{self.whoever_waits} {'goes' if self.waiting == 1 else 'go'} without"

    @property
    def both(self) -> str:
        """Such as “1,402 people have it, and 786 go without”."""
        return self._both("goes without", "go without")

    @property
    def both_under_way(self) -> str:
        """Such as “1,402 people have it, and 786 wait for it”."""
        return self._both("waits for it", "wait for it")

    def _both(self, one: str, many: str) -> str:
        if not self.waiting:
            return self.who_have
        number = f"1 {one}" if self.waiting == 1 else f"{self.waiting:,} {many}"
        return f"{self.who_have}, and {number}"


def people(count: int) -> str:
    """Return a number of people in words, such as “2,188 people”."""
    return "1 person" if count == 1 else f"{count:,} people"


def reachable(on: date | None = None) -> int:
    """Return how many a mailing would go to that begins on a day, today unless given.

    Of a long list, nobody counts to whom mail may go: all who confirmed are taken.
    """
    day = on or timezone.localdate()
    return once.asked((REACHABLE, day), partial(_count_reachable, day))


def _count_reachable(on: date) -> int:
    count = first_reachable(on).count()
    return reckoned(count, SubscriberCount.objects.confirmed() if count > LONG_LIST else 0)


def first_reachable(on: date) -> QuerySet[Subscriber]:
    """Return those to whom mail may go on a day, by their keys; of a long list, LONG_LIST and one more."""
    return Subscriber.objects.reachable(on).order_by().only("pk")[: LONG_LIST + 1]


def reckoned(count: int, confirmed: int) -> int:
    """Return how many are reachable: the ``count`` of ``first_reachable``; of a long list, who confirmed."""
    return count if count <= LONG_LIST else max(count, confirmed)


def expected(count: int) -> str:
    """Return in words what ``reachable`` returned: of a long list, about how many."""
    return "1 person" if count == 1 else f"{about(count)} people"


def about(count: int) -> str:
    """Return in figures what ``reachable`` returned, such as “786” or “about 12,300”."""
    return f"about {count // 100 * 100:,}" if count > LONG_LIST else f"{count:,}"
