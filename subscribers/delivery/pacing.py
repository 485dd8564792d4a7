"""The pace of mailings: how many deliveries go now, and what those of a crowded domain wait for.

The pace of the whole site and of each domain is shared by all mailings, so only what goes at once is booked
there: of a mailing that is paused or cancelled nothing stays booked. Whoever has no turn yet gets a place in
the line of their own mailing. A place is no booking, only the moment at which the delivery asks again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings

from shield.rate_limits import Bookings, Pacer
from subscribers import addresses
from subscribers.models import Delivery

# What is claimed together is sent together, so far ahead of its moments. Nothing beyond is booked.
NEAR = timedelta(seconds=5)
_MINUTE = timedelta(minutes=1)
# The primary key, the state, due_at, and the folded address of a delivery that could be claimed.
Candidate = tuple[int, str, datetime | None, str | None]
# {domain: (its next free moment, ids of those who wait)}
_Waiting = dict[str, tuple[datetime, Sequence[int]]]


class Pacing:
    """What the pace allows one claim, of one mailing. To be made and used in one transaction."""

    def __init__(self, mailing_id: int, now: datetime) -> None:
        self.mailing_id, self.now = mailing_id, now
        self._site: Bookings | None = None
        # First of all: every claim locks these rows in the same order.
        if settings.MAIL_PER_MINUTE:
            self._site = Pacer("mail", settings.MAIL_PER_MINUTE, _MINUTE).open([""], now)

    def most(self, count: int) -> int:
        """Return how many of ``count`` deliveries the pace of the whole site lets go now."""
        return count if self._site is None else min(count, self._site.free_within("", NEAR))

    def sort(self, candidates: Sequence[Candidate]) -> tuple[list[int], dict[datetime, list[int]]]:
        """Return the ids of those that go now, and {moment: ids} of those that ask again at a moment.

        No more may be given than ``most`` allows.
        """
        if not settings.MAIL_PER_DOMAIN:
            return [pk for pk, *_ in candidates], {}
        domains = {pk: addresses.domain(folded) for pk, _, _, folded in candidates if folded is not None}
        # A domain that comes once in a claim cannot be a crowd, unless somebody of it had to wait.
        crowds = {domain for domain, count in Counter(domains.values()).items() if count > 1}
        crowds |= {
            domains[pk]
            for pk, state, due_at, _ in candidates
            if pk in domains and state == Delivery.State.QUEUED and due_at is not None
        }
        members: dict[str, list[int]] = {domain: [] for domain in crowds}
        for pk, *_ in candidates:
            if (domain := domains.get(pk)) in crowds:
                members[domain].append(pk)
        waiting = self._book(members) if members else {}
        put_back = {pk for _, pks in waiting.values() for pk in pks}
        ids = [pk for pk, *_ in candidates if pk not in put_back]
        return ids, self._line_up(waiting) if waiting else {}

    def start(self, count: int) -> datetime:
        """Book the moments of ``count`` deliveries that go now; return the first (aware)."""
        if self._site is None or not count:
            return self.now
        first = self._site.take("", count)
        self._site.save()
        return first

    def _book(self, members: Mapping[str, Sequence[int]]) -> _Waiting:
        """Book the near turns of domains, {domain: ids}; return who gets none."""
        turns = Pacer("mail domain", settings.MAIL_PER_DOMAIN, _MINUTE).open(members, self.now)
        waiting: _Waiting = {}
        for domain, pks in members.items():
            count = min(len(pks), turns.free_within(domain, NEAR))
            if count:
                turns.take(domain, count)
            if rest := pks[count:]:
                waiting[domain] = turns.next(domain), rest
        turns.save()
        return waiting

    def _line_up(self, waiting: _Waiting) -> dict[datetime, list[int]]:
        """Give those who have no turn places in the line of their mailing and domain."""
        pacer = Pacer("mail line", settings.MAIL_PER_DOMAIN, _MINUTE)
        values = {domain: f"{self.mailing_id} {domain}" for domain in waiting}
        line = pacer.open(values.values(), self.now)
        moments: dict[datetime, list[int]] = {}
        for domain, (free_at, pks) in waiting.items():
            moment = line.take(values[domain], len(pks), not_before=free_at)
            for pk in pks:
                # Those of one second go together: fewer statements, and nobody is served out of turn.
                moments.setdefault(_second(moment), []).append(pk)
                moment += pacer.interval
        line.save()
        return moments


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
