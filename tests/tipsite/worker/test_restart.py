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

from tests.tipsite import nginx
from tests.tipsite.processes import MANAGE, Site, children, descendants, free_port, wait_until
from tipsite.worker import supervisor

SYSTEMD = shutil.which("systemd-socket-activate")
needs_systemd = pytest.mark.skipif(not SYSTEMD, reason="no systemd-socket-activate on this machine")
pytestmark = [needs_systemd, pytest.mark.processes, pytest.mark.once]

# What systemd is to the site: it holds the socket, and starts the program again whenever that ends.
SERVICE = 'while :; do sh -c \'LISTEN_PID=$$ exec "$@"\' sh "$@"; done'


class Readers:
    """Readers who ask for pages one after another, each over a connection of its own, until told to stop."""

    paths = ("/", "/tips/", "/subscribe/", "/healthz")

    def __init__(self, port, count):
        self.answers, self.port = Counter(), port
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self.read, args=[number]) for number in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    def read(self, number):
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
        wait_until(lambda: self.answers.total() >= aim, seconds=300)


class NginxReaders(Readers):
    """Readers behind nginx, each at an address of their own and over one connection for many requests."""

    def __init__(self, front, count):
        super().__init__(front.port, count)
        self.front = front

    def read(self, number):
        while not self.is_over.is_set():
            with contextlib.closing(self.front.connect(f"127.0.0.{number + 10}")) as connection:
                for path in self.paths * 10:
                    try:
                        self.answers[nginx.ask(connection, path)[0]] += 1
                    except (OSError, http.client.HTTPException) as error:
                        self.answers[repr(error)] += 1
                        break


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


def restart_and_renew(site, holder, readers, more, times=1):
    """Restart the program and then renew its processes while readers come."""

    def is_logged(words, count):
        wait_until(lambda: site.log.read_text().count(words) == count, seconds=180)

    readers.wait_for(more)
    is_logged("The site is at", times)
    first = program(holder)
    os.kill(first, signal.SIGTERM)
    is_logged("The site is at", times + 1)
    readers.wait_for(more)
    second = program(holder)
    assert second != first
    os.kill(second, supervisor.RENEW)
    is_logged("The new web server has taken over.", times)
    readers.wait_for(more)
    # The processes that were replaced have ended by themselves.
    wait_until(lambda: len(children(second, "gunicorn")) == 1, seconds=120)
    assert program(holder) == second


def test_a_restart_and_a_renewal_lose_no_request(site):
    port = free_port()
    with service(site, port) as holder, Readers(port, count=4) as readers:
        restart_and_renew(site, holder, readers, more=80)
    assert set(readers.answers) == {200}
    assert "Traceback" not in site.log.read_text()


@pytest.mark.soak
@nginx.needs_nginx
def test_restarts_and_renewals_behind_nginx_lose_none_of_five_thousand_requests(site, tmp_path):
    site = Site(site.folder, site.environment["DATABASE_URL"])
    site.environment |= nginx.REAL_SITE
    assert site.manage("error_pages").returncode == 0
    port = free_port()
    front = nginx.Nginx(tmp_path, port, site.folder)
    with service(site, port) as holder, front.running(), NginxReaders(front, count=8) as readers:
        for times in range(1, 4):
            restart_and_renew(site, holder, readers, more=600, times=times)
    assert readers.answers.total() > 5000
    assert set(readers.answers) == {200}


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
