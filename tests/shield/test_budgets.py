from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from shield import budgets
from shield.budgets import Allowance
from shield.models import Budget

pytestmark = pytest.mark.django_db

THREE_AN_HOUR = Allowance("test", 3, timedelta(hours=1))
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def test_it_lets_through_as_much_as_was_allowed_and_no_more():
    assert [THREE_AN_HOUR.spend("a") for _ in range(5)] == [True, True, True, False, False]


def test_it_keeps_values_and_kinds_apart():
    for _ in range(3):
        THREE_AN_HOUR.spend("a")
    assert THREE_AN_HOUR.spend("b")
    assert Allowance("another kind", 3, timedelta(hours=1)).spend("a")


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
    assert "someone" not in str(Budget.objects.values())


def test_it_forgets_what_is_over_and_keeps_what_is_not():
    with time_machine.travel(NOON, tick=False) as clock:
        THREE_AN_HOUR.spend("old", cost=3)
        clock.shift(timedelta(minutes=30))
        THREE_AN_HOUR.spend("new", cost=3)
        clock.shift(timedelta(minutes=30))
        assert budgets.forget_ended() == 1
        assert THREE_AN_HOUR.spend("old")
        assert not THREE_AN_HOUR.spend("new")
