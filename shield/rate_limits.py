"""Rate limits shared by all processes: how often something may happen in a length of time.

A limit is rows that are claimed by conditional UPDATE, so two processes never both get the last place,
whichever database or cache the site runs on. A row that was written by a clock that was set back since counts
as missing (``clocks``): nothing waits for an hour that the clock repeats.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from shield import clocks
from shield.models import RateLimit

# What the column of a RateLimit holds at most.
_LARGEST = 2**31 - 1
# One statement: of two processes at once neither is forgotten, and the row is locked for an instant only. The
# condition is that of _is_over.
_ADD = """
INSERT INTO shield_ratelimit AS kept (key, ends_at, written_at, used)
VALUES (%(key)s, %(ends_at)s, %(now)s, %(cost)s)
ON CONFLICT (key) DO UPDATE SET
  ends_at = CASE WHEN {is_over} THEN excluded.ends_at ELSE kept.ends_at END,
  written_at = CASE WHEN {is_over} THEN excluded.written_at ELSE kept.written_at END,
  used = CASE WHEN {is_over} THEN 0 ELSE kept.used END + excluded.used
WHERE {is_over} OR kept.used <= %(at_most)s
RETURNING used
""".format(is_over="(kept.ends_at <= %(now)s OR kept.written_at > %(credible)s)")


@dataclass(frozen=True)
class _Limit:
    """``amount`` in a length of time, ``per``; ``name`` keeps the limits apart."""

    name: str
    amount: int
    per: timedelta

    def _key(self, value: object) -> str:
        return salted_hmac("shield.rate_limits", f"{self.name}\n{value}", algorithm="sha256").hexdigest()

    def forget(self, *values: object) -> None:
        """Give back all that some values have spent."""
        RateLimit.objects.filter(key__in=[self._key(value) for value in values]).delete()


class FixedWindow(_Limit):
    """An allowance for each value: ``FixedWindow("sign-up network", 20, timedelta(hours=1))``.

    One value may spend ``amount`` in one window; its first spending begins a window.
    """

    def spend(self, value: object = "", cost: int = 1) -> bool:
        """Take ``cost`` from what ``value`` (its text counts) may spend; tell whether that much was left.

        Where it was not, nothing is taken. A transaction that rolls back gives it back.
        """
        return cost <= self.amount and self._add(value, cost, at_most=self.amount - cost) is not None

    def count(self, value: object = "") -> int:
        """Count one more of ``value``, whatever the amount is; return how many that makes in its window."""
        return self._add(value, 1, at_most=_LARGEST - 1) or _LARGEST

    def is_spent(self, value: object = "") -> bool:
        """Tell whether nothing is left for ``value`` just now."""
        current = RateLimit.objects.filter(key=self._key(value)).exclude(_is_over(timezone.now()))
        return current.filter(used__gte=self.amount).exists()

    def _add(self, value: object, cost: int, *, at_most: int) -> int | None:
        """Add to what is used of a value, if that was at most so much; return what is used now, or None."""
        now, adapted = timezone.now(), connection.ops.adapt_datetimefield_value
        row: dict[str, str | int | None] = {"key": self._key(value), "cost": cost, "at_most": at_most}
        row |= {"now": adapted(now), "ends_at": adapted(now + self.per)}
        with connection.cursor() as cursor:
            cursor.execute(_ADD, row | {"credible": adapted(clocks.latest_credible(now))})
            added = cursor.fetchall()
        return int(added[0][0]) if added else None


@dataclass(frozen=True)
class TokenBucket(_Limit):
    """So much at once and the rest at an even pace, for each value.

    ``TokenBucket("mail to a domain", 200, timedelta(hours=1), burst=60)`` lets 60 through at once, and from
    then on one each 18 seconds. Where all wait for the end of a FixedWindow that one of them has spent, the
    next place of a bucket is never further off than ``per / amount``.
    """

    burst: int

    def spend(self, value: object = "") -> bool:
        """Take one place of ``value`` and tell whether one was free. A rollback gives it back."""
        key = self._key(value)
        while True:
            now = timezone.now()
            row = RateLimit.objects.filter(key=key).first()
            if row is None:
                new = [RateLimit(key=key, ends_at=now, written_at=now)]
                RateLimit.objects.bulk_create(new, ignore_conflicts=True)
                continue
            if self._free_at(row, now) > now:
                return False
            unchanged = RateLimit.objects.filter(pk=row.pk, ends_at=row.ends_at)
            if unchanged.update(ends_at=self._full_at(row, now) + self.per / self.amount, written_at=now):
                return True

    def free_at(self, value: object = "") -> datetime:
        """Return when the next place of ``value`` is free (aware, not before now)."""
        now = timezone.now()
        row = RateLimit.objects.filter(key=self._key(value)).first()
        return self._free_at(row, now) if row else now

    def _free_at(self, row: RateLimit, now: datetime) -> datetime:
        return max(now, self._full_at(row, now) - self.per / self.amount * (self.burst - 1))

    def _full_at(self, row: RateLimit, now: datetime) -> datetime:
        """Return when all places of a row's value are free again."""
        is_credible = row.written_at <= clocks.latest_credible(now)
        return max(now, row.ends_at) if is_credible else now


