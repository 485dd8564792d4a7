"""Rate limits shared by all processes: how often something may happen in a stretch of time.

They are rows claimed by conditional UPDATE, so two processes never both get the last one, whichever
database or cache the site runs on.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from shield.models import RateLimit


@dataclass(frozen=True)
class FixedWindow:
    """So much of one kind for each value: ``FixedWindow("sign-up network", 20, timedelta(hours=1))``.

    ``name`` keeps kinds apart, ``amount`` is what one value may spend in one window of length ``per``.
    """

    name: str
    amount: int
    per: timedelta

    def spend(self, value="", cost=1):
        """Take ``cost`` from what ``value`` may spend (any text) and say whether there was enough of it.

        Where there was not, nothing is taken. Within a transaction that rolls back, it is given back.
        """
        now = timezone.now()
        key = self._key(value)
        rows = RateLimit.objects.filter(key=key)
        while cost <= self.amount:
            current = rows.filter(ends_at__gt=now)
            if current.filter(used__lte=self.amount - cost).update(used=F("used") + cost):
                return True
            if rows.filter(ends_at__lte=now).update(used=cost, ends_at=now + self.per):
                return True
            if current.exists():
                return False
            # A row whose window is already over: whoever comes first opens the next one.
            RateLimit.objects.bulk_create([RateLimit(key=key, ends_at=now)], ignore_conflicts=True)
        return False

    def is_spent(self, value=""):
        """Tell whether nothing is left for ``value`` just now."""
        current = RateLimit.objects.filter(key=self._key(value), ends_at__gt=timezone.now())
        return current.filter(used__gte=self.amount).exists()

    def ends_at(self, value=""):
        """Return when the present window of ``value`` ends (an aware datetime), or None without one."""
        current = RateLimit.objects.filter(key=self._key(value), ends_at__gt=timezone.now())
        return current.values_list("ends_at", flat=True).first()

    def _key(self, value):
        return _key(self.name, value)


@dataclass(frozen=True)
class SlidingWindow:
    """So much in any stretch of time, wherever one begins it: ``SlidingWindow("outbox", 60, MINUTE)``.

    A FixedWindow lets through twice its amount around the end of a window; this does not. It has a row for
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
                mine = RateLimit.objects.filter(pk=place.pk, ends_at=place.ends_at)
                if mine.update(ends_at=now + self.per, used=1):
                    return True
            elif self._places().count() < self.amount:
                new = [RateLimit(key=key, ends_at=now) for key in self._keys()]
                RateLimit.objects.bulk_create(new, ignore_conflicts=True)
            else:
                return False

    def free_in(self):
        """Return how long it is until a place is free (a timedelta, not negative)."""
        first = self._places().order_by("ends_at").first()
        return max(first.ends_at - timezone.now(), timedelta()) if first else timedelta()

    def _places(self):
        return RateLimit.objects.filter(key__in=self._keys())

    def _keys(self):
        return [_key(self.name, number) for number in range(self.amount)]


@dataclass(frozen=True)
class Pacer:
    """So many of one kind for each value, evenly: ``Pacer("mail to a domain", 600, timedelta(minutes=1))``.

    Where the two windows say no, a Pacer says when: each turn is booked once, so that what waits need not ask
    again. ``name`` keeps kinds apart. Not more than ``amount`` turns come in a stretch of length ``per``.
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
            RateLimit.objects.bulk_create(
                [RateLimit(key=key, ends_at=now) for key in sorted(keys)],
                update_conflicts=True,
                unique_fields=["key"],
                update_fields=["key"],
            )
            rows = list(RateLimit.objects.filter(key__in=list(keys)))
            for row in rows:
                value = keys[row.key]
                moments[value] = max(row.ends_at, now)
                row.ends_at = moments[value] + self.length * counts[value]
            RateLimit.objects.bulk_update(rows, ["ends_at"])
        return moments

    def _key(self, value):
        return _key(self.name, value)


def _key(name, value):
    return salted_hmac("shield.rate_limits", f"{name}\n{value}", algorithm="sha256").hexdigest()


def forget_ended():
    """Delete the rows of rate limits that are over; return how many. Safe to run at any time."""
    return RateLimit.objects.filter(ends_at__lte=timezone.now()).delete()[0]
