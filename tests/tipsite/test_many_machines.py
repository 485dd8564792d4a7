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

from subscribers.models import Delivery
from tests.buckets import bucket, names_in
from tests.pgbouncer import pooled
from tests.postgres import running_server
from tests.subscribers import mailserver
from tests.subscribers.making import make_mailing, make_people
from tests.tips.images import uploaded
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tests.tipsite.processes import Site, answer, descendants, free_port, own_database, wait_until
from tips import image_store
from tips.models import TipState
from tips.publishing import preview
from tipsite.environment import file_stores

pytestmark = pytest.mark.processes
PEOPLE, MAILINGS, KILLS = 150, 3, 12
FEW = 40
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


def shared(store, journal, office):
    """What all machines of a site are told."""
    return {
        "PGBOUNCER": "1",
        "MEDIA_STORAGE_URL": store,
        "JOURNAL_URL": journal,
        "SECRET_KEY": "one key for all machines",
        "SUPPRESSION_KEY": "another key for all machines",
        "EMAIL_URL": f"smtp://127.0.0.1:{office.port}",
        "STAFF_EMAIL": STAFF,
        "BOUNCE_ADDRESS": "bounces@tips.example.org",
        "MAIL_PER_MINUTE": "1200",
        "DJANGO_SETTINGS_MODULE": "tipsite.settings",
    }


@pytest.mark.soak
def test_they_send_each_mail_and_show_each_picture_whichever_of_them_dies(tmp_path):
    with contextlib.ExitStack() as stack:
        database, second = (stack.enter_context(running_server(durable=True)) for _ in range(2))
        pool = stack.enter_context(pooled(host=database.place, user="tips"))
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
            machine = Site(tmp_path / f"machine{number}", pool.url())
            stack.callback(machine.end_all)
            machine.environment |= static | shared(store, second.url, office)
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
        each_shows(ports, picture, shown)
        assert f"site/media/{picture.removeprefix('/media/')}" in names_in(client)
        assert not list(tmp_path.glob("machine*/journal.jsonl"))
        log = (database.place / "log").read_text()
        assert "unsupported startup parameter" not in pool.log.read_text()
        assert "prepared statement" not in log


def victims(started):
    """Return the children of the two supervisors that may die."""
    return [pid for process in started[:2] for pid in descendants(process.pid)]


def each_shows(ports, picture, preview):
    """Find the same picture, and the preview of a draft, on each of some ports."""
    contents = set()
    for port in ports:
        wait_until(lambda port=port: answer(port) == 200, seconds=120)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{picture}", timeout=30) as response:
            contents.add(response.read())
        assert answer(port, preview[preview.index("/preview") :]) == 200
    assert len(contents) == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_what_one_machine_leaves_another_one_goes_on_with(prepared_site, tmp_path, settings):
    """The short form: of two machines, one is told to end midway."""
    here = settings.DATABASES["default"]
    server = {"host": here["HOST"], "port": here["PORT"], "user": here["USER"], "password": here["PASSWORD"]}
    with contextlib.ExitStack() as stack:
        pool = stack.enter_context(pooled(**server))
        journal = stack.enter_context(own_database(tmp_path))
        store, client = stack.enter_context(bucket())
        office = stack.enter_context(mailserver.running())
        machines = []
        for number in range(2):
            (tmp_path / f"machine{number}").mkdir()
            machine = Site(tmp_path / f"machine{number}", pool.url(here["NAME"]))
            stack.callback(machine.end_all)
            machine.environment |= shared(store, journal, office) | {
                "STATIC_ROOT": str(prepared_site.folder / "static"),
                "SECRET_KEY": settings.SECRET_KEY,
                "SUPPRESSION_KEY": settings.SUPPRESSION_KEY,
            }
            machines.append(machine)
        ports = [free_port(), free_port()]
        started = [
            machine.start("serve", f"--port={port}", "--processes=1")
            for machine, port in zip(machines, ports, strict=True)
        ]
        # While they start, somebody works at the desk.
        settings.STORAGES = settings.STORAGES | {"default": file_stores.uploads(store)}
        editor = make_person("ed", "Editor")
        picture = image_store.save_upload(uploaded(), by=editor).url
        make_tip(body=f'<img src="{picture}" alt="A bell">', slug="bell", for_mail=False)
        draft = make_tip(state=TipState.DRAFT, publish_at=None, slug="draft", title="A draft of a tip")
        link = preview.url(preview.make_link(draft, by=editor))
        each_shows(ports, picture, link)
        make_people(FEW)
        mailing = make_mailing()
        wait_until(lambda: len(office.taken) >= FEW // 4, seconds=120)
        started[0].terminate()
        sent = mailing.deliveries.filter(state=Delivery.State.SENT)
        wait_until(lambda: sent.count() == FEW, seconds=120)
        assert started[0].wait(timeout=60) == 0
        taken = Counter(each.sender for each in office.taken if each.recipient != STAFF)
        assert len(taken) == FEW
        # A connection that was too slow to end in time leaves one mail in doubt, which is sent once more.
        assert sum(taken.values()) - FEW <= sum(sent.values_list("uncertain_count", flat=True))
        assert f"site/media/{picture.removeprefix('/media/')}" in names_in(client)
        assert not list(tmp_path.glob("machine*/journal.jsonl"))
        assert "unsupported startup parameter" not in pool.log.read_text()
