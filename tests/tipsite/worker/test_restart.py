"""A restart and a renewal under load: no request is lost, since the listening socket outlives the program."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter

import pytest
from django.conf import settings

from tests.tipsite.processes import MANAGE, children, descendants, free_port, wait_until
from tipsite.worker import supervisor

SYSTEMD = shutil.which("systemd-socket-activate")
needs_systemd = pytest.mark.skipif(not SYSTEMD, reason="no systemd-socket-activate on this machine")
pytestmark = [needs_systemd, pytest.mark.processes, pytest.mark.once]

# What systemd is to the site: it holds the socket, and starts the program again whenever that ends.
SERVICE = 'while :; do sh -c \'LISTEN_PID=$$ exec "$@"\' sh "$@"; done'


class Readers:
    """Readers who ask for pages one after another, each over a connection of its own, until told to stop."""

    def __init__(self, port, count, paths=("/", "/tips/", "/subscribe/", "/healthz")):
        self.answers, self.port, self.paths = Counter(), port, paths
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self.read) for _ in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    def read(self):
        while not self.is_over.is_set():
            for path in self.paths:
                self.answers[self.ask(path)] += 1

    def ask(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            try:
                connection.request("GET", path, headers={"Host": "localhost"})
                response = connection.getresponse()
                response.read()
                return response.status
            except (OSError, http.client.HTTPException) as error:
                return repr(error)

    def wait_for(self, more):
        """Wait until so many more answers have come."""
        aim = self.answers.total() + more
        wait_until(lambda: self.answers.total() >= aim, seconds=120)


def activate(site, place):
    """The command that listens, and hands over the socket, and what it is told of the environment."""
    named = [f"--setenv={name}={value}" for name, value in site.environment.items()]
    return ["systemd-socket-activate", *named, f"--listen={place}"]


@contextlib.contextmanager
def service(site, port):
    """A service like systemd's, whose socket is held by ``systemd-socket-activate``."""
    command = [*activate(site, f"127.0.0.1:{port}"), "sh", "-c", SERVICE, "sh"]
    with site.log.open("w") as log:
        process = subprocess.Popen(
            [*command, *MANAGE, "serve", "--without-worker"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        wait_until(lambda: "Listening on" in site.log.read_text())
        yield process
    finally:
        for pid in [process.pid, *descendants(process.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def program(holder):
    """The process of ``serve``, once its web server is there."""
    return wait_until(lambda: [each for each in children(holder.pid) if children(each, "gunicorn")])[0]


def restart_and_renew(site, holder, readers, more):
    """Restart the program and then renew its processes while readers come; return what they were answered."""
    readers.wait_for(more)
    first = program(holder)
    os.kill(first, signal.SIGTERM)
    readers.wait_for(more)
    second = program(holder)
    assert second != first
    wait_until(lambda: site.log.read_text().count("The site is at") == 2)
    os.kill(second, supervisor.RENEW)
    wait_until(lambda: "The new web server has taken over." in site.log.read_text())
    readers.wait_for(more)
    # The processes that were replaced have ended by themselves.
    wait_until(lambda: len(children(second, "gunicorn")) == 1)
    assert program(holder) == second


def test_a_restart_and_a_renewal_lose_no_request(site):
    port = free_port()
    with service(site, port) as holder, Readers(port, count=4) as readers:
        restart_and_renew(site, holder, readers, more=80)
    assert set(readers.answers) == {200}
    assert "Traceback" not in site.log.read_text()


@pytest.mark.parametrize("count", [1, 2])
def test_what_systemd_hands_over_must_be_one_tcp_socket(count, tmp_path):
    places = [tmp_path / f"socket-{number}" for number in range(count)]
    code = "from tipsite.worker import listening; listening.inherited()"
    named = [*(f"--listen={each}" for each in places), f"--setenv=PYTHONPATH={settings.BASE_DIR}"]
    command = ["systemd-socket-activate", *named, sys.executable, "-c", code]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        wait_until(places[-1].exists)
        with socket.socket(socket.AF_UNIX) as client:
            wait_until(lambda: client.connect_ex(str(places[-1])) == 0)
            words = process.stderr.read()
    assert "UnusableSocketError: systemd hands over" in words
    assert "tips.socket" in words
