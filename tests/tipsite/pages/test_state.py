"""The state of the site: which moments it lies between, and when it is another."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction

from tests.tips.making import make_tip
from tips.models import Edition, Tip
from tipsite.pages import state
from tipsite.pages.state import Watch

pytestmark = pytest.mark.django_db
# On PostgreSQL the edition is raised as a transaction ends.
in_transactions = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(state, "_LOADED_AT", 0)
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def watch():
    return Watch()


def span(state):
    return tuple(datetime.fromtimestamp(each, UTC) for each in (state.since, state.until))


def test_a_state_lies_between_the_moments_around_it(watch, clock):
    make_tip(publish_at=NOON - HOUR)
    make_tip(undated=True, publish_at=None)
    # Two at one moment.
    make_tip(publish_at=NOON + HOUR), make_tip(publish_at=NOON + HOUR)
    make_tip(publish_at=NOON + 3 * HOUR)
    first = watch.newest()
    assert span(first) == (NOON - HOUR, NOON + HOUR)
    assert watch.newest() is first
    clock.move_to(NOON + HOUR - timedelta(milliseconds=1))
    assert watch.state() is first
    clock.move_to(NOON + HOUR)
    assert span(watch.state()) == (NOON + HOUR, NOON + 3 * HOUR)
    clock.move_to(NOON + 4 * HOUR)
    last = watch.state()
    assert (last.since, last.until) == ((NOON + 3 * HOUR).timestamp(), float("inf"))


@in_transactions
def test_a_tip_that_is_moved_earlier_makes_another_state(watch):
    tip = make_tip(publish_at=NOON + 5 * HOUR)
    before = watch.newest()
    Tip.objects.filter(pk=tip.pk).update(publish_at=NOON + HOUR)
    after = watch.newest()
    assert after.until == (NOON + HOUR).timestamp()
    assert after.number == before.number + 1


def test_a_night_in_which_the_clocks_change_has_each_moment_once(watch, clock):
    # New York, 2 o'clock: the hour before comes twice.
    change = datetime(2026, 11, 1, 6, tzinfo=UTC)
    make_tip(publish_at=change - HOUR / 2), make_tip(publish_at=change + HOUR / 2)
    clock.move_to(change - HOUR)
    assert watch.newest().until == (change - HOUR / 2).timestamp()
    clock.move_to(change)
    assert span(watch.newest()) == (change - HOUR / 2, change + HOUR / 2)


def test_what_is_taken_back_makes_no_other_state_that_lasts(watch):
    tip = make_tip(publish_at=NOON - HOUR)
    before = watch.newest()
    with transaction.atomic():
        Tip.objects.filter(pk=tip.pk).update(title="Never said")
        transaction.set_rollback(True)
    assert watch.newest() is before


def test_a_clock_that_is_set_back_makes_another_state_with_a_later_date(watch, clock):
    make_tip(publish_at=NOON)
    before = watch.newest()
    clock.move_to(NOON - HOUR)
    assert not before.covers((NOON - HOUR).timestamp())
    after = watch.state()
    assert after.until == NOON.timestamp()
    assert after.number > before.number
    assert after.modified_at > before.modified_at
    clock.move_to(NOON)
    assert watch.state().modified_at > after.modified_at


def test_each_hour_has_another_time_in_its_forms(watch, clock):
    make_tip(publish_at=NOON - HOUR)
    # The database has the true clock.
    Edition.objects.update(moment=0, clock=0)
    before = watch.newest()
    clock.move_to(NOON + HOUR)
    after = watch.newest()
    assert after.number == before.number + 1
    assert after.modified_at == (NOON + HOUR).timestamp()


def test_the_date_of_a_state_is_later_after_each_change(watch):
    tip = make_tip(publish_at=NOON - HOUR)
    dates = []
    for number in range(5):
        Tip.objects.filter(pk=tip.pk).update(title=f"Said {number} times")
        # On PostgreSQL the edition is raised as a transaction ends, and a test is one.
        Edition.objects.update(number=100 + number)
        dates.append(watch.newest().modified_at)
    assert dates == sorted({*dates})


def test_the_database_is_asked_once_within_a_moment(watch, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(state, "LOOK_EVERY", 3600)
    watch.newest()
    with django_assert_num_queries(0):
        assert watch.state()
    watch.look_again()
    with django_assert_num_queries(1):
        assert watch.state()
        assert watch.state()


def test_what_changes_while_the_database_is_asked_is_asked_for_again(watch, monkeypatch):
    monkeypatch.setattr(state, "LOOK_EVERY", 3600)
    read = watch._read

    def change_then(now):
        found = read(now)
        Edition.objects.update(number=100)
        watch.look_again()
        return found

    monkeypatch.setattr(watch, "_read", change_then)
    watch.newest()
    monkeypatch.setattr(watch, "_read", read)
    assert watch.state().edition[0] == 100
