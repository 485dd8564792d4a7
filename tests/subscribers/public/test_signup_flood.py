"""A flood of sign-ups: nobody gets two mails, nobody is lost, and the world gets sixty a minute."""

import http.client
import re
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise, repeat
from urllib.parse import urlencode

import pytest
import time_machine
from django.conf import settings

from shield import signed_time
from subscribers.mail import outbox
from subscribers.models import LinkRequest
from tests.subscribers import draining, driven_clock
from tests.subscribers.public.signing_up import Person
from tests.tipsite.processes import Site, answer, free_port, own_database, wait_until
from tipsite.worker import clock as worker_clock

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DESK = "desk@example.org"


def crowd(number, networks):
    """Return so many people; each fifth types an address that was typed before, in capitals."""
    people = []
    for place in range(number):
        network = (
            f"2001:db8:{place % networks:x}::{place:x}"
            if place % 2
            else f"10.{place % networks // 250}.{place % networks % 250}.1"
        )
        address = f"a{place}@host{place % 40}.example"
        if place % 5 == 4:
            address = people[place - 4].address.upper()
        people.append(Person(place, address, network))
    return people


def judge(people, letters_of_minutes):
    """Fail unless each address got one mail, in order, none minute too many, and staff one alert."""
    letters = [letter for minute in letters_of_minutes for letter in minute]
    assert [letter.message["Subject"][:18] for letter in letters if letter.recipients == [DESK]] == [
        "Very many sign-ups"
    ]
    to_readers = [letter.recipients for letter in letters if letter.recipients != [DESK]]
    got = Counter(recipient.lower() for recipients in to_readers for recipient in recipients)
    assert set(got) == {person.address.lower() for person in people}
    assert set(got.values()) == {1}
    per_minute = [sum(letter.recipients != [DESK] for letter in minute) for minute in letters_of_minutes]
    assert max(per_minute) <= outbox.OVERALL.amount
    return per_minute


@pytest.mark.django_db
def test_a_flood_brings_each_address_one_mail_staff_one_alert_and_loses_nobody(client, post_office, settings):
    settings.STAFF_EMAIL, settings.TRUSTED_PROXIES = [DESK], 1
    people, minutes, taken = crowd(130, 40), [], 0

    def post(fields, network):
        headers = {"Origin": "http://testserver", "X-Forwarded-For": f"6.6.6.6, {network}"}
        page = client.post("/subscribe/", fields, headers=headers)
        return page.status_code, page.text

    with time_machine.travel(NOON, tick=False) as clock:
        while taken < len(people) or LinkRequest.objects.filter(mail_state="waiting").exists():
            first = len(post_office.letters)
            for person in people[taken : taken + 100]:
                assert person.sign_up(post, signed_time.timestamp()) == 200
                taken += 1
            assert client.get("/").status_code == 200
            worker_clock.tick(NOON + len(minutes) * MINUTE)
            draining.send_outgoing()
            minutes.append(post_office.letters[first:])
            clock.shift(MINUTE)
            assert len(minutes) < 10
    per_minute = judge(people, minutes)
    assert per_minute == [60, 44]
    assert sum(person.was_asked for person in people) >= len(people) / 2


@pytest.mark.soak
@pytest.mark.processes
def test_five_thousand_sign_ups_from_a_thousand_networks_on_two_web_processes(tmp_path, post_office, capsys):
    """The figures are printed."""
    people, minutes, waits, began = crowd(5000, 1000), [], [], time.monotonic()
    with own_database(tmp_path) as url, Flooded(tmp_path, url, settings.EMAIL_PORT) as site:
        left = people
        while left or minutes[-1]:
            assert len(minutes) < 6 * 60
            first = len(post_office.letters)
            site.set_clock(NOON + len(minutes) * MINUTE)
            with ThreadPoolExecutor(4) as pool:
                now, left, timestamp = left[:100], left[100:], site.timestamp()
                assert set(pool.map(Person.sign_up, now, repeat(site.post), repeat(timestamp))) <= {200}
            start = time.perf_counter()
            assert site.get("/") == 200
            waits.append(time.perf_counter() - start)
            site.work_for_a_minute()
            minutes.append(post_office.letters[first:])
    per_minute = judge(people, minutes)
    busy = [one for one, other in pairwise(per_minute) if other]
    with capsys.disabled():
        print(  # noqa: T201 - the figures
            f"\n{len(people)} sign-ups, {sum(person.was_asked for person in people)} asked a question;"
            f" {sum(per_minute)} mails in {len(per_minute)} driven minutes, at most {max(per_minute)} and at"
            f" least {min(busy)} a minute while any waited; one alert; home answered in at most"
            f" {max(waits) * 1000:.0f} ms; all in {time.monotonic() - began:.0f} s"
        )
    assert min(busy) == outbox.OVERALL.amount


class Flooded(Site):
    """A site of two web processes and a worker, which live by our clock."""

    def __init__(self, folder, url, mail_port):
        super().__init__(folder, url)
        self.port, self.clock = free_port(), self.folder / "clock"
        self.set_clock(NOON)
        self.environment |= {
            "DJANGO_SETTINGS_MODULE": "tipsite.settings",
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}",
            "PORT": str(self.port),
            "STAFF_EMAIL": DESK,
            "TRUSTED_PROXIES": "1",
            driven_clock.CLOCK: str(self.clock),
        }

    def __enter__(self):
        for command in (["migrate", "--verbosity=0"], ["collectstatic", "--no-input", "--verbosity=0"]):
            done = self.manage(*command)
            assert done.returncode == 0, done.stderr
        self.web = self._start(
            "gunicorn",
            "tests.subscribers.driven_clock:application",
            "--workers=2",
            "--no-control-socket",
            f"--bind=127.0.0.1:{self.port}",
            "--log-level=warning",
        )
        self.worker = self._start(
            "tests.subscribers.driven_clock", stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        wait_until(lambda: answer(self.port) == 200)
        return self

    def __exit__(self, *_):
        self.end_all()
        self.worker.stdin.close()
        self.worker.stdout.close()

    def _start(self, *arguments, **streams):
        with self.log.open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=settings.BASE_DIR,
                env=self.environment,
                text=True,
                **{"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, **streams},
            )
        self.started.append(process)
        return process

    def set_clock(self, moment):
        """Make a moment (an aware datetime) now, in all processes."""
        self.now = moment
        self.clock.write_text(str(moment.timestamp()))

    def work_for_a_minute(self):
        """Have the worker do all that is to be done in the present minute."""
        self.worker.stdin.write("\n")
        self.worker.stdin.flush()
        assert self.worker.stdout.readline() == "done\n", self.log.read_text()[-3000:]

    def timestamp(self):
        """Return the timestamp that the box on a page shows now."""
        return re.search(r'name="timestamp" value="([^"]+)"', self._ask("GET", "/")[1]).group(1)

    def post(self, fields, network):
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"http://localhost:{self.port}",
            "X-Forwarded-For": network,
        }
        return self._ask("POST", "/subscribe/", urlencode(fields), headers)

    def get(self, path):
        """Return the status with which a page answers."""
        return self._ask("GET", path)[0]

    def _ask(self, method, path, body=None, headers=()):
        connection = http.client.HTTPConnection("localhost", self.port, timeout=60)
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()
