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


class Notice(models.Model):
    """A mail to staff that must go out once, named by its ``key``.

    Who sends it claims it by a conditional UPDATE first. A claim that led to no ``sent_at`` is void after a
    pause that grows with the ``attempts``. ``settled_at`` is when what it told of was over.
    """

    key = models.CharField(max_length=100, unique=True)
    created_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    def __str__(self):
        return self.key
