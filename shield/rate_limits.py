"""Rate limits shared by all processes: how often something may happen in a length of time.

A limit is rows that are claimed by conditional UPDATE, so two processes never both get the last place,
whichever database or cache the site runs on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from shield.models import RateLimit


@dataclass(frozen=True)
class _Limit:
    """``amount`` in a length of time, ``per``; ``name`` keeps the limits apart."""

    name: str
    amount: int
    per: timedelta

    def _key(self, value: object) -> str:
        return salted_hmac("shield.rate_limits", f"{self.name}\n{value}", algorithm="sha256").hexdigest()


class FixedWindow(_Limit):
    """An allowance for each value: ``FixedWindow("sign-up network", 20, timedelta(hours=1))``.

    One value may spend ``amount`` in one window; its first spending begins a window.
    """

    def spend(self, value: object = "", cost: int = 1) -> bool:
        """Take ``cost`` from what ``value`` (its text counts) may spend; tell whether that much was left.

        Where it was not, nothing is taken. A transaction that rolls back gives it back.
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
            # A row whose window is already over: the first to come opens the next window.
            RateLimit.objects.bulk_create([RateLimit(key=key, ends_at=now)], ignore_conflicts=True)
        return False

    def is_spent(self, value: object = "") -> bool:
        """Tell whether nothing is left for ``value`` just now."""
        return self._current(value).filter(used__gte=self.amount).exists()

    def ends_at(self, value: object = "") -> datetime | None:
        """Return when the present window of ``value`` ends (aware), or None without one."""
        return self._current(value).values_list("ends_at", flat=True).first()

    def _current(self, value: object) -> QuerySet[RateLimit]:
        return RateLimit.objects.filter(key=self._key(value), ends_at__gt=timezone.now())


class SlidingWindow(_Limit):
    """An allowance in any stretch of time, wherever it begins: ``SlidingWindow("outbox", 60, MINUTE)``.

    A FixedWindow lets through twice its amount around the end of a window; a SlidingWindow does not. It has
    a row for each of its ``amount`` places. A place that is taken stays taken for as long as ``per``.
    """

    def spend(self) -> bool:
        """Take one place and tell whether one was free. A transaction that rolls back gives it back."""
        while True:
            now = timezone.now()
            place = self._places().filter(ends_at__lte=now).first()
            if place is not None:
                unchanged = RateLimit.objects.filter(pk=place.pk, ends_at=place.ends_at)
                if unchanged.update(ends_at=now + self.per, used=1):
                    return True
            elif self._places().count() < self.amount:
                new = [RateLimit(key=key, ends_at=now) for key in self._keys()]
                RateLimit.objects.bulk_create(new, ignore_conflicts=True)
            else:
                return False

    def _places(self) -> QuerySet[RateLimit]:
        return RateLimit.objects.filter(key__in=self._keys()).order_by("ends_at")

    def _keys(self) -> list[str]:
        return [self._key(number) for number in range(self.amount)]


class Pacer(_Limit):
    """An even pace for each value: ``Pacer("mail to a domain", 600, timedelta(minutes=1))``.

    Where the two windows say no, a Pacer says when: each moment is booked once, so that nothing that waits
    need ask again. No stretch of length ``per`` has more than ``amount`` moments.
    """

    @property
    def interval(self) -> timedelta:
        """The distance of one moment from the next."""
        return self.per / self.amount

    def book(self, counts: Mapping[str, int]) -> dict[str, datetime]:
        """Book the next moments of values, {value: how many}; return {value: the first of its moments}.

        Moments are aware, and not before now; those after the first follow at distances of ``interval``. The
        rows stay locked to the end of the transaction, in the order of their keys. A transaction that books
        with several Pacers must use them in the same order as every other one.
        """
        now = timezone.now()
        values = {self._key(value): value for value in counts}
        moments = {}
        with transaction.atomic():
            # A row whose moment has come counts as missing, and may be deleted at any time. The rows, new or
            # not, are locked one after another: two bookings at once could each wait for the other otherwise.
            new = [RateLimit(key=key, ends_at=now) for key in sorted(values)]
            RateLimit.objects.bulk_create(
                new, update_conflicts=True, unique_fields=["key"], update_fields=["key"]
            )
            limits = list(RateLimit.objects.filter(key__in=list(values)))
            for limit in limits:
                value = values[limit.key]
                moments[value] = max(limit.ends_at, now)
                limit.ends_at = moments[value] + self.interval * counts[value]
            RateLimit.objects.bulk_update(limits, ["ends_at"])
        return moments


def forget_ended() -> int:
    """Delete the rows of rate limits that are over; return how many. Safe to run at any time."""
    return RateLimit.objects.filter(ends_at__lte=timezone.now()).delete()[0]
