"""What the workers say for or against the next slot: whether one is alive, and whether the clocks agree."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Model, QuerySet
from django.db.models.functions import Abs
from django.urls import reverse
from django.utils import timezone

from shield import clocks
from subscribers.delivery import heartbeat
from subscribers.models import Heartbeat
from tips import permissions
from tips.schedule.reasons import Reason, Remedy, Severity

_START = (
    "Ask whoever runs the server to sign in there, to start “manage.py worker” (“manage.py serve” runs one "
    "beside the site), and to let it run. Then look again here. No mail is lost."
)
_SET_CLOCK = "Let each machine take the time from the network (NTP)."


class Workers:
    """A look at the workers by the database's clock: what is to be counted, and the reasons that follow.

    ``ahead`` is by how much this machine's clock is ahead of the database's.
    """

    def __init__(self, ahead: timedelta) -> None:
        self._ahead_here = ahead
        self._there: datetime = timezone.now() - self._ahead_here

    def counted(self) -> dict[str, QuerySet[Model]]:
        """Return what is to be counted, by names, for ``count_each``."""
        return {
            "alive": heartbeat.alive(self._there),
            "off": self._off(),
            "ahead": Heartbeat.objects.filter(seen_at__gt=self._there + clocks.TOLERANCE),
        }

    def reasons(self, counts: dict[str, int]) -> Iterator[Reason]:
        """Yield the reasons that the counts give."""
        if counts["alive"]:
            yield Reason("worker", Severity.GOOD, "", "Worker awake")
        else:
            words, url = "No worker is alive: no mail goes out.", f"{reverse('admin:safe')}#worker"
            reason = Reason("worker", Severity.STOP, words, "Worker silent", "no worker is awake", _START)
            how = Remedy("How to start a worker", url, permissions.APPROVE)
            yield replace(reason, remedies=(how,), is_internal=True)
        ahead = {row.host: timedelta(seconds=row.clock_ahead) for row in self._off()} if counts["off"] else {}
        # A worker of this very machine may have seen it before the clock was set.
        ahead[socket.gethostname()] = self._ahead_here
        for host, difference in ahead.items():
            if abs(difference) > clocks.WORTH_TELLING:
                seconds = f"{abs(difference).total_seconds():,.0f} seconds"
                side = "ahead of" if difference > timedelta() else "behind"
                yield _clock(f"The clock of {host or 'a worker'} is {seconds} {side} the database’s.")
        if counts["ahead"]:
            yield _clock("A worker was seen in the future: the database’s clock was set back.")

    def _off(self) -> QuerySet[Heartbeat]:
        """Return the living workers whose clock is off by more than people should be told."""
        alive = heartbeat.alive(self._there).alias(off=Abs("clock_ahead"))
        return alive.filter(off__gt=clocks.WORTH_TELLING.total_seconds())


def _clock(words: str) -> Reason:
    reason = Reason("clock", Severity.STOP, words, "Clocks differ", "the clocks differ", _SET_CLOCK)
    return replace(reason, is_internal=True)
