from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from shield import rate_limits
from shield.models import RateLimit
from shield.rate_limits import FixedWindow, Pacer, SlidingWindow, TokenBucket

pytestmark = pytest.mark.django_db

THREE_AN_HOUR = FixedWindow("test", 3, timedelta(hours=1))
ONE_A_SECOND = Pacer("test", 60, timedelta(minutes=1))
NEAR = timedelta(seconds=5)
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def test_it_lets_through_as_much_as_was_allowed_and_no_more():
    assert [THREE_AN_HOUR.spend("a") for _ in range(5)] == [True, True, True, False, False]


def test_it_keeps_values_and_kinds_apart():
    for _ in range(3):
        THREE_AN_HOUR.spend("a")
    assert THREE_AN_HOUR.spend("b")
    assert FixedWindow("another kind", 3, timedelta(hours=1)).spend("a")


def test_it_begins_anew_when_the_window_that_the_first_spending_opened_is_over():
    with time_machine.travel(NOON, tick=False) as clock:
        assert [THREE_AN_HOUR.spend("a", cost=2), THREE_AN_HOUR.spend("a", cost=2)] == [True, False]
        clock.shift(timedelta(minutes=59))
        assert not THREE_AN_HOUR.spend("a", cost=2)
        clock.shift(timedelta(minutes=1))
        assert THREE_AN_HOUR.spend("a", cost=2)
        assert THREE_AN_HOUR.spend("a")
        assert not THREE_AN_HOUR.spend("a")


def test_it_refuses_what_costs_more_than_there_ever_is():
    assert not THREE_AN_HOUR.spend("a", cost=4)
    assert THREE_AN_HOUR.spend("a", cost=3)


def test_its_table_names_nobody():
    THREE_AN_HOUR.spend("someone@example.org")
    assert "someone" not in str(RateLimit.objects.values())


def test_it_forgets_what_is_over_and_keeps_what_is_not():
    with time_machine.travel(NOON, tick=False) as clock:
        THREE_AN_HOUR.spend("old", cost=3)
        clock.shift(timedelta(minutes=30))
        THREE_AN_HOUR.spend("new", cost=3)
        clock.shift(timedelta(minutes=30))
        assert rate_limits.forget_ended() == 1
        assert THREE_AN_HOUR.spend("old")
        assert not THREE_AN_HOUR.spend("new")


def test_it_tells_what_is_spent_and_counts_beyond_that():
    with time_machine.travel(NOON, tick=False) as clock:
        assert not THREE_AN_HOUR.is_spent("a")
        THREE_AN_HOUR.spend("a", cost=2)
        assert not THREE_AN_HOUR.is_spent("a")
        assert [THREE_AN_HOUR.count("a") for _ in range(3)] == [3, 4, 5]
        assert THREE_AN_HOUR.is_spent("a")
        clock.shift(timedelta(hours=1))
        assert not THREE_AN_HOUR.is_spent("a")
        assert THREE_AN_HOUR.count("a") == 1


def test_it_gives_back_what_is_to_be_forgotten_and_nothing_else():
    for value in "ab":
        THREE_AN_HOUR.spend(value, cost=3)
    THREE_AN_HOUR.forget("a", "c")
    assert [THREE_AN_HOUR.spend(value) for value in "ab"] == [True, False]


def test_a_bucket_lets_some_through_at_once_and_then_keeps_an_even_pace():
    bucket = TokenBucket("test", 6, timedelta(hours=1), burst=3)
    with time_machine.travel(NOON, tick=False) as clock:
        assert [bucket.spend("a") for _ in range(4)] == [True, True, True, False]
        assert (bucket.free_at("a"), bucket.free_at("b")) == (NOON + timedelta(minutes=10), NOON)
        clock.shift(timedelta(minutes=9))
        assert not bucket.spend("a")
        clock.shift(timedelta(minutes=1))
        rate_limits.forget_ended()
        assert [bucket.spend("a"), bucket.spend("a"), bucket.spend("b")] == [True, False, True]
        # Who was away for long has no more at once than at first.
        clock.shift(timedelta(days=1))
        assert [bucket.spend("a") for _ in range(4)] == [True, True, True, False]