class SlidingWindow(_Limit):
    """An allowance in any stretch of time, wherever it begins: ``SlidingWindow("outbox", 60, MINUTE)``.

    A FixedWindow lets through twice its amount around the end of a window; a SlidingWindow does not. It has
    a row for each of its ``amount`` places. A place that is taken stays taken for as long as ``per``.
    """

    def spend(self) -> bool:
        """Take one place and tell whether one was free. A transaction that rolls back gives it back."""
        while True:
            now = timezone.now()
            place = self._places().filter(_is_over(now)).first()
            if place is not None:
                unchanged = RateLimit.objects.filter(pk=place.pk, ends_at=place.ends_at)
                if unchanged.update(ends_at=now + self.per, written_at=now, used=1):
                    return True
            elif self._places().count() < self.amount:
                new = [RateLimit(key=key, ends_at=now, written_at=now) for key in self._keys()]
                RateLimit.objects.bulk_create(new, ignore_conflicts=True)
            else:
                return False

    def _places(self) -> QuerySet[RateLimit]:
        return RateLimit.objects.filter(key__in=self._keys()).order_by("ends_at")

    def _keys(self) -> list[str]:
        return [self._key(number) for number in range(self.amount)]


class Pacer(_Limit):
    """An even pace for each value: ``Pacer("mail to a domain", 600, timedelta(minutes=1))``.

    Where the two windows say no, a Pacer says when: each moment is booked once. No stretch of length ``per``
    has more than ``amount`` moments.
    """

    @property
    def interval(self) -> timedelta:
        """The distance of one moment from the next."""
        return self.per / self.amount

    def open(self, values: Iterable[str], now: datetime) -> "Bookings":
        """Lock what is booked of values, and return it; ``now`` is aware.

        The rows stay locked to the end of the transaction, in which the caller must be. A transaction that
        opens several Pacers must open them in the same order as every other one.
        """
        keys = {self._key(value): value for value in values}
        # A row whose moment has come counts as missing, and may be deleted at any time. The rows, new or not,
        # are locked one after another: two that open them at once could each wait for the other otherwise.
        new = [RateLimit(key=key, ends_at=now, written_at=now) for key in sorted(keys)]
        RateLimit.objects.bulk_create(
            new, update_conflicts=True, unique_fields=["key"], update_fields=["key"]
        )
        rows = RateLimit.objects.filter(key__in=list(keys))
        return Bookings(self.interval, now, {keys[row.key]: row for row in rows})


class Bookings:
    """What is booked of a Pacer's values, while their rows are locked: see, take, and save."""

    def __init__(self, interval: timedelta, now: datetime, rows: Mapping[str, RateLimit]) -> None:
        self._interval, self._now, self._rows = interval, now, rows
        self._taken: list[RateLimit] = []
        for row in rows.values():
            if row.ends_at < now or row.written_at > clocks.latest_credible(now):
                row.ends_at = now

    def free_within(self, value: str, length: timedelta) -> int:
        """Return how many moments of a value are free from now to the end of a length of time."""
        left = self._now + length - self._rows[value].ends_at
        return left // self._interval + 1 if left >= timedelta() else 0

    def next(self, value: str) -> datetime:
        """Return the next free moment of a value (aware, not before now)."""
        return self._rows[value].ends_at

    def take(self, value: str, count: int, *, not_before: datetime | None = None) -> datetime:
        """Book the next moments of a value, at or after an aware datetime; return the first.

        Those after the first follow at distances of the Pacer's ``interval``.
        """
        row = self._rows[value]
        first = max(row.ends_at, not_before or self._now)
        row.written_at = self._now
        row.ends_at = first + self._interval * count
        self._taken.append(row)
        return first

    def save(self) -> None:
        """Write what was taken."""
        RateLimit.objects.bulk_update(self._taken, ["ends_at", "written_at"])


def forget_ended() -> int:
    """Delete the rows of rate limits that are over; return how many. Safe to run at any time."""
    return RateLimit.objects.filter(_is_over(timezone.now())).delete()[0]


def _is_over(now: datetime) -> Q:
    """Return the condition on a row that counts as missing: it has ended, or its clock was set back since."""
    return Q(ends_at__lte=now) | Q(written_at__gt=clocks.latest_credible(now))
