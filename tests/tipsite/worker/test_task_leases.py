from datetime import UTC, datetime, timedelta

import pytest
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from tipsite.models import Heartbeat
from tipsite.worker import task_leases

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def after(seconds):
    return NOON + timedelta(seconds=seconds)


def beat_until(worker_id, start, end):
    for seconds in range(start, end + 1, 5):
        task_leases.beat(worker_id, after(seconds))


def task_of(*worker_ids, status=TaskResultStatus.RUNNING):
    return DBTaskResult.objects.create(
        task_path="tests.tipsite.jobs.note",
        args_kwargs={"args": [], "kwargs": {}},
        run_after=NOON,
        started_at=NOON,
        backend_name="default",
        status=status,
        worker_ids=list(worker_ids),
    )


def status_of(task):
    task.refresh_from_db()
    return task.status


def test_it_queues_again_what_a_killed_worker_had_in_hand():
    task_leases.beat("killed", NOON)
    task = task_of("killed")
    beat_until("alive", 0, 60)
    assert task_leases.sweep(after(61)) == 1
    assert status_of(task) == TaskResultStatus.READY
    assert task in DBTaskResult.objects.ready()


def test_it_leaves_a_long_task_to_a_worker_that_lives():
    task = task_of("busy")
    beat_until("busy", 0, 3600)
    assert task_leases.sweep(after(3601)) == 0
    assert status_of(task) == TaskResultStatus.RUNNING


def test_it_takes_a_worker_that_was_never_heard_for_dead():
    task = task_of("unheard")
    beat_until("alive", 0, 60)
    task_leases.sweep(after(61))
    assert status_of(task) == TaskResultStatus.READY


def test_it_frees_at_once_what_a_worker_held_that_has_left():
    beat_until("leaving", 0, 55)
    beat_until("alive", 0, 60)
    task = task_of("leaving")
    task_leases.leave("leaving")
    task_leases.sweep(after(61))
    assert status_of(task) == TaskResultStatus.READY


def test_it_gives_the_others_time_to_be_heard_after_all_were_silent():
    task = task_of("busy")
    for worker in ("first", "busy"):
        beat_until(worker, 0, 60)
    # The machine sleeps for an hour, and one worker wakes before the other.
    task_leases.beat("first", after(3660))
    assert task_leases.sweep(after(3661)) == 0
    beat_until("busy", 3665, 3700)
    beat_until("first", 3665, 3700)
    assert task_leases.sweep(after(3701)) == 0
    assert status_of(task) == TaskResultStatus.RUNNING


def test_it_does_nothing_where_nobody_works():
    task = task_of("killed")
    assert task_leases.sweep(NOON) == 0
    assert status_of(task) == TaskResultStatus.RUNNING


def test_it_gives_up_a_task_that_outlived_no_worker():
    task = task_of("first", "second", "third")
    beat_until("alive", 0, 60)
    task_leases.sweep(after(61))
    assert status_of(task) == TaskResultStatus.FAILED
    assert "3 workers" in task.traceback
    # What the queue shows of a failed task can be shown.
    assert task.exception_class_path == "tipsite.worker.task_leases.WorkerLostError"


@pytest.mark.parametrize("status", [TaskResultStatus.SUCCESSFUL, TaskResultStatus.FAILED])
def test_it_leaves_finished_tasks_alone(status):
    task = task_of("killed", status=status)
    beat_until("alive", 0, 60)
    assert task_leases.sweep(after(61)) == 0
    assert status_of(task) == status


def test_it_forgets_workers_that_have_been_gone_for_a_day():
    task_leases.beat("old", NOON)
    beat_until("alive", 90_000, 90_060)
    task_leases.sweep(after(90_061))
    assert list(Heartbeat.objects.values_list("worker_id", flat=True)) == ["alive"]


def test_it_says_since_when_a_worker_beats_without_a_gap():
    beat_until("worker", 0, 60)
    assert Heartbeat.objects.get().since == NOON
    task_leases.beat("worker", after(3600))
    assert Heartbeat.objects.get().since == after(3600)
