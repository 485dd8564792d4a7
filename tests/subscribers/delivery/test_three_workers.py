"""Three workers, as ``manage.py worker`` starts them, on one database: one mail a person and mailing."""

import json
import signal
import subprocess
import sys
from collections import Counter

import pytest
from django.conf import settings

from subscribers.models import Delivery, Mailing
from tests.postgres import running_server
from tests.subscribers import mailserver
from tests.tipsite.processes import Site, wait_until

WORKERS = 3
# They are told of slots that nothing stands in; that is no matter here.
STAFF = "staff@tips.example.org"
ERRORS = ("Traceback", "ERROR", "CRITICAL", "WARNING", "@")
PREPARE = """
import django, sys
django.setup()
from tests.subscribers.making import make_mailing, make_people
people, mailings = map(int, sys.argv[1:])
make_people(people, domains=20)
for _ in range(mailings):
    make_mailing()
"""
LOOK = """
import django, json
django.setup()
from collections import Counter
from subscribers.models import Delivery, Mailing
rows = Delivery.objects.values_list("state", "uncertain_count", "tries")
print(json.dumps([
    Counter(Mailing.objects.values_list("state", flat=True)),
    [[*row, count] for row, count in Counter(rows).items()],
]))
"""


@pytest.fixture
def place(request, tmp_path):
    """Give (a migrated database's address, its server's log or None): a server of its own where asked for."""
    if not request.param:
        yield request.getfixturevalue("own_copy"), None
        return
    with running_server() as server:
        migrated = Site(tmp_path, server.url).manage("migrate", "--verbosity=0")
        assert migrated.returncode == 0, migrated.stderr
        yield server.url, server.place / "log"


@pytest.mark.processes
@pytest.mark.parametrize(
    ("place", "mailings", "people"),
    [
        pytest.param(False, 3, 40, marks=pytest.mark.django_db(transaction=True)),
        pytest.param(True, 50, 200, marks=pytest.mark.soak),
    ],
    ids=["short", "long"],
    indirect=["place"],
)
def test_they_send_one_mail_to_each_person_of_each_mailing_and_log_no_error(
    place, mailings, people, tmp_path
):
    url, log = place
    with mailserver.running() as office:
        environment = {
            "STATE_DIR": str(tmp_path),
            "EMAIL_URL": f"smtp://127.0.0.1:{office.port}",
            "STAFF_EMAIL": STAFF,
            "BOUNCE_ADDRESS": "bounces@tips.example.org",
            "MAIL_PER_MINUTE": "0",
            "MAIL_PER_DOMAIN": "0",
            "DJANGO_SETTINGS_MODULE": "tipsite.settings",
        }
        sites = [Site(tmp_path / f"worker{number}", url) for number in range(WORKERS)]
        for site in sites:
            site.folder.mkdir()
            site.environment |= environment

        def run(code, *arguments):
            command = [sys.executable, "-c", code, *map(str, arguments)]
            return subprocess.run(
                command, cwd=settings.BASE_DIR, env=sites[0].environment, capture_output=True, check=True
            ).stdout

        def look():
            return json.loads(run(LOOK))

        run(PREPARE, people, mailings)
        workers = [site.start("worker") for site in sites]
        try:
            wait_until(lambda: len(office.taken) >= people * mailings, seconds=300)
            # From the last mail to its row in the ledger it is not far.
            rows = wait_until(lambda: (seen := look())[0] == {Mailing.State.SENT: mailings} and seen[1])
            for worker in workers:
                worker.send_signal(signal.SIGTERM)
            assert [worker.wait(timeout=30) for worker in workers] == [0] * WORKERS
        finally:
            for site in sites:
                site.end_all()
        taken = [each for each in office.taken if each.recipient != STAFF]
        assert len(taken) == people * mailings
        # Each delivery has an envelope sender of its own.
        assert len({each.sender for each in taken}) == len(taken)
        assert len({(each.recipient, each.message["Feedback-ID"]) for each in taken}) == len(taken)
        assert set(Counter(each.recipient for each in taken).values()) == {mailings}
        assert rows == [[Delivery.State.SENT, 0, 1, people * mailings]]
        assert office.connections > 1
        for site in sites:
            lines = site.log.read_text().splitlines()
            assert [line for line in lines if any(word in line for word in ERRORS)] == []
        assert log is None or "ERROR" not in log.read_text()
