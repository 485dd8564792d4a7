from datetime import UTC, datetime

import pytest
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from subscribers.delivery import heartbeat
from tipsite.worker import task_leases

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


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


def test_it_queues_again_what_a_dead_worker_had_in_hand():
    heartbeat.renew("alive")
    task = task_of("alive", "dead")
    assert task_leases.sweep(NOON) == 1
    assert status_of(task) == TaskResultStatus.READY
    assert task in DBTaskResult.objects.ready()


def test_it_leaves_a_task_to_a_worker_that_lives():
    heartbeat.renew("busy")
    task = task_of("busy")
    assert task_leases.sweep(NOON) == 0
    assert status_of(task) == TaskResultStatus.RUNNING


def test_it_frees_at_once_what_a_worker_held_that_has_ended():
    heartbeat.renew("leaving")
    task = task_of("leaving")
    heartbeat.end("leaving")
    task_leases.sweep(NOON)
    assert status_of(task) == TaskResultStatus.READY


def test_a_worker_gives_back_its_own_tasks_and_no_others():
    heartbeat.renew("mine")
    mine, other = task_of("other", "mine"), task_of("mine", "other")
    assert task_leases.give_back("mine", NOON) == 1
    assert [status_of(mine), status_of(other)] == [TaskResultStatus.READY, TaskResultStatus.RUNNING]


def test_it_gives_up_a_task_that_outlived_no_worker():
    task = task_of("first", "second", "third")
    task_leases.sweep(NOON)
    assert status_of(task) == TaskResultStatus.FAILED
    assert "3 workers" in task.traceback
    # What the queue shows of a failed task can be shown.
    assert task.exception_class_path == "tipsite.worker.task_leases.WorkerLostError"


@pytest.mark.parametrize("status", [TaskResultStatus.SUCCESSFUL, TaskResultStatus.FAILED])
def test_it_leaves_finished_tasks_alone(status):
    task = task_of("killed", status=status)
    assert task_leases.sweep(NOON) == 0
    assert status_of(task) == status
