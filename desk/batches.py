"""Long writes in short transactions, which others get between.

SQLite has one writer at a time. Who waits for the lock asks for it anew, at last each tenth of a second
(``sqliteDefaultBusyCallback`` in SQLite's main.c), and nobody queues: whoever takes the lock again at once
can keep all others out for as long as the work takes.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Generic, TypeVar

from django.db import connection, transaction

# For how long a transaction may hold SQLite's lock, and how long it is left to others then, in seconds.
HOLD, GAP = 0.2, 0.12
# Until it is known how long one item takes.
_FIRST = 20

Item = TypeVar("Item")


class Batches(Generic[Item]):
    """Items in batches, each of which is written in a transaction of its own::

        batches = Batches(items)
        for batch in batches:
            with batches.transaction():
                ...

    On SQLite a batch is as large as can be written in HOLD, as far as the batch before tells, and others have
    the lock for a GAP before the next one. Elsewhere, and inside a transaction, nobody waits for it, and
    each batch has ``most`` items.
    """

    def __init__(self, items: Iterable[Item], most: int = 200) -> None:
        self._items, self._most = iter(items), most
        self._held = 0.0

    def __iter__(self) -> Iterator[list[Item]]:
        gives_way = connection.vendor == "sqlite" and not connection.in_atomic_block
        size = min(_FIRST, self._most) if gives_way else self._most
        while batch := list(islice(self._items, size)):
            yield batch
            if not self._held:
                size = self._most
            elif gives_way:
                time.sleep(GAP)
                size = max(1, min(self._most, 2 * size, int(len(batch) * HOLD / self._held)))
                self._held = 0.0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Open a transaction, and note for how long it holds the lock.

        The waiting for the lock does not count, nor what SQLite does after it is given back (a checkpoint).
        """
        with transaction.atomic():
            began = time.monotonic()
            yield
            self._held += time.monotonic() - began
