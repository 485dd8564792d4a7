"""Which worker has an uploaded list in hand: one at a time, on whichever machine.

A task may come twice, and each time to another machine. A claim holds as long as its worker has a heartbeat.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from subscribers import outages
from subscribers.models import Heartbeat, UploadClaim


@contextmanager
def claimed(name: str, worker_id: str) -> Iterator[bool]:
    """Claim a list for a worker while the block runs; give whether it is the worker's, and no other's."""
    if not _claim(name, worker_id):
        yield False
        return
    try:
        yield True
    finally:
        own = UploadClaim.objects.filter(upload=name, worker_id=worker_id)
        # As long as this worker lives, nobody else would take the list.
        outages.until_it_answers(own.delete)


def forget_dead() -> None:
    """Delete the claims of workers that are dead. Safe to run at any time: such a claim holds for nobody."""
    UploadClaim.objects.exclude(worker_id__in=Heartbeat.objects.values("pk")).delete()


def _claim(name: str, worker_id: str) -> bool:
    UploadClaim.objects.bulk_create([UploadClaim(upload=name, worker_id=worker_id)], ignore_conflicts=True)
    holder = UploadClaim.objects.filter(upload=name).values_list("worker_id", flat=True).first()
    if holder == worker_id:
        return True
    if holder is None or Heartbeat.objects.filter(pk=holder).exists():
        return False
    dead = UploadClaim.objects.filter(upload=name, worker_id=holder)
    return dead.update(worker_id=worker_id) == 1
