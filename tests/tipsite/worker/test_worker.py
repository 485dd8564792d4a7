import json
import signal

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from subscribers.delivery import heartbeat
from subscribers.models import Heartbeat
from tests.subscribers import mailserver
from tests.tipsite import jobs
from tests.tipsite.processes import enqueue, results, wait_until
from tipsite.worker.stop_signal import Stop
from tipsite.worker.worker import Background


@pytest.mark.processes
def test_it_runs_what_is_queued_and_ends_when_told_to(site, tmp_path):
    worker = site.start("worker")
    enqueue(site, f"leave_note.enqueue(path={str(tmp_path / 'note')!r})")
    wait_until((tmp_path / "note").exists)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=60) == 0
    assert "Traceback" not in site.log.read_text()


@pytest.mark.processes
def test_it_finishes_the_task_in_hand_before_it_ends(site, tmp_path):
    begun, go_on, never = (tmp_path / name for name in ("begun", "go on", "never"))
    worker = site.start("worker")
    enqueue(site, f"wait_for_file.enqueue(started={str(begun)!r}, awaited={str(go_on)!r})")
    wait_until(begun.exists)
    enqueue(site, f"leave_note.enqueue(path={str(never)!r})")
    worker.send_signal(signal.SIGTERM)
    go_on.write_text("")
    assert worker.wait(timeout=60) == 0
    assert "SUCCESSFUL" in results(site, "tests.tipsite.jobs.wait_for_file")
    assert not never.exists()


SLOW, PROMPT = "slow@example.org", "prompt@example.org"
ASK = f"""
from subscribers.people import subscriptions
from tests.subscribers.making import make_people, open_mailing
make_people(3)
open_mailing()
for address in ("{PROMPT}", "{SLOW}"):
    subscriptions.request(address)
"""


@pytest.mark.processes
def test_it_sends_what_rows_ask_for_with_any_engine_of_tasks_and_one_slow_answer_holds_up_no_mailing(
    site, monkeypatch
):
    with mailserver.running() as server:
        server.script = lambda stage, who, number: mailserver.HANG if who == SLOW else None
        monkeypatch.setitem(site.environment, "EMAIL_URL", f"smtp://127.0.0.1:{server.port}")
        engine = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
        monkeypatch.setitem(site.environment, "TASKS", json.dumps(engine))
        site.start("worker")
        asked = site.manage("shell", "--verbosity=0", "--command", ASK)
        assert asked.returncode == 0, asked.stderr
        readers = {f"reader{number}@host{number}.example" for number in range(3)}
        wait_until(lambda: {PROMPT, *readers} <= set(server.recipients) and server.asked[SLOW])
        assert SLOW not in server.recipients
        site.end_all()


@pytest.fixture
def stop():
    return Stop()


@pytest.fixture
def worker(stop, monkeypatch):
    """A worker inside the test, whose pauses are cut short."""
    background = Background(stop, interval=0)
    monkeypatch.setattr("tipsite.worker.worker.LONGEST_PAUSE", 0)
    return background


@pytest.mark.django_db(transaction=True)
def test_it_runs_all_that_is_queued(worker, tmp_path):
    for name in ("first", "second"):
        jobs.leave_note.enqueue(path=str(tmp_path / name))
    worker._attempt(worker._work)
    assert {each.name for each in tmp_path.iterdir()} == {"first", "second"}


@pytest.mark.django_db(transaction=True)
def test_it_says_that_it_lives_before_it_claims_a_task(worker, tmp_path):
    jobs.leave_note.enqueue(path=str(tmp_path / "note"))
    worker._attempt(worker._work)
    assert DBTaskResult.objects.get().worker_ids == [Heartbeat.objects.get().worker_id]


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_a_database_that_is_away_and_says_so_once(worker, monkeypatch, caplog):
    def refuse(worker_id):
        raise OperationalError("the database system is starting up")

    with monkeypatch.context() as patch:
        patch.setattr(heartbeat, "renew", refuse)
        assert not worker._attempt(worker._renew_heartbeat)
        assert not worker._attempt(worker._renew_heartbeat)
    assert worker._attempt(worker._renew_heartbeat)
    said = [record.getMessage() for record in caplog.records]
    assert len([each for each in said if "starting up" in each]) == 1
    assert said[-1] == "The database answers again."


@pytest.mark.django_db(transaction=True)
def test_it_runs_a_task_that_could_not_report_once_more(worker, tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError("server closed the connection unexpectedly")

    jobs.leave_note.enqueue(path=str(tmp_path / "note"))
    with monkeypatch.context() as patch:
        patch.setattr(DBTaskResult, "set_successful", refuse)
        patch.setattr(DBTaskResult, "set_failed", refuse)
        assert not worker._attempt(worker._work)
    task = DBTaskResult.objects.get()
    assert task.status == TaskResultStatus.RUNNING
    assert worker._attempt(worker._work)
    task.refresh_from_db()
    assert task.status == TaskResultStatus.SUCCESSFUL
    assert task.worker_ids == [worker.worker_id] * 2


@pytest.mark.django_db
def test_a_health_check_is_told_whether_a_worker_of_this_machine_lives():
    with pytest.raises(CommandError, match="No worker of this machine") as refused:
        call_command("worker", "--is-alive")
    assert refused.value.returncode == 1
    heartbeat.renew("a")
    call_command("worker", "--is-alive")
    Heartbeat.objects.update(host="elsewhere")
    with pytest.raises(CommandError):
        call_command("worker", "--is-alive")
