"""The guard's checkpoints as they stand in the journal: which database it was, and how far it had come.

Each is one line with ``instance`` (the database's name) and ``counter``. The checkpoint by which a database
goes on under a new name has the old name as ``instead_of``. A checkpoint of a mailing has ``mailing`` and
``tip`` (primary keys), ``kind``, ``up_to`` (the primary key of a delivery) and ``finished``.
"""

import logging
import threading
from collections.abc import Iterator

from subscribers.people import journal
from subscribers.people.journal_places import Place

logger = logging.getLogger(__name__)

# No counter and no primary key comes near this; larger numbers do not fit into every database.
LARGEST = 2**53


def every(*, log_faults: bool = False) -> Iterator[journal.Entry]:
    """Yield all checkpoints; ``log_faults`` logs the number of each line that should be a checkpoint."""
    for number, line in journal.numbered_lines():
        if not journal.is_checkpoint(line):
            continue
        if (checkpoint := journal.parsed(line, _is_checkpoint)) is not None:
            yield checkpoint
        elif log_faults:
            logger.warning(
                "%s, line %s: no checkpoint, perhaps cut short; left out.", journal.store(), number
            )


def _is_checkpoint(entry: journal.Entry) -> bool:
    numbers = [entry["counter"], entry.get("up_to", 0)]
    texts = [entry["instance"], entry.get("instead_of", "")]
    if "mailing" in entry:
        numbers += [entry["mailing"], entry["tip"], entry["up_to"]]
        texts.append(entry["kind"])
    are_numbers = all(type(number) is int and 0 <= number < LARGEST for number in numbers)
    return entry["what"] == journal.CHECKPOINT and are_numbers and {type(text) for text in texts} == {str}


class _Reader:
    """The last checkpoint of the journal, found without reading again what was read before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        # The line that was read last: a journal that has another one there is another journal.
        self._place: Place | None = None
        self._counter = 0
        self._name: str | None = None
        self._former: set[str] = set()

    def latest(self) -> tuple[str | None, int, frozenset[str]]:
        """Return (name, counter, former names) of the last checkpoint, or (None, 0, none). Raises OSError."""
        with self._lock:
            for step in journal.store().go_on(self._place):
                if step is None:
                    self._forget()
                    continue
                self._place, line = step
                if journal.is_checkpoint(line) and (checkpoint := journal.parsed(line, _is_checkpoint)):
                    self._note(checkpoint)
            return self._name, self._counter, frozenset(self._former)

    def _note(self, checkpoint: journal.Entry) -> None:
        if checkpoint["instance"] in self._former:
            # It is of a process that was slow to write, or of a twin.
            return
        if checkpoint["instance"] != self._name:
            self._former |= {name for name in (checkpoint.get("instead_of"), self._name) if name is not None}
            self._name, self._counter = checkpoint["instance"], 0
        # Two processes may write theirs in the other order.
        self._counter = max(self._counter, checkpoint["counter"])


# One for the whole process, whose threads all ask.
latest = _Reader().latest