def test_a_sliding_window_lets_through_no_more_in_any_stretch_of_its_length():
    window = SlidingWindow("test", 3, timedelta(minutes=1))
    went = []
    with time_machine.travel(NOON, tick=False) as clock:
        for second in range(200):
            # Nothing for a while, and then as much as there is.
            while second >= 50 and window.spend():
                went.append(second)
            clock.shift(timedelta(seconds=1))
    assert went == [50] * 3 + [110] * 3 + [170] * 3


def test_a_sliding_window_frees_one_place_after_the_other():
    window = SlidingWindow("test", 2, timedelta(minutes=1))
    with time_machine.travel(NOON, tick=False) as clock:
        window.spend()
        clock.shift(timedelta(seconds=20))
        window.spend()
        assert not window.spend()
        clock.shift(timedelta(seconds=40))
        rate_limits.forget_ended()
        assert [window.spend() for _ in range(2)] == [True, False]


def test_a_pacer_books_each_moment_once_and_tells_how_many_are_near():
    bookings = ONE_A_SECOND.open(["a", "b"], NOON)
    assert (bookings.free_within("a", NEAR), bookings.take("a", 4)) == (6, NOON)
    bookings.save()
    bookings = ONE_A_SECOND.open(["a", "b"], NOON)
    assert [bookings.free_within(value, NEAR) for value in "ab"] == [2, 6]
    assert bookings.take("a", 2) == NOON + timedelta(seconds=4)
    assert bookings.free_within("a", NEAR) == 0
    assert bookings.take("b", 1, not_before=NOON + timedelta(seconds=9)) == NOON + timedelta(seconds=9)
    bookings.save()
    later = ONE_A_SECOND.open(["a", "b"], NOON + timedelta(minutes=1))
    assert [later.next(value) for value in "ab"] == [NOON + timedelta(minutes=1)] * 2


# --- A clock that is set back ------------------------------------------------------------------------

HOUR = timedelta(hours=1)


def test_an_allowance_that_was_spent_in_an_hour_that_comes_again_is_there_again():
    with time_machine.travel(NOON, tick=False) as clock:
        assert THREE_AN_HOUR.spend(cost=3)
        clock.shift(-HOUR)
        assert not THREE_AN_HOUR.is_spent()
        assert [THREE_AN_HOUR.spend(), THREE_AN_HOUR.spend(cost=2), THREE_AN_HOUR.spend()] == [
            True,
            True,
            False,
        ]


def test_a_place_that_was_taken_in_an_hour_that_comes_again_is_free():
    window = SlidingWindow("test", 2, timedelta(minutes=1))
    with time_machine.travel(NOON, tick=False) as clock:
        assert [window.spend() for _ in range(3)] == [True, True, False]
        clock.shift(-HOUR)
        assert [window.spend() for _ in range(3)] == [True, True, False]


def test_a_bucket_that_was_emptied_in_an_hour_that_comes_again_is_full():
    bucket = TokenBucket("test", 6, timedelta(hours=1), burst=1)
    with time_machine.travel(NOON, tick=False) as clock:
        assert [bucket.spend(), bucket.spend()] == [True, False]
        clock.shift(-HOUR)
        assert bucket.free_at() == NOON - HOUR
        assert [bucket.spend(), bucket.spend()] == [True, False]


def test_a_moment_that_was_booked_in_an_hour_that_comes_again_is_not_waited_for():
    bookings = ONE_A_SECOND.open(["a"], NOON)
    bookings.take("a", 900)
    bookings.save()
    assert ONE_A_SECOND.open(["a"], NOON - HOUR).next("a") == NOON - HOUR


def test_clocks_that_differ_by_seconds_keep_one_pace_and_one_allowance():
    bookings = ONE_A_SECOND.open(["a"], NOON)
    bookings.take("a", 5)
    bookings.save()
    behind = NOON - timedelta(seconds=20)
    assert ONE_A_SECOND.open(["a"], behind).free_within("a", NEAR) == 0
    with time_machine.travel(NOON, tick=False) as clock:
        assert THREE_AN_HOUR.spend(cost=3)
        clock.move_to(behind)
        assert not THREE_AN_HOUR.spend()


def test_it_forgets_rows_of_the_future():
    with time_machine.travel(NOON, tick=False) as clock:
        THREE_AN_HOUR.spend()
        clock.shift(-HOUR)
        assert rate_limits.forget_ended() == 1
