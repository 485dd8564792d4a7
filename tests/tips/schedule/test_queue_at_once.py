"""Twenty editors who move the queue at the same moment, from two processes, each with its own connection."""

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.db import connection

from tests.databases import shared_database
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import TipState
from tips.publishing import workflow
from tips.schedule import queue, slot_states

EDITORS = 20
TIPS = "ABCDEFGH"

MOVERS = """
import json, random, sys, threading
import django
django.setup()
from django.contrib.auth.models import User
from django.db import connection
from tips.schedule import slot_states, queue, slot_changes
from tips.models import Tip
from desk.errors import Refused

first, last, seen = json.loads(sys.argv[1])
barrier = threading.Barrier(last - first + 1)
outcomes = []

def tip(chance, titles="ABCDEFGH"):
    return Tip.objects.get(title=chance.choice(titles))

MOVES = [
    lambda chance, who: queue.move(tip(chance), position=chance.randrange(8), **who),
    # A stands in front already: who moves it there changes nothing, and overtakes nobody.
    lambda chance, who: queue.to_front(tip(chance, "BCDEFGH"), **who),
    lambda chance, who: queue.pin(tip(chance), chance.choice(slot_states.ahead(count=12)).slot.day, **who),
    lambda chance, who: queue.unpin(tip(chance), **who),
    lambda chance, who: queue.swap(*(Tip.objects.get(title=t) for t in chance.sample("ABCDEFGH", 2)), **who),
    lambda chance, who: slot_changes.skip(chance.choice(slot_states.ahead(count=12)).slot.day, "Skip", **who),
]

def edit(number):
    chance = random.Random(number)
    move = MOVES[number % len(MOVES)] if seen is None else MOVES[1]
    try:
        barrier.wait()
        by = editors[f"editor{number}"]
        outcome = ["done", move(chance, {"by": by, "seen": seen})]
    except Refused as refusal:
        outcome = [type(refusal).__name__, str(refusal)]
    except Exception as error:
        outcome = ["broken", repr(error)]
    finally:
        connection.close()
    outcomes.append(outcome)

editors = {each.username: each for each in User.objects.all()}
print("ready", flush=True)
input()
threads = [threading.Thread(target=edit, args=[number]) for number in range(first, last)]
for thread in threads:
    thread.start()
barrier.wait()
for thread in threads:
    thread.join()
print(json.dumps(outcomes))
"""


@pytest.fixture
def lined_up():
    """Tips A to H, approved one after the other, and twenty editors."""
    editors = [make_person(f"editor{number}", is_superuser=True) for number in range(EDITORS)]
    for title in TIPS:
        workflow.approve(make_tip(title, state=TipState.IN_REVIEW, publish_at=None), by=editors[0])


def at_once(folder, seen):
    """Let all editors move at the same moment; return (their outcomes, {title: moment} afterwards)."""
    url = shared_database(folder)
    environment = os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "tipsite.settings",
        "STATE_DIR": str(folder),
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MOVERS, json.dumps([first, first + EDITORS // 2, seen])],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for first in (0, EDITORS // 2)
    ]
    try:
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()
        outcomes = [each for process in processes for each in json.loads(process.communicate(timeout=120)[0])]
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    return outcomes, moments(url)


def moments(url):
    """Return {title: moment} as the database that was shared has it."""
    statement = "SELECT title, publish_at FROM tips_tip"
    if url.startswith("sqlite:"):
        rows = sqlite3.connect(url.removeprefix("sqlite:///")).execute(statement).fetchall()
        return {title: datetime.fromisoformat(moment).replace(tzinfo=UTC) for title, moment in rows}
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return dict(cursor.fetchall())


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("lined_up")
def test_of_twenty_who_saw_the_same_queue_one_moves_it_and_the_others_are_told_who(tmp_path):
    outcomes, lineup = at_once(tmp_path, queue.version())
    assert Counter(kind for kind, _ in outcomes) == {"done": 1, "Overtaken": EDITORS - 1}
    told = {text for kind, text in outcomes if kind == "Overtaken"}
    assert len(told) == 1
    assert "editor" in (line := told.pop())
    assert "to the front" in line
    assert "\n" not in line
    coming = [row.slot.at for row in slot_states.ahead(count=len(TIPS))]
    assert sorted(lineup.values()) == coming


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("lined_up")
def test_twenty_different_moves_leave_every_tip_in_a_slot_of_its_own(tmp_path):
    outcomes, lineup = at_once(tmp_path, None)
    assert {kind for kind, _ in outcomes} <= {"done", "WrongState", "Overtaken"}
    assert all(text.strip() for _, text in outcomes)
    assert sorted(lineup) == list(TIPS)
    assert len(set(lineup.values())) == len(TIPS)
    regular = {row.slot.at for row in slot_states.ahead(count=60)}
    assert set(lineup.values()) <= regular
