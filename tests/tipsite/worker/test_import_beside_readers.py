"""An archive is imported while readers read and people sign up: on SQLite, all write into one file by turns.

The long run is for ``make soak``, and prints how long a sign-up waited beside a bare writer of the same file.
"""

import http.client
import itertools
import json
import os
import re
import shutil
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from contextlib import closing
from urllib.parse import urlencode

import pytest

from bench.archive import write_pages
from tests.subscribers.public.signing_up import Person
from tests.tipsite.processes import MANAGE, Site, answer, free_port, wait_until

pytestmark = [
    pytest.mark.processes,
    pytest.mark.once,
    pytest.mark.sqlite,
]
READ = ("/", "/tips/", "/feed/", "/search/?q=customer", "/subscribe/", "/sitemap.xml")


@pytest.fixture
def own_site(prepared_site, tmp_path):
    """A copy of the site, so that what is left behind here is in nobody's way."""
    shutil.copytree(prepared_site.folder, tmp_path / "site")
    copy = Site(tmp_path / "site", f"sqlite:///{tmp_path / 'site' / 'tips.sqlite3'}")
    yield copy
    copy.end_all()


class Visitors:
    """Readers, people who sign up, and a bare writer, each in a thread, until ``stop``; and what they met."""

    def __init__(self, port, file):
        self.port, self.file, self.stop = port, file, threading.Event()
        self.read, self.signed_up = Counter(), Counter()
        self.waits, self.bare_waits, self.read_waits = [0.0], [0.0], [0.0]
        self.threads = []

    def come(self, readers, sign_ups_a_second):
        self._start(self._write, 1 / sign_ups_a_second)
        for place in range(readers):
            self._start(self._go_on_reading, place)
        # Of those who sign up, several may wait at once.
        numbers = itertools.count()
        for place in range(4):
            self._start(self._go_on_signing_up, numbers, place / sign_ups_a_second, 4 / sign_ups_a_second)

    def go(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def _start(self, target, *arguments):
        self.threads.append(threading.Thread(target=target, args=arguments))
        self.threads[-1].start()

    def _ask(self, method, path, body=None, headers=()):
        with closing(http.client.HTTPConnection("localhost", self.port, timeout=120)) as connection:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return response.status, response.read().decode()

    def _go_on_reading(self, place):
        for path in itertools.islice(itertools.cycle(READ), place, None):
            began = time.monotonic()
            self.read[self._ask("GET", path)[0]] += 1
            self.read_waits.append(time.monotonic() - began)
            if self.stop.wait(1):
                return

    def _go_on_signing_up(self, numbers, first, pause):
        page = self._ask("GET", "/subscribe/")[1]
        timestamp = re.search(r'name="timestamp" value="([^"]+)"', page)[1]
        ended = self.stop.wait(first)
        while not ended:
            number = next(numbers)
            network = f"10.{number // 250}.{number % 250}.1"
            person = Person(number, f"a{number}@host{number % 40}.example", network)
            self.signed_up[person.sign_up(self._post, timestamp)] += 1
            ended = self.stop.wait(pause)

    def _post(self, fields, network):
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": network}
        headers["Origin"] = f"http://localhost:{self.port}"
        began = time.monotonic()
        answered = self._ask("POST", "/subscribe/", urlencode(fields), headers)
        self.waits.append(time.monotonic() - began)
        return answered

    def _write(self, pause):
        with closing(sqlite3.connect(self.file, timeout=120, isolation_level=None)) as bare:
            bare.execute("CREATE TABLE IF NOT EXISTS bare (at real)")
            while not self.stop.wait(pause):
                began = time.monotonic()
                bare.execute("INSERT INTO bare VALUES (?)", [began])
                self.bare_waits.append(time.monotonic() - began)
            bare.execute("DROP TABLE bare")


@pytest.mark.parametrize(
    ("pages", "readers", "sign_ups_a_second"),
    [(30, 3, 3), pytest.param(1500, 20, 5, marks=pytest.mark.soak)],
)
def test_nobody_is_refused_while_an_archive_comes_in(
    own_site, tmp_path, capsys, pages, readers, sign_ups_a_second
):
    own_site.environment["TRUSTED_PROXIES"] = "1"
    archive, port = tmp_path / "archive", free_port()
    archive.mkdir()
    stated = write_pages(archive, pages)
    visitors = Visitors(port, own_site.folder / "tips.sqlite3")
    own_site.start("serve", f"--port={port}")
    wait_until(lambda: answer(port) == 200)
    began = time.monotonic()
    visitors.come(readers, sign_ups_a_second)
    try:
        done = subprocess.run(
            [*MANAGE, "import_archive", str(archive), "--json"],
            env=own_site.environment,
            capture_output=True,
            text=True,
        )
        seconds = time.monotonic() - began
    finally:
        visitors.go()
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["created"] == stated
    assert set(visitors.read) == {200}
    assert set(visitors.signed_up) == {200}
    if pages > 100:
        longest, bare, read = map(max, (visitors.waits, visitors.bare_waits, visitors.read_waits))
        with capsys.disabled():
            print(  # noqa: T201 - the figures
                f"\n{stated} tips in {seconds:.0f} s, beside {visitors.read[200]} pages read and"
                f" {visitors.signed_up[200]} sign-ups; the longest wait of a sign-up {longest:.2f} s, of a"
                f" reader {read:.2f} s, of a bare writer {bare:.2f} s; load {os.getloadavg()[0]:.1f}"
            )
        # A reader waits for the machine alone. A sign-up writes besides, all in one transaction.
        assert longest <= max(2, read + 2 * bare)
