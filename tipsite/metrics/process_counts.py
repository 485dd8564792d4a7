"""What web processes count, in memory that all of one web server share: any of them can tell the sum.

The memory is made before they part. Each writes into a row of its own, so that none but the threads of one
process write to the same place. A new web server begins at 0.
"""

import mmap
import threading
from collections import Counter

from tipsite.metrics import registry

_ROWS = 32
_STATUSES = range(100, 600)
# Of each row, so many numbers are of what other parts count.
_MORE = 32
_WIDTH = len(_STATUSES) + _MORE


class ProcessCounts:
    """A table of numbers: a row for each process; requests by status, and what ``registry.counted`` names."""

    def __init__(self) -> None:
        self._cells = memoryview(mmap.mmap(-1, _ROWS * _WIDTH * 8)).cast("Q")
        self._lock = threading.Lock()
        self._start = 0
        self._before: list[int] = [0] * _MORE

    def take_row(self, number: int) -> None:
        """Count in a row of its own from here on: for a process that has just parted, with its number."""
        self._lock = threading.Lock()
        self._start = number % _ROWS * _WIDTH
        more = self._start + len(_STATUSES)
        # What a process that is gone had counted there stays.
        self._before = self._cells[more : more + _MORE].tolist()

    def note(self, status: int) -> None:
        """Count an answer by its status, and write down what other parts have counted until now."""
        with self._lock:
            if status in _STATUSES:
                self._cells[self._start + status - _STATUSES.start] += 1
            for place, (_, read) in enumerate(list(registry.counted().values())[:_MORE]):
                self._cells[self._start + len(_STATUSES) + place] = self._before[place] + read()

    def requests(self) -> Counter[int]:
        """Return {status: how many answers of all processes had it}."""
        sums: Counter[int] = Counter()
        for row in range(_ROWS):
            for place, count in enumerate(self._cells[row * _WIDTH : row * _WIDTH + len(_STATUSES)]):
                if count:
                    sums[_STATUSES.start + place] += count
        return sums

    def counted(self) -> dict[str, int]:
        """Return {name: the sum of all processes} of what other parts count."""
        return {
            name: sum(self._cells[row * _WIDTH + len(_STATUSES) + place] for row in range(_ROWS))
            for place, name in enumerate(list(registry.counted())[:_MORE])
        }


TABLE = ProcessCounts()


def samples() -> list[registry.Sample]:
    """Tell what the web processes of this web server have counted since it was started."""
    words = "Answers of this web server since it was started, by status"
    requests = [
        registry.Sample("requests_total", words, count, {"status": str(status)})
        for status, count in sorted(TABLE.requests().items())
    ]
    named = registry.counted()
    return requests + [
        registry.Sample(name, named[name][0], count) for name, count in TABLE.counted().items()
    ]
