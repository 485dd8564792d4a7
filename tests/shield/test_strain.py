from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from shield import strain
from shield.budgets import Allowance

pytestmark = pytest.mark.django_db


def test_it_begins_with_more_forms_than_usual_and_ends_half_an_hour_after_the_last_of_them():
    with time_machine.travel(datetime(2026, 3, 3, 12, tzinfo=UTC), tick=False) as clock:
        assert [strain.count_form() for _ in range(strain.FORMS.amount)] == [False] * strain.FORMS.amount
        assert not strain.is_on()
        assert strain.count_form()
        clock.shift(timedelta(minutes=29))
        assert strain.is_on()
        assert strain.count_form()
        clock.shift(timedelta(minutes=1))
        assert not strain.is_on()
        assert not strain.count_form()


def test_a_flood_that_goes_on_is_never_taken_for_over(monkeypatch):
    monkeypatch.setattr(strain, "FORMS", Allowance("test", 1, timedelta(minutes=5)))
    with time_machine.travel(datetime(2026, 3, 3, 12, tzinfo=UTC), tick=False) as clock:
        unasked = 0
        for _ in range(20):
            unasked += [strain.count_form() for _ in range(3)].count(False)
            clock.shift(timedelta(minutes=4))
        # At its beginning, and one whenever a half hour ends.
        assert unasked <= 3
