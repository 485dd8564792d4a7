"""Imports in processes of their own: two at once, and one that is killed."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from subscribers.people import journal
from tests.databases import shared_database

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

PEOPLE = 1200
# One in eight has left.
LEFT = PEOPLE // 8
BEGUN = """
import sys
import django
django.setup()
from subscribers.exchange.address_list import AddressList
from subscribers.exchange.store import store

def on_row(row):
    if row.line == 12:
        print("begun", flush=True)
        input()

store(AddressList(sys.argv[1]), on_row=on_row)
"""
COUNTS = """
import django
django.setup()
from subscribers.models import Subscriber, Suppression
print([Subscriber.objects.count(), Subscriber.objects.confirmed().count(), Suppression.objects.count()])
"""
WHOLE = [PEOPLE - LEFT, PEOPLE - LEFT, LEFT]


@pytest.fixture
def lists(tmp_path):
    """Return the paths of two lists of the same people, in opposite orders."""
    rows = [f"p{n}@example.org,{'unsubscribed' if n % 8 == 0 else 'subscribed'}\n" for n in range(PEOPLE)]
    paths = tmp_path / "forward.csv", tmp_path / "backward.csv"
    for path, step in zip(paths, (1, -1), strict=True):
        path.write_text("Email,Status\n" + "".join(rows[::step]))
    return paths


@pytest.fixture
def started(tmp_path):
    """Return a function that starts Python on the database of this test."""
    environment = os.environ | {
        "DATABASE_URL": shared_database(tmp_path),
        "DJANGO_SETTINGS_MODULE": "tipsite.settings",
        "STATE_DIR": str(tmp_path),
    }

    def starting(*arguments):
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        command = [sys.executable, *map(str, arguments)]
        return subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, text=True, **pipes)

    return starting


def answer(process):
    """Return what a process that does all it should prints as JSON."""
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    return json.loads(out)


def test_two_at_once_wait_for_each_other_and_bring_each_person_once(lists, started, tmp_path):
    options = ("--json", "--source", "A form.")
    both = [started("manage.py", "import_subscribers", path, *options) for path in lists]
    reports = list(map(answer, both))
    assert sum(report["added"] for report in reports) == PEOPLE - LEFT
    assert answer(started("-c", COUNTS)) == WHOLE


def test_one_that_is_killed_is_made_whole_by_the_next(lists, started, tmp_path, settings):
    settings.STATE_DIR = tmp_path
    killed = started("-c", BEGUN, lists[0])
    assert killed.stdout.readline() == "begun\n"
    killed.kill()
    killed.communicate(timeout=60)
    assert 0 < answer(started("-c", COUNTS))[0] < PEOPLE - LEFT
    assert answer(started("manage.py", "import_subscribers", lists[0], "--json"))["refused"] == 0
    assert answer(started("-c", COUNTS)) == WHOLE
    assert len(list(journal.entries())) == LEFT
