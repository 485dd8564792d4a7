from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from shield import clocks
from shield.clocks import database_now

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_clock(one_clock, monkeypatch):
    monkeypatch.setattr(clocks, "database_now", database_now)


def test_a_machine_whose_clock_is_right_is_not_ahead():
    assert abs(clocks.ahead_of_database()) < clocks.WORTH_TELLING


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_machine_knows_by_how_much_its_clock_is_off(hours):
    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        ahead = clocks.ahead_of_database()
    # SQLite has no clock of its own.
    expected = timedelta(hours=hours) if connection.vendor == "postgresql" else timedelta()
    assert abs(ahead - expected) < clocks.WORTH_TELLING
