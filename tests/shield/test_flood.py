from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from shield import flood
from shield.rate_limits import FixedWindow

pytestmark = pytest.mark.django_db


def test_it_begins_with_more_forms_than_usual_and_ends_half_an_hour_after_the_last_of_them():
    with time_machine.travel(datetime(2026, 3, 3, 12, tzinfo=UTC), tick=False) as clock:
        before = [flood.count_form(f"region {number}") for number in range(flood.FORMS.amount)]
        assert before == [False] * flood.FORMS.amount
        assert not flood.is_active()
        assert flood.count_form("another region")
        clock.shift(timedelta(minutes=29))
        assert flood.is_active()
        assert flood.count_form("a quiet region")
        clock.shift(timedelta(minutes=1))
        assert not flood.is_active()
        assert not flood.count_form("a quiet region")


def test_what_few_regions_send_is_no_flood_however_much_it_is():
    regions = flood.FORMS.amount // flood.OF_ONE_REGION.amount
    for number in range(regions):
        assert not any(flood.count_form(f"region {number}") for _ in range(30))
    assert not flood.is_active()
    assert flood.count_form("one more region")


def test_a_flood_that_goes_on_is_never_taken_for_over(monkeypatch):
    monkeypatch.setattr(flood, "FORMS", FixedWindow("test", 1, timedelta(minutes=5)))
    with time_machine.travel(datetime(2026, 3, 3, 12, tzinfo=UTC), tick=False) as clock:
        unasked = 0
        for _ in range(20):
            unasked += [flood.count_form(f"region {n}") for n in range(3)].count(False)
            clock.shift(timedelta(minutes=4))
        # At its beginning, and one whenever a half hour ends.
        assert unasked <= 3
