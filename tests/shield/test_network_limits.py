from datetime import timedelta

import pytest

from shield import network_limits
from shield.network_limits import NetworkLimit

pytestmark = pytest.mark.django_db

FIVE_AN_HOUR = NetworkLimit("test", 5, timedelta(hours=1))


def line(number):
    """Return the networks of the IPv6 /64 of that number in one /48."""
    return f"2001:db8:0:{number:x}::/64", f"2001:db8:0:{number >> 8:x}00::/56", "2001:db8::/48"


def address(number):
    """Return the networks of the IPv4 address of that number in one /24."""
    return f"203.0.113.{number}/32", "203.0.113.0/24"


def test_a_wider_network_may_do_more_than_one_within_it():
    assert [FIVE_AN_HOUR.spend(address(1)) for _ in range(6)] == [True] * 5 + [False]
    assert [FIVE_AN_HOUR.spend(address(2)) for _ in range(6)] == [True] * 5 + [False]
    assert not FIVE_AN_HOUR.spend(address(3))
    assert FIVE_AN_HOUR.spend(("198.51.100.1/32", "198.51.100.0/24"))


@pytest.mark.parametrize(("step", "most"), [(1, 10), (256, 20)])
def test_nobody_gets_round_it_by_ever_new_addresses(step, most):
    spent = [FIVE_AN_HOUR.spend(line(number * step)) for number in range(40)]
    assert spent == [True] * most + [False] * (40 - most)


def test_what_is_refused_costs_nothing():
    assert not FIVE_AN_HOUR.spend(line(1), cost=6)
    assert FIVE_AN_HOUR.spend(line(1), cost=5)
    assert not FIVE_AN_HOUR.spend(line(1))
    # Else these would have used up the /56.
    assert FIVE_AN_HOUR.spend(line(2), cost=5)
    assert not FIVE_AN_HOUR.spend(line(3))


def test_who_comes_from_elsewhere_goes_before_all_that_one_line_brought():
    assert [network_limits.turn("a queue", address(1)) for _ in range(30)] == list(range(1, 31))
    assert network_limits.turn("a queue", ("198.51.100.1/32", "198.51.100.0/24")) == 1
    assert network_limits.turn("another queue", address(1)) == 1


def test_a_neighbour_of_such_a_line_goes_before_all_but_its_first():
    for _ in range(30):
        network_limits.turn("a queue", address(1))
    assert network_limits.turn("a queue", address(2)) == 2


@pytest.mark.parametrize("step", [1, 256])
def test_ever_new_addresses_of_one_line_bring_no_earlier_turn(step):
    turns = [network_limits.turn("a queue", line(number * step)) for number in range(30)]
    assert turns == list(range(1, 31))


def test_a_neighbour_of_a_line_that_changes_its_addresses_goes_before_all_but_its_first():
    for number in range(30):
        network_limits.turn("a queue", line(number))
    assert network_limits.turn("a queue", line(0x100)) == 2
