"""Long runs, by `make soak` only: mail to thousands while workers and the database die."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from django.conf import settings

from tests.postgres import running_server
from tests.subscribers import mailserver
from tests.subscribers.mailserver import DROP, HANG
from tests.subscribers.workers import Workers
from tests.tipsite.processes import wait_until

pytestmark = [pytest.mark.soak, pytest.mark.processes]
KILLS = 20
PREPARE = """
import django, sys
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.subscribers.making import make_people, open_mailing
make_people(int(sys.argv[1]), domains=40)
open_mailing()
"""
RESUME = """
import django
django.setup()
from django.contrib.auth import get_user_model
from subscribers.mailings import control
from subscribers.models import Mailing, Suppression
assert not Suppression.objects.exists()
pia = get_user_model().objects.create_superuser("pia", "pia@example.org", "pw")
control.resume(Mailing.objects.get(), by=pia)
"""


COUNTED = """
import django
django.setup()
from subscribers.delivery import counting
assert counting.differences() == {}
"""


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def place(request, tmp_path, monkeypatch):
    """Give (workers of an empty database, its server or None, how many subscribers)."""
    with contextlib.ExitStack() as stack:
        server, url, count = None, f"sqlite:///{tmp_path / 'soak.sqlite3'}", 1000
        if request.param == "PostgreSQL":
            server = stack.enter_context(running_server(durable=True))
            url, count = server.url, 5000
        office = stack.enter_context(mailserver.running())
        environment = os.environ | {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "tipsite.settings",
            "EMAIL_URL": f"smtp://127.0.0.1:{office.port}",
            "STATE_DIR": str(tmp_path),
            "MAIL_PER_MINUTE": "0",
            "MAIL_PER_DOMAIN": "0",
        }
        subprocess.run(
            [sys.executable, "-c", PREPARE, str(count)], cwd=settings.BASE_DIR, env=environment, check=True
        )
        workers = Workers(tmp_path, environment)
        yield workers, server, office, count
        workers.end()


def check(workers, office, most_repeats):
    """Hold the ledger against what the mail server took, and its counts against its rows."""
    subprocess.run(
        [sys.executable, "-c", COUNTED], cwd=settings.BASE_DIR, env=workers.environment, check=True
    )
    state, rows = workers.ledger()
    assert state == "sent"
    sent = {address for address, state, _ in rows if state == "sent"}
    held = {address for address, state, _ in rows if state == "uncertain"}
    assert sent <= set(office.recipients) <= sent | held
    repeated = {address for address, count in office.recipients.items() if count > 1}
    assert repeated <= {address for address, _, uncertain_count in rows if uncertain_count}
    assert len(office.taken) - len(office.recipients) <= most_repeats
    return rows


def test_everyone_gets_it_though_workers_and_the_database_die(place):
    workers, server, office, count = place
    office.script = lambda stage, who, number: time.sleep(0.002) if stage == "end" else None
    for _ in range(3):
        workers.start()
    chance = random.Random(5)
    marks = sorted(chance.sample(range(count // 20, count * 9 // 10), KILLS))
    for number, mark in enumerate(marks):
        wait_until(lambda mark=mark: len(office.recipients) >= mark, seconds=300)
        if number == KILLS // 2 and server is not None:
            # As in a crash: what it has said to be committed must be there when it comes back.
            server.stop(signal.SIGQUIT)
            time.sleep(30)
            server.start()
        workers.kill()
    wait_until(lambda: workers.ledger()[0] == "sent", seconds=600)
    rows = check(workers, office, most_repeats=KILLS * 4)
    assert len(rows) == count
    assert "@" not in workers.log.read_text()


def test_everyone_gets_it_though_the_server_is_busy_drops_and_hangs(place):
    workers, _, office, count = place
    chance, never, asked_again = random.Random(7), set(), []

    def script(stage, who, number):
        if stage == "rcpt":
            if who in never:
                asked_again.append(who)
            first = office.asked[who] == 1
            if first and chance.random() < 0.3:
                return "451 4.3.2 later"
            if chance.random() < 0.02:
                never.add(who)
                return "550 5.2.2 full"
        if stage == "data" and number % 100 == 0:
            return DROP
        if stage == "end" and number == 333:
            return HANG
        return None

    office.script = script
    workers.start()
    wait_until(lambda: workers.ledger()[0] == "sent", seconds=600)
    rows = check(workers, office, most_repeats=1)
    assert not asked_again
    assert {address for address, state, _ in rows if state == "refused"} == never
    assert len(office.recipients) == count - len(never)


def test_a_server_that_blocks_us_stops_it_at_once_and_all_get_it_after_the_resume(place):
    workers, _, office, count = place
    office.script = lambda stage, who, number: (
        "550 5.7.1 blocked" if stage == "rcpt" and number > 300 else None
    )
    for _ in range(3):
        workers.start()
    wait_until(lambda: workers.ledger()[0] == "paused", seconds=300)
    # Each connection may have had one in its hands.
    wait_until(lambda: not any(state == "sending" for _, state, _ in workers.ledger()[1]), seconds=60)
    assert sum(office.asked.values()) <= 330
    states = Counter(state for _, state, _ in workers.ledger()[1])
    # Those that were blamed are put off. Of an envelope that went ahead the message may have been kept back.
    assert 300 - 3 * 4 <= states["sent"] <= 300
    assert states["queued"] + states["deferred"] == count - states["sent"]
    office.script = None
    subprocess.run([sys.executable, "-c", RESUME], cwd=settings.BASE_DIR, env=workers.environment, check=True)
    wait_until(lambda: workers.ledger()[0] == "sent", seconds=300)
    rows = check(workers, office, most_repeats=0)
    assert {state for _, state, _ in rows} == {"sent"}
    assert len(office.recipients) == count
