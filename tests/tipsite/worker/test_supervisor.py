"""What stays beside the site's processes for as long as these run."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from django.conf import settings

from tests.tipsite.processes import wait_until
from tipsite.worker import child_processes, supervisor
from tipsite.worker.child_processes import PROGRAM, Child
from tipsite.worker.stop_signal import Stop

# A program that says that it is ready, and one that does not; each writes down its start and its end.
WEB = """
import os, signal, sys, time
sys.stdout.reconfigure(line_buffering=True)
def end(*_): print("web", os.path.basename(os.getcwd()), "ends", flush=True); os._exit(0)
signal.signal(signal.SIGTERM, end)
print("web", os.path.basename(os.getcwd()), "starts")
os.write(int(os.environ["TIPS_READY_FD"]), b".")
while True: time.sleep(1)
"""
WORKER = WEB.replace('"web"', '"worker"').replace('os.write(int(os.environ["TIPS_READY_FD"]), b".")', "")
BROKEN = "raise SystemExit(7)"


@pytest.fixture
def folder(tmp_path):
    """A folder with two releases, and a link to the first of them."""
    for name, web in (("one", WEB), ("two", WEB), ("bad", BROKEN)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "web.py").write_text(web)
        (tmp_path / name / "worker.py").write_text(WORKER)
    (tmp_path / "live").symlink_to("one")
    return tmp_path


class Supervised:
    """A supervisor in a process of its own, over a web server and a worker that only say what they do."""

    def __init__(self, folder):
        self.folder, self.log = folder, folder / "log"
        children = [
            Child("web server", [sys.executable, f"{PROGRAM}/web.py"], {}, says_ready=True),
            Child("worker", [sys.executable, f"{PROGRAM}/worker.py"], {}),
        ]
        plan = supervisor.Plan(children, str(folder / "live"), "Ready.\n")
        words = f"supervisor.Plan([Child(**each) for each in {[vars_of(c) for c in children]}], "
        code = "from tipsite.worker import supervisor; from tipsite.worker.child_processes import Child; "
        code += words + f"{plan.program!r}, {plan.announcement!r}).run({str(settings.BASE_DIR)!r})"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", code], cwd=settings.BASE_DIR, stdout=log, stderr=log
            )
        self.wait_for("Ready.", "web one starts", "worker one starts")

    def lines(self):
        return self.log.read_text().splitlines()

    def wait_for(self, *words):
        wait_until(lambda: all(any(word in line for line in self.lines()) for word in words))

    def point_to(self, release):
        (self.folder / "next").symlink_to(release)
        os.replace(self.folder / "next", self.folder / "live")
        self.process.send_signal(supervisor.RENEW)


def vars_of(child):
    return {name: getattr(child, name) for name in ("name", "command", "environment", "says_ready")}


@pytest.fixture
def supervised(folder):
    running = Supervised(folder)
    yield running
    running.process.terminate()
    running.process.wait(timeout=60)


def test_a_renewal_starts_the_program_that_the_link_leads_to_before_the_old_one_ends(supervised):
    supervised.point_to("two")
    supervised.wait_for(
        "web two starts", "web one ends", "worker two starts", "The new web server has taken over"
    )
    lines = [line for line in supervised.lines() if line.split()[0] in ("web", "worker")]
    assert lines.index("web two starts") < lines.index("web one ends")
    assert lines.index("worker one ends") < lines.index("worker two starts")
    # A program that does not start leaves the one that runs in its place.
    supervised.point_to("bad")
    supervised.wait_for("The new web server ended (status 7) before it was ready; the old one goes on.")
    assert "web two ends" not in supervised.lines()
    supervised.point_to("gone")
    supervised.wait_for("The web server cannot be started")
    assert "web two ends" not in supervised.lines()
    supervised.process.terminate()
    assert supervised.process.wait(timeout=60) == 0
    assert "web two ends" in supervised.lines()


def test_it_tells_systemd_when_all_are_ready_and_when_it_ends(folder, monkeypatch):
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as systemd:
        systemd.bind(str(folder / "notify"))
        systemd.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(folder / "notify"))
        running = Supervised(folder)
        assert systemd.recv(100) == b"READY=1"
        running.process.send_signal(signal.SIGTERM)
        assert systemd.recv(100) == b"STOPPING=1"
        assert running.process.wait(timeout=60) == 0


def test_what_dies_again_and_again_is_brought_back_after_longer_pauses(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(child_processes, "FIRST_PAUSE", 0.01)
    child = Child("web server", [sys.executable, "-c", BROKEN], {})
    child.program = str(tmp_path)

    def is_dead_thrice():
        child.tend()
        return child.deaths == 3

    wait_until(is_dead_thrice)
    assert child.due > time.monotonic()
    assert [record.args[2] for record in caplog.records] == [0.01, 0.02, 0.04]
    child.kill()


def test_the_supervisor_has_nothing_of_django_nor_of_the_site_in_memory():
    code = "import sys, tipsite.worker.supervisor; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & {"django", "gunicorn", "tips", "subscribers", "shield", "desk", "logging.config"}


def test_its_end_waits_for_nobody_who_was_asked_twice(tmp_path):
    stop = Stop()
    child = Child("sleeper", ["sleep", "600"], {})
    running = supervisor.Supervisor([child], str(tmp_path), "", stop)
    child.program = str(tmp_path)
    child.tend()
    stop.request()
    stop.request()
    running.run()
    assert not child.runs
