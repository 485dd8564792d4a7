"""Long runs, by `make soak` only: what must hold however often processes and databases die."""

import os
import random
import signal
import time

import pytest

from tests.postgres import running_server
from tests.tipsite.processes import (
    Site,
    answer,
    children,
    descendants,
    enqueue,
    free_port,
    is_alive,
    results,
    wait_until,
)

pytestmark = [pytest.mark.soak, pytest.mark.processes]
KILLS = 40


def test_a_site_outlives_any_number_of_killed_processes(site):
    port = free_port()
    serve = site.start("serve", f"--port={port}")
    wait_until(lambda: answer(port) == 200)
    chance = random.Random(1)
    for _ in range(KILLS):
        os.kill(chance.choice(wait_until(lambda: descendants(serve.pid))), signal.SIGKILL)
        wait_until(lambda: children(serve.pid, "gunicorn") and children(serve.pid, " worker"), seconds=10)
        assert answer(port) == 200
    started = descendants(serve.pid)
    serve.send_signal(signal.SIGTERM)
    assert serve.wait(timeout=30) == 0
    assert not [each for each in started if is_alive(each)]


def test_a_task_of_a_killed_worker_is_run_by_the_next_one(site, tmp_path):
    begun, go_on = tmp_path / "begun", tmp_path / "go on"
    worker = site.start("worker")
    enqueue(site, f"wait_for_file.enqueue(started={str(begun)!r}, awaited={str(go_on)!r})")
    wait_until(begun.exists)
    worker.kill()
    worker.wait()
    go_on.write_text("")
    site.start("worker")
    path = "tests.tipsite.jobs.wait_for_file"
    wait_until(lambda: "SUCCESSFUL" in results(site, path), seconds=180)
    assert "RUNNING" not in results(site, path)


@pytest.mark.parametrize("manner", [signal.SIGINT, signal.SIGQUIT])
def test_a_worker_outlives_a_restart_of_its_database(tmp_path, manner):
    with running_server() as server:
        site = Site(tmp_path, server.url)
        assert site.manage("migrate", "--verbosity=0").returncode == 0
        worker = site.start("worker")
        try:
            for number in range(2):
                note = tmp_path / f"note {number}"
                enqueue(site, f"leave_note.enqueue(path={str(note)!r})")
                wait_until(note.exists)
                server.stop(manner)
                wait_until(lambda: "does not answer" in site.log.read_text())
                time.sleep(3)
                assert worker.poll() is None
                server.start()
            wait_until(lambda: "answers again" in site.log.read_text())
            assert "Traceback" not in site.log.read_text()
        finally:
            site.end_all()
