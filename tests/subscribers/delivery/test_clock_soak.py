"""Long runs, by `make soak` only: the machine's clock is set by an hour while a real worker sends."""

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from tests.postgres import running_server
from tests.subscribers import mailserver
from tests.subscribers.workers import Workers
from tests.tipsite.processes import Site, wait_until

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
pytestmark = [
    pytest.mark.soak,
    pytest.mark.processes,
    pytest.mark.skipif(not LIBRARIES, reason="libfaketime is missing (Debian's package faketime)"),
]
PREPARE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.subscribers.making import make_people, open_mailing
make_people(600, domains=2)
open_mailing()
"""
COUNT, PER_SECOND = 600, 20
HOUR = 3600
# What was put off once is tried again after so long at most; what a clock did may cost a minute besides.
PUT_OFF, MARGIN = 72, 60


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def database_url(request, tmp_path):
    if request.param == "SQLite":
        yield f"sqlite:///{tmp_path / 'soak.sqlite3'}"
    else:
        with running_server(durable=True) as server:
            yield server.url


class Clock:
    """The clock of the processes that are started with ``environment``, off by so many seconds."""

    def __init__(self, folder):
        self.file = folder / "clock"
        self.set(0)
        self.environment = {
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            # As on any machine, the clock that measures lengths of time goes on.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, seconds):
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:+d}")
        new.rename(self.file)


@pytest.mark.parametrize("is_paced", [True, False], ids=["with a pace", "without a pace"])
@pytest.mark.parametrize(
    "settings_of_clock",
    [[-HOUR], [HOUR], [HOUR, 0], [-HOUR, 0]],
    ids=["an hour back", "an hour forward", "forward and right again", "back and right again"],
)
def test_everyone_gets_it_once_and_in_time_whatever_the_clock_is_set_to(
    tmp_path, database_url, is_paced, settings_of_clock
):
    clock = Clock(tmp_path)
    with contextlib.ExitStack() as stack:
        office = stack.enter_context(mailserver.running())
        pace = {"MAIL_PER_MINUTE": str(PER_SECOND * 60), "MAIL_PER_DOMAIN": str(PER_SECOND * 30)}
        site = Site(tmp_path, database_url)
        site.environment |= pace if is_paced else dict.fromkeys(pace, "0")
        site.environment |= {
            "EMAIL_URL": f"smtp://127.0.0.1:{office.port}",
            "DJANGO_SETTINGS_MODULE": "tipsite.settings",
        }
        subprocess.run(
            [sys.executable, "-c", PREPARE], cwd=settings.BASE_DIR, env=site.environment, check=True
        )
        ledger = Workers(tmp_path, dict(site.environment))
        busy = set()

        def script(stage, who, number):
            if stage == "rcpt" and number % 40 == 0 and office.asked[who] == 1:
                busy.add(who)
                return "451 4.3.2 later"
            if stage == "end":
                time.sleep(0 if is_paced else 1 / PER_SECOND)
            return None

        office.script = script
        site.environment |= clock.environment
        site.start("worker")
        stack.callback(site.end_all)
        for number, seconds in enumerate(settings_of_clock, 1):
            wait_until(lambda number=number: len(office.taken) >= 150 * number, seconds=300)
            clock.set(seconds)
        left = COUNT - len(office.taken)
        began = time.monotonic()
        wait_until(lambda: ledger.ledger()[0] == "sent", seconds=600)
        took = time.monotonic() - began
        print(f"{left} were left, {len(busy)} put off; it took {took:.0f} s", file=sys.stderr)  # noqa: T201
        _, rows = ledger.ledger()
        assert {state for _, state, _ in rows} == {"sent"}
        assert set(office.recipients.values()) == {1}
        assert len(office.recipients) == COUNT
        assert took <= left / PER_SECOND + PUT_OFF + MARGIN
        assert "Traceback" not in site.log.read_text()
