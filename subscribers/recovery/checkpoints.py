"""The guard's checkpoints as they stand in the journal: which database it was, and how far it had come.

Each is one line with ``instance`` (the database's name) and ``counter``; the one by which a database goes on
under a new name has the old one as ``instead_of``. A checkpoint of a mailing has ``mailing`` and ``tip``
(primary keys), ``kind``, ``up_to`` (the primary key of a delivery) and perhaps ``finished``. See ``guard``.
"""

import json
import logging
import os
import threading

from subscribers.people import journal

logger = logging.getLogger(__name__)

# No counter and no key comes near it; above it databases, too, have an end.
LARGEST = 2**53


def latest():
    """Return (name, counter, former names) of the last checkpoint, or (None, 0, none). Raises OSError."""
    return _reader.latest()


def every(*, log_faults=False):
    """Yield all checkpoints as dicts; ``log_faults`` logs the number of each line that should be one."""
    if not journal.path().exists():
        return
    with journal.path().open("rb") as file:
        for number, line in enumerate(file, 1):
            if not journal.is_checkpoint(line):
                continue
            if (checkpoint := _parsed(line)) is not None:
                yield checkpoint
            elif log_faults:
                logger.warning(
                    "%s, line %s: no checkpoint, perhaps cut short; left out.", journal.path(), number
                )


def _parsed(line):
    """Return the checkpoint on a line of the journal, None where it is something else, or of other types."""
    if not journal.is_checkpoint(line):
        return None
    try:
        entry = json.loads(line)
        right = entry["what"] == journal.CHECKPOINT and isinstance(entry["instance"], str)
        right = right and _is_number(entry["counter"]) and _is_number(entry.get("up_to", 0))
        right = right and isinstance(entry.get("instead_of", ""), str)
        if right and "mailing" in entry:
            right = all(_is_number(entry[name]) for name in ("mailing", "tip", "up_to"))
            right = right and isinstance(entry["kind"], str)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return entry if right else None


def _is_number(value):
    return type(value) is int and 0 <= value < LARGEST


class _Reader:
    """The last checkpoint of the journal, found without reading again what was read before."""

    def __init__(self):
        self._lock = threading.Lock()
        self._forget()

    def _forget(self, file=None):
        self._file, self._offset, self._name, self._counter, self._former = file, 0, None, 0, set()

    def latest(self):
        with self._lock:
            try:
                file = journal.path().open("rb")
            except FileNotFoundError:
                self._forget()
            else:
                with file:
                    self._go_on(file)
            return self._name, self._counter, frozenset(self._former)

    def _go_on(self, file):
        status = os.fstat(file.fileno())
        place = journal.path(), status.st_dev, status.st_ino
        if place != self._file or status.st_size < self._offset:
            self._forget(place)
        file.seek(self._offset)
        for line in file:
            # One that is still being written is read the next time.
            if not line.endswith(b"\n"):
                break
            self._offset += len(line)
            if (checkpoint := _parsed(line)) is not None:
                self._note(checkpoint)

    def _note(self, checkpoint):
        if checkpoint["instance"] in self._former:
            # A process that was slow to write, or a twin.
            return
        if checkpoint["instance"] != self._name:
            self._former |= {checkpoint.get("instead_of"), self._name} - {None}
            self._name, self._counter = checkpoint["instance"], 0
        # Two processes may write theirs in the other order.
        self._counter = max(self._counter, checkpoint["counter"])


_reader = _Reader()
