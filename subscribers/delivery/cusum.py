"""Whether the refusals of a mailing are those of a bad list, or only many because the mailing is large.

Page's cumulative sum (CUSUM) of log-likelihood ratios: each delivery speaks for a list of which BAD are dead,
or against it and for one of which GOOD are. The sum over some stretch of the mailing is how much the stretch
speaks for the bad list. A mailing stops at the first stretch that reaches the THRESHOLD. A rule that asks
each window of some length for a share would stop any mailing that is only large enough; docs/decisions.md has
the odds of this one.
"""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

GOOD, BAD = 0.03, 0.08
# What a delivery to a dead address adds, and what one that was taken takes off.
DEAD, TAKEN = math.log(BAD / GOOD), math.log((1 - GOOD) / (1 - BAD))
# By simulation: tests/subscribers/delivery/test_cusum.py.
THRESHOLD = 14.0


class Dead(NamedTuple):
    """A delivery to a dead address: how many were ``taken`` since the one before, and when it was settled."""

    taken: int
    settled_at: datetime | None = None


class Stretch(NamedTuple):
    """Deliveries in a row, from the one where the look began to the last dead one that adds to the weight."""

    weight: float = 0.0
    dead: int = 0
    taken: int = 0
    # Of the dead one at its far end.
    settled_at: datetime | None = None


def heaviest(dead: Iterable[Dead], threshold: float = THRESHOLD) -> Stretch:
    """Return the heaviest stretch that begins where the look begins, whichever way the look goes.

    ``dead`` are the deliveries to dead addresses in the order of the look. No more of them are asked for than
    can matter: behind a loss of the whole threshold only a stretch could follow that reaches it alone.
    """
    best, weight, taken = Stretch(), 0.0, 0
    for count, each in enumerate(dead, 1):
        taken += each.taken
        weight += DEAD - each.taken * TAKEN
        if weight > best.weight:
            best = Stretch(weight, count, taken, each.settled_at)
        elif weight < best.weight - threshold:
            break
    return best
