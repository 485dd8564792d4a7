"""Paces shared by all processes: how much may go on in each stretch of time, and when the next turn comes.

Where a budget says no, a pace says when: each turn is booked once, so that what waits need not ask again.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from shield.models import Budget


@dataclass(frozen=True)
class Pace:
    """So much of one kind for each value, evenly: ``Pace("mail to a domain", 600, timedelta(minutes=1))``.

    ``name`` keeps kinds apart. Not more than ``amount`` turns come in a stretch of length ``per``.
    """

    name: str
    amount: int
    per: timedelta

    @property
    def turn(self):
        """How long one turn lasts, a timedelta."""
        return self.per / self.amount

    def book(self, value="", cost=1):
        """Book the next turns of ``value`` (any text), ``cost`` of them; return when the first one comes.

        That is an aware datetime, not before now; the others follow at distances of ``turn``. The value's row
        is locked to the end of the transaction: who books for several values does so in their sorted order.
        """
        now, key = timezone.now(), self._key(value)
        with transaction.atomic():
            # A row whose moment has come is as good as none, and deleted some time: see forget_ended.
            while (row := Budget.objects.select_for_update().filter(key=key).first()) is None:
                Budget.objects.bulk_create([Budget(key=key, ends_at=now)], ignore_conflicts=True)
            first = max(row.ends_at, now)
            Budget.objects.filter(pk=row.pk).update(ends_at=first + self.turn * cost)
        return first

    def _key(self, value):
        return salted_hmac("shield.pace", f"{self.name}\n{value}", algorithm="sha256").hexdigest()
