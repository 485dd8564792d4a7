"""Which backups of a folder are kept: 7 daily, 5 weekly, 12 monthly ones."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from tipsite.backup import folder

pytestmark = pytest.mark.once
FIRST = datetime(2025, 1, 1, 3, 20, tzinfo=UTC)


def after_nights(number, each_night=1, skip=()):
    """Return what is kept after so many nights, in each of which a backup is taken and old ones go."""
    kept = set()
    for night in range(number):
        if night not in skip:
            kept |= {FIRST + timedelta(days=night, hours=3 * run) for run in range(each_night)}
            kept -= folder.expired(kept)
            assert len(kept) <= 24
    return kept


@pytest.mark.parametrize("each_night", [1, 3])
def test_over_a_year_the_newest_of_each_day_week_and_month_stay(each_night):
    nights = 500
    kept = after_nights(nights, each_night)
    last = FIRST + timedelta(days=nights - 1, hours=3 * (each_night - 1))
    assert last.date().isoformat() == "2026-05-15"
    daily = {last - timedelta(days=days) for days in range(7)}
    # Sundays end their weeks, but for the week that is under way.
    sundays = {datetime(2026, 4, day, 0, tzinfo=UTC).date() for day in (19, 26)} | {
        datetime(2026, 5, day, 0, tzinfo=UTC).date() for day in (3, 10)
    }
    months = [datetime(2025, month, 1, tzinfo=UTC) for month in range(7, 13)]
    months += [datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 6)]
    month_ends = {(first - timedelta(days=1)).date() for first in months}
    assert {moment.date() for moment in kept} == {each.date() for each in daily} | sundays | month_ends
    assert daily <= kept


def test_where_no_more_are_taken_none_goes():
    kept = after_nights(60)
    assert folder.expired(kept) == set()
    # After a gap of months what is there counts on.
    assert after_nights(200, skip=range(60, 190)) > {FIRST + timedelta(days=59)}


def test_of_two_on_a_day_the_newer_one_stays():
    moments = [FIRST, FIRST + timedelta(hours=1)]
    assert folder.expired(moments) == {FIRST}


def test_only_files_that_are_ours_by_name_go(tmp_path):
    night = timedelta(days=1)
    for number in range(20):
        (tmp_path / folder.name(FIRST + number * night)).write_bytes(b"x")
    others = ["tips-20250101-032000.tar.part", "all.tar", "tips-20259999-999999.tar"]
    for name in others:
        (tmp_path / name).write_bytes(b"x")
    gone = folder.remove_expired(tmp_path)
    assert gone[0].name == "tips-20250101-032000.tar"
    left = {path.name for path in tmp_path.iterdir()}
    assert set(others) <= left
    # Seven days, and before these the two Sundays 5 and 12 January 2025.
    assert len(left) - len(others) == 9
    assert {"tips-20250105-032000.tar", "tips-20250112-032000.tar", "tips-20250120-032000.tar"} <= left


def test_what_a_killed_run_left_goes_after_a_day_and_what_another_writes_now_stays(tmp_path):
    for name in ("killed", "now"):
        (tmp_path / f"{folder.BEGUN}{name}").mkdir()
        (tmp_path / f"{folder.BEGUN}{name}" / "backup.tar").write_bytes(b"every address")
    os.utime(tmp_path / f"{folder.BEGUN}killed", (0, 0))
    assert folder.remove_expired(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == [f"{folder.BEGUN}now"]
