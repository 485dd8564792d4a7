"""Long writes in short transactions, under a clock of the test's own."""

from types import SimpleNamespace

import pytest

from desk import batches
from desk.batches import GAP, HOLD, Batches

pytestmark = pytest.mark.django_db


class Clock:
    """A clock that goes on only as told."""

    def __init__(self):
        self.now, self.pauses = 0.0, []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.pauses.append(seconds)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(batches, "time", clock)
    return clock


def sizes(items, clock, seconds_each, most=200):
    in_batches = Batches(items, most)
    found = []
    for batch in in_batches:
        with in_batches.transaction():
            clock.now += seconds_each * len(batch)
        # Waiting for the lock, or reading in between, is no holding of it.
        clock.now += 60
        found.append(len(batch))
    return found


@pytest.mark.parametrize("seconds_each", [0.0001, 0.01, 0.5])
def test_on_sqlite_each_transaction_is_short_and_a_gap_follows(clock, monkeypatch, seconds_each):
    monkeypatch.setattr(batches, "connection", SimpleNamespace(vendor="sqlite", in_atomic_block=False))
    found = sizes(range(400), clock, seconds_each)
    assert sum(found) == 400
    assert all(size == 1 or size * seconds_each <= HOLD * 1.001 for size in found[1:])
    assert max(found) <= 200
    assert set(clock.pauses) == {GAP}
    assert len(clock.pauses) >= len(found) - 1


def test_elsewhere_and_inside_a_transaction_nobody_waits(clock):
    assert sizes(range(450), clock, seconds_each=1) == [200, 200, 50]
    assert not clock.pauses
