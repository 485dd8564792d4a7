"""The first minutes of a site, in which nobody is told of what is missing: its owner is about to fill it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps

from shield import clocks
from tipsite.models import Notice

QUIET = timedelta(minutes=10)


def spared(job: Callable[[datetime], object]) -> Callable[[datetime], object]:
    """Return a job of the clock that does nothing in a site's first ``QUIET`` minutes.

    The minutes are counted from the first at which any worker of the site ran such a job.
    """

    @wraps(job)
    def unless_new(now: datetime) -> object:
        return None if _is_new(now) else job(now)

    return unless_new


def _is_new(now: datetime) -> bool:
    noted = {"created_at": now, "settled_at": now}
    start, _ = Notice.objects.get_or_create(kind=Notice.Kind.FIRST_START, defaults=noted)
    # What a wrong clock wrote down says nothing about how new the site is.
    return now - QUIET < start.created_at <= clocks.latest_credible(now)
