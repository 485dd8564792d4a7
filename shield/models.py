"""The one table of the shield: how much of each rate limit is used."""

from django.db import models
from django.utils import timezone


class RateLimit(models.Model):
    """A row of what is counted or booked for one subject: a network, an e-mail address, the whole site.

    ``key`` is a keyed hash of the subject, so the table names nobody. A row whose ``ends_at`` is past counts
    as missing; so does one that was written in the future, by a clock that was set back since. The meaning of
    a row depends on the class that keeps it:

    - ``FixedWindow``: ``used`` was spent in a window that ends at ``ends_at``; the first spending after
      that begins the next window.
    - ``TokenBucket``: all places are free at ``ends_at``; so much earlier, one is.
    - ``SlidingWindow``: one place, taken until ``ends_at``; ``used`` has no meaning.
    - ``Pacer``: all moments before ``ends_at`` are booked; ``ends_at`` is the next free one.
    """

    key = models.CharField(max_length=64, unique=True, editable=False)
    ends_at = models.DateTimeField(db_index=True)
    # When its window began, or when a moment of it was last booked.
    written_at = models.DateTimeField(default=timezone.now)
    used = models.PositiveIntegerField(default=0)
