"""The processes that send, and what each of their connections has claimed."""

from django.db import models


class Heartbeat(models.Model):
    """The sign of life of one worker process: it holds what it has claimed as long as this row is there.

    ``delivery.heartbeat`` says when a worker is dead; the row of a dead one is deleted.
    """

    worker_id = models.CharField(max_length=32, primary_key=True)
    # By the database's clock, so that it does not matter whether the worker's own is right.
    seen_at = models.DateTimeField(db_index=True)
    # Its machine's name, and by how many seconds the clock there is ahead of the database's.
    host = models.CharField(max_length=100, blank=True)
    clock_ahead = models.FloatField(default=0)

    def __str__(self) -> str:
        return self.worker_id


class SenderLease(models.Model):
    """One connection of a worker to the mail server: the lease on the deliveries that it has claimed."""

    # Whoever deletes the worker's row first gives back what its leases hold.
    worker = models.ForeignKey(Heartbeat, on_delete=models.PROTECT, related_name="leases")

    def __str__(self) -> str:
        return f"Lease {self.pk}"


class UploadClaim(models.Model):
    """The worker that has an uploaded list in hand; ``exchange.upload_claims`` says for how long.

    It is no foreign key: what carries tasks need have no heartbeat, and then its claim holds nobody off.
    """

    upload = models.CharField(max_length=16, primary_key=True)
    worker_id = models.CharField(max_length=64)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Upload {self.upload}"
