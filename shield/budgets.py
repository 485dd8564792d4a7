"""Budgets shared by all processes: how often something may happen in a stretch of time.

They are rows claimed by conditional UPDATE, so two processes never both get the last one, whichever
database or cache the site runs on.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from shield.models import Budget


@dataclass(frozen=True)
class Allowance:
    """So much of one kind for each value: ``Allowance("sign-up network", 20, timedelta(hours=1))``.

    ``name`` keeps kinds apart, ``amount`` is what one value may spend in one window of length ``per``.
    """

    name: str
    amount: int
    per: timedelta

    def spend(self, value="", cost=1):
        """Take ``cost`` from the allowance of ``value`` (any text) and say whether there was enough of it.

        Where there was not, nothing is taken. Within a transaction that rolls back, it is given back.
        """
        now = timezone.now()
        key = self._key(value)
        rows = Budget.objects.filter(key=key)
        while cost <= self.amount:
            current = rows.filter(ends_at__gt=now)
            if current.filter(used__lte=self.amount - cost).update(used=F("used") + cost):
                return True
            if rows.filter(ends_at__lte=now).update(used=cost, ends_at=now + self.per):
                return True
            if current.exists():
                return False
            # A row whose window is already over: whoever comes first opens the next one.
            Budget.objects.bulk_create([Budget(key=key, ends_at=now)], ignore_conflicts=True)
        return False

    def _key(self, value):
        return salted_hmac("shield.budget", f"{self.name}\n{value}", algorithm="sha256").hexdigest()


def forget_ended():
    """Delete budgets whose window is over; return how many. Safe to run at any time."""
    return Budget.objects.filter(ends_at__lte=timezone.now()).delete()[0]
