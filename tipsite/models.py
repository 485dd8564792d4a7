"""Rows about the running site itself."""

from django.db import models


class Heartbeat(models.Model):
    """The sign of life of one worker process: the lease on the tasks that it has claimed.

    ``since`` is when it began to beat without a gap.
    """

    worker_id = models.CharField(max_length=64, primary_key=True)
    since = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)

    def __str__(self):
        return self.worker_id
