"""What two people meant and saw, and whether the rows bear it out."""

import threading
import time
from collections import Counter, defaultdict


class Journal:
    """What was written to each thing and what was seen of it, each between two moments.

    A thing that is seen must be as somebody left it who had not been followed, for certain, by somebody else.
    """

    def __init__(self):
        self.writes, self.reads = defaultdict(list), []
        # The tips that were to be deleted, one after the other; the last may be there yet.
        self.doomed = []
        self.problems, self.counts, self.lock = [], Counter(), threading.Lock()

    def was(self, thing, value):
        """Note how a thing was before anybody began."""
        self.writes[thing].append((value, float("-inf"), float("-inf")))

    def written(self, *thing):
        """Return all values that a thing has had."""
        return {value for value, *_ in self.writes[thing]}

    def wrote(self, thing, value, began):
        with self.lock:
            self.writes[thing].append((value, began, time.monotonic()))

    def saw(self, thing, value, began):
        with self.lock:
            self.reads.append((thing, value, began, time.monotonic()))

    def count(self, what):
        with self.lock:
            self.counts[what] += 1

    def complain(self, problem):
        with self.lock:
            self.problems.append(problem)

    def judge(self):
        for thing, value, began, ended in self.reads:
            writes = self.writes[thing]
            # Begun before the look at it was over, and followed by nobody before that look began.
            before = [each for each in writes if each[2] <= began]
            might_be = (each for each in writes if each[0] == value and each[1] <= ended)
            if not any(all(not _follows(other, each) for other in before) for each in might_be):
                last = max(before, key=lambda each: each[2])
                self.problems.append(f"{thing} was {value!r}; the last before was {last[0]!r}")


def _follows(later, earlier):
    """Tell whether a write was begun when another one was through."""
    return later is not earlier and earlier[2] <= later[1]
