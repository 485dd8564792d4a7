"""Queues of background tasks that lie elsewhere than in the database, as the setting TASKS may say.

The engine itself is loaded by its name in TASKS, and so is its client: neither is there unless it is named.
"""

from abc import ABC, abstractmethod
from datetime import datetime

from django.conf import settings
from django_tasks import task_backends

from tipsite.worker.stop_signal import Stop


class OtherQueue(ABC):
    """What an engine of tasks lets the worker do. No method raises an error of the engine's own."""

    @abstractmethod
    def work(self, worker_id: str, stop: Stop) -> None:
        """Run all that is queued, one after the other in the calling thread, until told to stop."""

    @abstractmethod
    def sweep(self, now: datetime) -> int:
        """Queue again what workers had in hand that are dead at ``now`` (aware); return how many.

        A task may be run twice in the end, if its worker hangs for longer than a lease.
        """

    @abstractmethod
    def waiting(self) -> tuple[int, datetime | None] | None:
        """Return how many tasks wait, and since when the oldest does (aware); None where nobody answers."""


def other_queues() -> list[OtherQueue]:
    """Return the engines of TASKS that are no database's."""
    engines = (task_backends[alias] for alias in settings.TASKS)
    return [engine for engine in engines if isinstance(engine, OtherQueue)]


def sweep(now: datetime) -> int:
    """Queue again what dead workers had in hand, in each; return how many. For the clock."""
    return sum(queue.sweep(now) for queue in other_queues())
