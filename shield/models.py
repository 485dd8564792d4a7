"""The one table of the shield: what has been spent of which budget."""

from django.db import models


class Budget(models.Model):
    """What one thing (a network, an address, the whole site) has spent in its present window.

    ``key`` is a keyed hash of what it is about, so the table names nobody. A window begins with the first
    spending after the last one ended.
    """

    key = models.CharField(max_length=64, unique=True, editable=False)
    ends_at = models.DateTimeField(db_index=True)
    used = models.PositiveIntegerField(default=0)
