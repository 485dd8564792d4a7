"""Times as programs and countries write them."""

from datetime import UTC, datetime

import pytest

from subscribers.exchange import moments

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2020-02-01", "2020-02-01T00:00"),
        ("2020-02-01 10:20:30", "2020-02-01T10:20"),
        ("2020-02-01T10:20:30.000Z", "2020-02-01T10:20"),
        ("2020-02-01 10:20:30 UTC", "2020-02-01T10:20"),
        ("2020-02-01T10:20:30+0200", "2020-02-01T08:20"),
        ("2020/2/1 9:05", "2020-02-01T09:05"),
        ("Feb 1, 2020 3:04 PM", "2020-02-01T15:04"),
        ("1 February 2020", "2020-02-01T00:00"),
        ("Sat, 01 Feb 2020 10:20:30 -0500", "2020-02-01T15:20"),
        ("1-Feb-2020", "2020-02-01T00:00"),
        ("2/13/2020 12:30 am", "2020-02-13T00:30"),
        ("13/02/20", "2020-02-13T00:00"),
        ("1.2.2020 14:05", "2020-02-01T14:05"),
        ("43862.5", "2020-02-01T12:00"),
        ("1580551200", "2020-02-01T10:00"),
        ("1580551200000", "2020-02-01T10:00"),
        ("\u200b2020-02-01\u2060", "2020-02-01T00:00"),
    ],
)
def test_a_time_that_is_clear(text, time):
    moment = moments.read(text, NOW)
    assert f"{moment.at:%Y-%m-%dT%H:%M}" == time
    assert not moment.is_unclear


@pytest.mark.parametrize(
    ("text", "is_day_first", "day", "is_unclear"),
    [
        ("01/02/2020", None, "2020-02-01", True),
        ("01/02/2020", False, "2020-01-02", False),
        ("02/01/2020", None, "2020-02-01", True),
        ("02-01-2020", True, "2020-01-02", False),
        ("5/5/2020", None, "2020-05-05", False),
        # The other order lies in the future.
        ("11/12/2026", None, "2026-11-12", False),
        # What a file says elsewhere does not make a month of 13.
        ("13/02/2020", False, "2020-02-13", False),
    ],
)
def test_where_day_and_month_may_be_swapped_the_later_counts(text, is_day_first, day, is_unclear):
    moment = moments.read(text, NOW, is_day_first)
    assert (f"{moment.at:%Y-%m-%d}", moment.is_unclear) == (day, is_unclear)


@pytest.mark.parametrize(
    "text",
    [
        "31.31.2020",
        "13/13/2020",
        "2999-01-01",
        "1066-10-14",
        "never",
        "12",
        "9" * 400,
        "99:99",
        "Smarch 1 2020",
    ],
)
def test_what_can_be_no_time(text):
    assert moments.read(text, NOW) == moments.Moment(is_bad=True)


@pytest.mark.parametrize("text", ["", " ", "0000-00-00 00:00:00"])
def test_zeros_and_nothing_are_no_time(text):
    assert moments.read(text, NOW) == moments.Moment()


@pytest.mark.parametrize(
    ("text", "proof"),
    [("13/02/2020", True), ("02/13/2020", False), ("02/03/2020", None), ("13.02.2020", None)],
)
def test_a_cell_may_prove_the_order_of_days(text, proof):
    assert moments.day_first(text) is proof
