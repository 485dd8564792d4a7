"""Which workers live, and what becomes of the claims of those who died."""

from datetime import timedelta

import pytest
from django.utils import timezone

from subscribers.delivery import claims, heartbeat
from subscribers.models import Heartbeat, SenderLease

pytestmark = pytest.mark.django_db


def silent(watch, *moments):
    """Return the ids of the silent workers at each moment."""
    return [[row.pk for row in watch.silent(moment)] for moment in moments]


def test_a_worker_that_was_killed_is_dead_after_a_lease_and_not_before():
    heartbeat.renew("killed")
    assert silent(heartbeat.Watch(), 0, 10, 20, 30, 31) == [[], [], [], [], ["killed"]]


@pytest.mark.parametrize("ahead", [timedelta(hours=-1), timedelta(seconds=-40), timedelta(seconds=40)])
def test_a_worker_lives_as_long_as_it_beats_whatever_its_clock_says(ahead):
    watch = heartbeat.Watch()
    for moment in range(0, 90, 5):
        heartbeat.renew("busy")
        seen_at = timezone.now() + ahead + timedelta(seconds=moment)
        Heartbeat.objects.update(seen_at=seen_at)
        assert silent(watch, moment) == [[]]
    assert silent(watch, 95, 105, 115, 116) == [[], [], [], ["busy"]]


def test_who_did_not_look_for_a_while_takes_nobody_for_dead():
    heartbeat.renew("there")
    assert silent(heartbeat.Watch(), 0, 10, 20, 60, 70, 80, 90, 91) == [[]] * 7 + [["there"]]


def test_it_gives_the_others_time_to_be_heard_after_all_were_asleep():
    watch = heartbeat.Watch()
    heartbeat.renew("busy")
    assert silent(watch, 0, 10, 20) == [[]] * 3
    # The machine sleeps for an hour, and the worker that watches wakes before the other.
    assert silent(watch, 3620, 3630) == [[]] * 2
    heartbeat.renew("busy")
    assert silent(watch, 3640, 3650, 3660) == [[]] * 3


def test_a_worker_that_is_heard_at_the_last_moment_keeps_its_claims():
    watch, lease_id = heartbeat.Watch(), claims.new_lease("there")
    for moment in (0, 14, 28):
        watch.silent(moment)
    (dead,) = watch.silent(31)
    Heartbeat.objects.update(seen_at=dead.seen_at + timedelta(microseconds=1))
    assert not claims._expire(dead)
    assert SenderLease.objects.get().pk == lease_id


def test_a_worker_that_was_taken_for_dead_gets_a_heartbeat_with_its_next_lease():
    watch = heartbeat.Watch()
    claims.new_lease("asleep")
    assert [claims.sweep(watch, moment) for moment in (0, 14, 28, 31)] == [0, 0, 0, 1]
    assert not Heartbeat.objects.exists()
    claims.new_lease("asleep")
    assert Heartbeat.objects.get().pk == "asleep"


def test_a_worker_that_ends_leaves_what_a_connection_that_hangs_still_has():
    lease_id = claims.new_lease("ending")
    heartbeat.end("ending")
    assert Heartbeat.objects.exists()
    claims.close(lease_id)
    heartbeat.end("ending")
    assert not Heartbeat.objects.exists()
