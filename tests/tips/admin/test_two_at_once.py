"""Two people who open and save one tip at the same moment, each on a connection of their own."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from tests.databases import shared_database
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips.models import Category, TipState

# Each has fields that nobody else changes, and finds them at each opening as they saved them last; both add
# tags, and both write the excerpt.
WRITERS = """
import json, random, re, sys, threading, time
import django
django.setup()
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from tests.desk.sent_forms import as_sent
from tips.models import Category, Tip

seconds = float(sys.argv[1])
tip = Tip.objects.get()
url = f"/admin/tips/tip/{tip.pk}/change/"
OWN = {
    "ed": {"title": "Title {}", "slug": "address-{}"},
    "eve": {"takeaway": "Moral {}.", "publish_at_0": "20{}-03-01"},
}
problems, tags, counts = [], set(), {"saved": 0, "asked": 0}

def write(name):
    chance, last, number = random.Random(name), {}, 10
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username=name))
    category = str(Category.objects.get(name=name).pk)
    end = time.monotonic() + seconds
    while time.monotonic() < end or number < 13:
        number += 1
        shown = as_sent(client.get(url), "title")
        wrong = {key: (shown[key], value) for key, value in last.items() if shown[key] != [value]}
        if wrong:
            problems.append(f"{name} found {wrong}")
        time.sleep(chance.choice([0, 0, 0.01, 0.05, 0.2]))
        wish = {key: text.format(50 + number % 49 if key == "publish_at_0" else number)
                for key, text in OWN[name].items() if chance.random() < 0.6}
        sent = shown | {key: [value] for key, value in wish.items()}
        others = [each for each in shown.get("in_categories", []) if each != category]
        is_in = chance.random() < 0.5
        sent["in_categories"] = others + [category] * is_in
        tag = f"{name}-{number}"
        sent["tags"] = [", ".join(filter(None, [*shown["tags"], tag]))]
        if chance.random() < 0.5:
            sent["excerpt"] = [f"{name} {number}"]
        answer = client.post(url, sent)
        for _ in range(20):
            if answer.status_code == 302:
                break
            if answer.status_code != 200:
                problems.append(f"{name} was answered {answer.status_code}: {answer.text[:300]}")
                return
            asked = re.findall('data-conflict="([a-z_]+)"', answer.text)
            if asked != ["excerpt"]:
                why = re.findall('class="errorlist[^>]*>.*?</ul>', answer.text, re.S)
                problems.append(f"{name} was asked about {asked}: {why}")
                return
            counts["asked"] += 1
            choice = chance.choice(["mine", "theirs"])
            answer = client.post(url, as_sent(answer, "title", **{"take-excerpt": choice}))
        else:
            problems.append(f"{name} was asked without end")
        counts["saved"] += 1
        last |= wish
        tags.add(tag)
        now = as_sent(client.get(url), "title").get("in_categories", [])
        if (category in now) != is_in:
            problems.append(f"{name} lost the category at {number}")

def run(name):
    try:
        write(name)
    except Exception as error:
        problems.append(f"{name}: {error!r}")
    finally:
        connection.close()

threads = [threading.Thread(target=run, args=[name]) for name in OWN]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
problems += [f"{tag} went" for tag in sorted(tags - set(tip.tags.names()))]
print(json.dumps({"problems": problems, **counts}))
"""


def together(folder, seconds):
    """Let two people write for some seconds; return what came of it."""
    for name in ("ed", "eve"):
        make_person(name, "Editor")
        Category.objects.create(name=name, slug=name)
    make_tip("A draft", state=TipState.DRAFT, publish_at=None, excerpt="By hand.")
    environment = os.environ | {
        "DATABASE_URL": shared_database(folder),
        "DJANGO_SETTINGS_MODULE": "tipsite.settings",
        "STATE_DIR": str(folder),
        # Static files under their own names.
        "DEBUG": "1",
    }
    command = [sys.executable, "-c", WRITERS, str(seconds)]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=seconds + 300
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_nothing_of_two_people_who_save_at_one_moment_is_lost_or_put_back(tmp_path):
    outcome = together(tmp_path, 0)
    assert outcome["problems"] == []
    assert outcome["saved"] >= 6


@pytest.mark.soak
@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_or_put_back_in_ten_minutes(tmp_path):
    outcome = together(tmp_path, 600)
    assert outcome["problems"] == []
