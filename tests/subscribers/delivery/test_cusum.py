"""The odds of the brake, drawn by the gaps between dead addresses; and the same rule in the ledger."""

import math
import random
from collections import deque

import pytest

from subscribers.delivery import cusum

MAILINGS, LIST = 1000, 100_000


def stops_at(draw, share):
    """Return how many mails of a mailing went before it stopped, or None; ``share`` of them are dead."""
    sent, newest_first = 0, deque(maxlen=100)
    while True:
        # How many are taken until the next dead one, if each is dead by the same chance.
        taken = int(math.log(1 - draw.random()) / math.log(1 - share))
        sent += taken + 1
        if sent > LIST:
            return None
        # The look goes back: those between two dead ones come before the older of them.
        if newest_first:
            newest_first[0] = cusum.Dead(taken)
        newest_first.appendleft(cusum.Dead(0))
        if cusum.heaviest(newest_first).weight >= cusum.THRESHOLD:
            return sent


def odds(mailings, seed):
    """Return how many mailings of 3% stop by chance, and of 8% within 1,000 and within 2,000 mails."""
    draw = random.Random(seed)
    by_chance = sum(stops_at(draw, cusum.GOOD) is not None for _ in range(mailings))
    bad = [stops_at(draw, cusum.BAD) or math.inf for _ in range(mailings)]
    return by_chance, sum(at <= 1000 for at in bad), sum(at <= 2000 for at in bad)


def test_a_large_mailing_with_three_in_a_hundred_dead_goes_on_and_one_with_eight_stops():
    by_chance, within_1000, within_2000 = odds(25, seed=11)
    assert (by_chance, within_2000) == (0, 25)
    assert within_1000 >= 24


@pytest.mark.soak
def test_the_odds_are_those_of_the_decisions():
    by_chance, within_1000, within_2000 = odds(MAILINGS, seed=12)
    print(  # noqa: T201  the figures are what the run is for
        f"Of {MAILINGS} mailings to {LIST:,}: with 3% dead {by_chance} stopped by chance; with 8% dead"
        f" {within_1000} stopped within 1,000 mails, and {within_2000} within 2,000."
    )
    assert by_chance <= MAILINGS * 0.01
    assert within_1000 >= MAILINGS * 0.95
    assert within_2000 >= MAILINGS * 0.99


def test_a_server_to_which_all_are_dead_stops_it_soon():
    dead = [cusum.Dead(0)] * 30
    needed = next(n for n in range(30) if cusum.heaviest(dead[:n]).weight >= cusum.THRESHOLD)
    assert needed == 15


def test_the_heaviest_stretch_ends_at_its_farthest_dead_one():
    found = cusum.heaviest([cusum.Dead(0), cusum.Dead(3), cusum.Dead(2), cusum.Dead(200), cusum.Dead(0)])
    assert (found.dead, found.taken) == (3, 5)
    assert found.weight == pytest.approx(3 * cusum.DEAD - 5 * cusum.TAKEN)


def test_no_more_is_read_than_can_matter():
    asked = []

    def rows():
        for number in range(1000):
            asked.append(number)
            yield cusum.Dead(60)

    cusum.heaviest(rows())
    assert len(asked) < 10
