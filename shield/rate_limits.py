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

    def is_spent(self, value=""):
        """Tell whether nothing is left of the allowance of ``value`` just now."""
        current = Budget.objects.filter(key=self._key(value), ends_at__gt=timezone.now())
        return current.filter(used__gte=self.amount).exists()

    def ends_at(self, value=""):
        """Return when the present window of ``value`` ends (an aware datetime), or None without one."""
        current = Budget.objects.filter(key=self._key(value), ends_at__gt=timezone.now())
        return current.values_list("ends_at", flat=True).first()

    def _key(self, value):
        return _key(self.name, value)


@dataclass(frozen=True)
class Pace:
    """So much in any stretch of time, wherever one begins it: ``Pace("outbox", 60, timedelta(minutes=1))``.

    An Allowance lets through twice its amount around the end of a window; this does not. It has a row for
    each of its ``amount`` places, and whoever takes one keeps it for as long as ``per``.
    """

    name: str
    amount: int
    per: timedelta

    def spend(self):
        """Take one place and say whether one was free. A transaction that rolls back gives it back."""
        while True:
            now = timezone.now()
            place = self._places().filter(ends_at__lte=now).order_by("ends_at").first()
            if place is not None:
                mine = Budget.objects.filter(pk=place.pk, ends_at=place.ends_at)
                if mine.update(ends_at=now + self.per, used=1):
                    return True
            elif self._places().count() < self.amount:
                new = [Budget(key=key, ends_at=now) for key in self._keys()]
                Budget.objects.bulk_create(new, ignore_conflicts=True)
            else:
                return False

    def free_in(self):
        """Return how long it is until a place is free (a timedelta, not negative)."""
        first = self._places().order_by("ends_at").first()
        return max(first.ends_at - timezone.now(), timedelta()) if first else timedelta()

    def _places(self):
        return Budget.objects.filter(key__in=self._keys())

    def _keys(self):
        return [_key(self.name, number) for number in range(self.amount)]


def _key(name, value):
    return salted_hmac("shield.budget", f"{name}\n{value}", algorithm="sha256").hexdigest()


def forget_ended():
    """Delete the rows of budgets and turns that are over; return how many. Safe to run at any time."""
    return Budget.objects.filter(ends_at__lte=timezone.now()).delete()[0]
