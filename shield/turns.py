"""Turns shared by all processes: so much may go on in each stretch of time, and each turn has its moment.

Where a budget says no, this says when: each turn is booked once, so that what waits need not ask again.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from shield.models import Budget


@dataclass(frozen=True)
class Turns:
    """So many of one kind for each value, evenly: ``Turns("mail to a domain", 600, timedelta(minutes=1))``.

    ``name`` keeps kinds apart. Not more than ``amount`` turns come in a stretch of length ``per``.
    """

    name: str
    amount: int
    per: timedelta

    @property
    def length(self):
        """How long one turn lasts, a timedelta."""
        return self.per / self.amount

    def book(self, counts):
        """Book the next turns of values, {any text: how many}; return {that text: when the first one comes}.

        Moments are aware datetimes, not before now; a value's others follow at distances of ``length``. The
        rows stay locked to the end of the transaction, in the order of their keys, so whoever books of
        several kinds in one does so in the same order everywhere.
        """
        now, keys = timezone.now(), {self._key(value): value for value in counts}
        moments = {}
        with transaction.atomic():
            # A row whose moment has come is as good as none, and may be deleted at any time. Made or met, the
            # rows are locked one after another, or two that book at once could each wait for the other.
            Budget.objects.bulk_create(
                [Budget(key=key, ends_at=now) for key in sorted(keys)],
                update_conflicts=True,
                unique_fields=["key"],
                update_fields=["key"],
            )
            rows = list(Budget.objects.filter(key__in=list(keys)))
            for row in rows:
                value = keys[row.key]
                moments[value] = max(row.ends_at, now)
                row.ends_at = moments[value] + self.length * counts[value]
            Budget.objects.bulk_update(rows, ["ends_at"])
        return moments

    def _key(self, value):
        return salted_hmac("shield.turns", f"{self.name}\n{value}", algorithm="sha256").hexdigest()
