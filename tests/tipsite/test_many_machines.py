"""Two machines with a web server each and three workers, which share a database, a bucket and a journal.

Each has a STATE_DIR of its own; the database is behind PgBouncer in transaction mode.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import urllib.request
from collections import Counter

import pytest
from django.conf import settings

from tests.buckets import bucket, names_in
from tests.pgbouncer import pooled
from tests.postgres import running_server
from tests.subscribers import mailserver
from tests.tipsite.processes import Site, answer, descendants, free_port, wait_until

pytestmark = [pytest.mark.soak, pytest.mark.processes]
PEOPLE, MAILINGS, KILLS = 150, 3, 12
STAFF = "staff@tips.example.org"
PREPARE = f"""
import django
django.setup()
from tests.subscribers.making import make_mailing, make_people
from tests.tips.images import uploaded
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips import image_store
from tips.models import TipState
from tips.publishing import preview
ed = make_person("ed", "Editor")
image = image_store.save_upload(uploaded(), by=ed)
make_tip(body=f'<img src="{{image.url}}" alt="A bell">', slug="bell", for_mail=False)
draft = make_tip(state=TipState.DRAFT, publish_at=None, slug="draft", title="A draft of a tip")
make_people({PEOPLE}, domains=20)
for _ in range({MAILINGS}):
    make_mailing()
import json
print(json.dumps([image.url, preview.url(preview.make_link(draft, by=ed))]))
"""
LOOK = """
import django, json
django.setup()
from subscribers.models import Delivery, Mailing
from subscribers.recovery import guard
from subscribers.delivery import counting
rows = Delivery.objects.values_list("mailing", "subscriber__address", "state", "uncertain_count")
states = list(Mailing.objects.values_list("state", flat=True))
print(json.dumps([states, list(rows), str(guard.why_closed()), len(counting.differences())]))
"""


def test_they_send_each_mail_and_show_each_picture_whichever_of_them_dies(tmp_path):
    with contextlib.ExitStack() as stack:
        database, second = (stack.enter_context(running_server(durable=True)) for _ in range(2))
        url = stack.enter_context(pooled(database, free_port()))
        store, client = stack.enter_context(bucket())
        office = stack.enter_context(mailserver.running())
        migrated = Site(tmp_path, database.url).manage("migrate", "--verbosity=0")
        assert migrated.returncode == 0, migrated.stderr
        static = {"STATIC_ROOT": str(tmp_path / "static")}
        collected = Site(tmp_path, database.url).manage("collectstatic", "--no-input", "-v0", **static)
        assert collected.returncode == 0, collected.stderr
        machines = []
        for number in range(3):
            (tmp_path / f"machine{number}").mkdir()
            machine = Site(tmp_path / f"machine{number}", url)
            stack.callback(machine.end_all)
            machine.environment |= static | {
                "PGBOUNCER": "1",
                "MEDIA_STORAGE_URL": store,
                "JOURNAL_URL": second.url,
                "SECRET_KEY": "one key for all machines",
                "SUPPRESSION_KEY": "another key for all machines",
                "EMAIL_URL": f"smtp://127.0.0.1:{office.port}",
                "STAFF_EMAIL": STAFF,
                "BOUNCE_ADDRESS": "bounces@tips.example.org",
                "MAIL_PER_MINUTE": "1200",
                "DJANGO_SETTINGS_MODULE": "tipsite.settings",
            }
            machines.append(machine)

        def run(code):
            done = subprocess.run(
                [sys.executable, "-c", code],
                cwd=settings.BASE_DIR,
                env=machines[0].environment,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout.splitlines()[-1])

        picture, shown = run(PREPARE)
        ports = [free_port(), free_port()]
        started = [
            machine.start("serve", f"--port={port}") for machine, port in zip(machines, ports, strict=False)
        ]
        started.append(machines[2].start("worker"))
        for port in ports:
            wait_until(lambda port=port: answer(port) == 200, seconds=120)
        chance = random.Random(7)
        for number in range(1, KILLS + 1):
            wait_until(lambda number=number: len(office.taken) >= number * PEOPLE * MAILINGS // (KILLS + 2))
            # The two of serve come back by themselves; the third is started again, as systemd does.
            if started[2].poll() is None and chance.random() < 0.3:
                started[2].kill()
                started[2].wait()
                started[2] = machines[2].start("worker")
            else:
                os.kill(chance.choice(wait_until(lambda: victims(started))), signal.SIGKILL)

        def ended():
            states, rows, *rest = run(LOOK)
            is_over = set(states) == {"sent"} and not {row[2] for row in rows} & {"queued", "sending"}
            return is_over and (rows, *rest)

        rows, closure, differences = wait_until(ended, seconds=300)
        taken = Counter(each.sender for each in office.taken if each.recipient != STAFF)
        assert len(rows) == PEOPLE * MAILINGS
        assert (closure, differences) == ("None", 0)
        # Each at least once; one whose sender died at its last word once more.
        doubts = sum(row[3] for row in rows)
        assert len(taken) == PEOPLE * MAILINGS
        assert sum(taken.values()) - len(taken) <= doubts
        contents = set()
        for port in ports:
            wait_until(lambda port=port: answer(port) == 200)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{picture}", timeout=30) as response:
                contents.add(response.read())
            path = shown[shown.index("/preview") :] if shown.startswith("http") else shown
            assert answer(port, path) == 200
        assert len(contents) == 1
        assert names_in(client) == [f"site/media/{picture.removeprefix('/media/')}"]
        assert not list(tmp_path.glob("machine*/journal.jsonl"))
        log = (database.place / "log").read_text()
        assert "unsupported startup parameter" not in (database.place / "pgbouncer.log").read_text()
        assert "prepared statement" not in log


def victims(started):
    """Return the children of the two supervisors that may die."""
    return [pid for process in started[:2] for pid in descendants(process.pid)]
