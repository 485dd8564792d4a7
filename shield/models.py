"""The one table of the shield: what has been spent of which rate limit, and which turns are booked."""

from django.db import models


class RateLimit(models.Model):
    """A row of whatever is counted or booked for one thing: a network, an address, the whole site.

    ``key`` is a keyed hash of what it is about, so the table names nobody. What the row means depends on who
    keeps it, and all agree that it is as good as none once ``ends_at`` has come:

    - ``FixedWindow``: ``used`` was spent in a window that ends at ``ends_at``; the first spending after
      that begins the next one.
    - ``SlidingWindow``: one place, taken until ``ends_at``; ``used`` says nothing.
    - ``Pacer``: all turns before ``ends_at`` are booked; that is when the next one is free.
    """

    key = models.CharField(max_length=64, unique=True, editable=False)
    ends_at = models.DateTimeField(db_index=True)
    used = models.PositiveIntegerField(default=0)
