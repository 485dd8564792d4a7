from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from tests.tips.making import make_tip
from tips import dates
from tips.models import Tip

NEW_YORK, BERLIN, SYDNEY = map(ZoneInfo, ["America/New_York", "Europe/Berlin", "Australia/Sydney"])


@pytest.mark.parametrize("zone", [NEW_YORK, BERLIN, SYDNEY])
def test_seven_stays_seven_all_year(zone):
    for month in range(1, 13):
        local = dates.moment(date(2026, month, 3), time(7), zone).astimezone(zone)
        assert (local.day, local.hour, local.minute) == (3, 7, 0)


def test_a_time_that_the_clock_jumps_over_is_the_first_minute_after_the_jump():
    assert dates.moment(date(2026, 3, 8), time(2, 30), NEW_YORK) == datetime(2026, 3, 8, 7, tzinfo=UTC)
    assert dates.moment(date(2026, 3, 29), time(2, 1), BERLIN) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    # Lord Howe Island jumps by half an hour.
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    assert dates.moment(date(2026, 10, 4), time(2, 15), lord_howe) == datetime(
        2026, 10, 3, 15, 30, tzinfo=UTC
    )


def test_a_time_that_comes_twice_is_its_first():
    assert dates.moment(date(2026, 11, 1), time(1, 30), NEW_YORK) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_the_desk_writes_a_moment_with_its_year_only_where_it_is_not_this_one():
    now = datetime(2026, 12, 31, 12, tzinfo=UTC)
    assert dates.short(datetime(2026, 12, 15, 12, tzinfo=UTC), now) == "Tue 15 Dec, 07:00"
    assert dates.short(datetime(2027, 1, 5, 12, tzinfo=UTC), now) == "Tue 5 Jan 2027, 07:00"
    assert dates.short_day(datetime(2026, 12, 15, 12, tzinfo=UTC), now) == "Tue 15 Dec"
    assert dates.nearby(datetime(2027, 1, 1, 12, tzinfo=UTC), now) == "tomorrow at 07:00"
    assert dates.nearby(datetime(2027, 1, 5, 12, tzinfo=UTC), now) == "on Tue 5 Jan 2027, 07:00"


def test_a_year_and_a_month_begin_at_the_sites_midnight():
    assert dates.year(2026) == (datetime(2026, 1, 1, 5, tzinfo=UTC), datetime(2027, 1, 1, 5, tzinfo=UTC))
    assert dates.month(2026, 12)[1] == dates.year(2027)[0]


@pytest.mark.parametrize("number", [0, 9999])
def test_a_year_that_no_calendar_has_is_refused(number):
    with pytest.raises((ValueError, OverflowError)):
        dates.year(number)


@pytest.mark.django_db
def test_years_and_months_are_those_that_hold_a_row(django_assert_max_num_queries):
    assert dates.years_with(Tip.objects.all(), "publish_at") == []
    # The first and the last second of a year in the site's zone, which in UTC lie in the year after.
    for moment in ("2017-01-01T05:00:00+00:00", "2019-01-01T04:59:59+00:00", "2023-01-01T04:59:59+00:00"):
        make_tip(publish_at=datetime.fromisoformat(moment))
    with django_assert_max_num_queries(3):
        assert dates.years_with(Tip.objects.all(), "publish_at") == [2022, 2018, 2017]
    with django_assert_max_num_queries(1):
        assert dates.months_with(Tip.objects.all(), "publish_at", 2018) == [12]
    assert dates.months_with(Tip.objects.all(), "publish_at", 2020) == []
    assert dates.years_with(Tip.objects.filter(publish_at__year=2017), "publish_at") == [2017]


@pytest.mark.parametrize(
    ("day", "at", "said"),
    [
        (date(2027, 3, 14), time(2, 30), "leaves out 02:30 on Sun 14 Mar 2027. Choose 01:59 or 03:00."),
        (date(2027, 11, 7), time(1, 30), "shows twice 01:30 on Sun 7 Nov 2027. Choose 00:59 or 02:00."),
        (date(2027, 3, 14), time(3, 0), ""),
        (date(2027, 3, 14), time(1, 59), ""),
        (date(2027, 6, 1), time(2, 30), ""),
    ],
)
def test_a_time_is_refused_with_the_nearest_that_come_once(day, at, said):
    fault = dates.clock_fault(day, at, NEW_YORK)
    assert fault.endswith(said)
    assert bool(fault) == bool(said)


def test_a_day_that_a_place_left_out_names_the_days_around_it():
    # Samoa went from 29 to 31 December 2011.
    fault = dates.clock_fault(date(2011, 12, 30), time(12), ZoneInfo("Pacific/Apia"))
    assert fault.endswith("Choose Thu 29 Dec 2011, 23:59 or Sat 31 Dec 2011, 00:00.")
