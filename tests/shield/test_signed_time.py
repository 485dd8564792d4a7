from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from shield import signed_time

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def test_it_is_the_same_for_an_hour_so_that_pages_can_be_cached():
    with time_machine.travel(NOON, tick=False) as clock:
        first = signed_time.timestamp()
        clock.shift(timedelta(minutes=59))
        assert signed_time.timestamp() == first
        clock.shift(timedelta(minutes=1))
        assert signed_time.timestamp() != first


def test_it_is_good_for_three_days():
    with time_machine.travel(NOON, tick=False) as clock:
        timestamp = signed_time.timestamp()
        clock.shift(timedelta(days=3))
        assert signed_time.is_fresh(timestamp)
        clock.shift(timedelta(hours=1))
        assert not signed_time.is_fresh(timestamp)
        # Of a clock that was set back since; its form was never older than this.
        clock.move_to(NOON - timedelta(hours=1))
        assert signed_time.is_fresh(timestamp)
        clock.move_to(NOON - timedelta(days=4))
        assert not signed_time.is_fresh(timestamp)


@pytest.mark.parametrize("value", ["", "1", ":", "é:é", "9" * 5000, "\x00"])
def test_it_takes_no_timestamp_but_ours(value):
    assert not signed_time.is_fresh(value)
    assert not signed_time.is_fresh(signed_time.timestamp() + value + "x")
