"""Background tasks on a real Redis: what becomes of them when a worker, or Redis itself, dies."""

import json
import logging
import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django_tasks import task_backends

from subscribers import tasks
from subscribers.exchange import upload_jobs
from subscribers.models import Subscriber
from tests.redis_server import running_redis
from tests.tips.people import make_person
from tests.tipsite import jobs
from tests.tipsite.processes import wait_until
from tipsite.environment import task_engines
from tipsite.worker import redis_tasks
from tipsite.worker.stop_signal import Stop

pytestmark = [pytest.mark.django_db, pytest.mark.once]
WORKER = """
import django
django.setup()
from subscribers.delivery import heartbeat
heartbeat.renew = lambda worker_id: None
from django_tasks import default_task_backend
default_task_backend.work("killed", False)
"""


def engine(server):
    return {"default": {"BACKEND": "django_tasks_rq.RQBackend", "OPTIONS": {"URL": server.url}}}


@pytest.fixture(scope="module")
def running():
    with running_redis() as server:
        yield server


@pytest.fixture
def server(running, settings, tmp_path):
    """An empty Redis that carries tasks."""
    running.client.flushall()
    settings.STATE_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    settings.TASKS, settings.RQ_QUEUES = task_engines.completed(engine(running))
    return running


@pytest.fixture
def carrier(server):
    """The engine of TASKS, as the worker of this thread has it."""
    return task_backends["default"]


@pytest.fixture
def stop():
    return Stop()


def test_a_task_whose_worker_was_killed_midway_is_done_once_more(server, carrier, stop, tmp_path):
    note = tmp_path / "note"
    jobs.die_once.enqueue(path=str(note))
    killed = subprocess.run(
        [sys.executable, "-c", WORKER],
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "tipsite.settings",
            "STATE_DIR": str(tmp_path),
            "TASKS": json.dumps(engine(server)),
        },
    )
    assert (killed.returncode, note.read_text()) == (-signal.SIGKILL, "begun")
    carrier.work("alive", stop)
    assert note.read_text() == "begun"
    # Two machines may look at the same moment.
    assert [carrier.sweep(timezone.now()) for _ in range(2)] == [1, 0]
    assert carrier.waiting()[0] == 1
    carrier.work("alive", stop)
    assert (note.read_text(), carrier.waiting()) == ("done", (0, None))


def test_a_task_is_left_to_a_worker_that_lives(server, carrier, stop, tmp_path):
    jobs.look_for_dead_workers.enqueue(path=str(tmp_path / "found"))
    carrier.work("alive", stop)
    assert (tmp_path / "found").read_text() == "0"


def test_a_task_that_outlives_no_worker_is_given_up(carrier, tmp_path):
    jobs.leave_note.enqueue(path=str(tmp_path / "note"))
    [queue] = carrier.rq_queues()
    found = []
    while not queue.is_empty():
        # A worker takes the task, and gets no further.
        performer = redis_tasks._Performer(
            queue, "gone", connection=queue.connection, serializer=queue.serializer
        )
        performer.prepare_execution(queue.fetch_job(queue.pop_job_id()))
        found.append(carrier.sweep(timezone.now()))
    assert found == [1, 1, 0]
    assert carrier.waiting() == (0, None)


def test_a_worker_that_is_told_to_end_takes_no_further_task(server, carrier, stop, tmp_path):
    jobs.leave_note.enqueue(path=str(tmp_path / "note"))
    stop.request()
    carrier.work("alive", stop)
    assert not (tmp_path / "note").exists()
    assert carrier.waiting()[0] == 1


def test_what_redis_lost_is_found_by_what_lies_there_and_done_once(server, carrier, stop, client, caplog):
    uploaded = SimpleUploadedFile("list.csv", b"Email\nanna@example.org\n")
    upload = upload_jobs.keep(uploaded, "Old form", make_person("pia", "Publisher"))
    assert tasks.nudge_upload(upload.name)
    server.stop()
    caplog.set_level(logging.WARNING)
    for _ in range(2):
        carrier.work("alive", stop)
        assert carrier.sweep(timezone.now()) == 0
    assert caplog.text.count("Redis does not answer") == 1
    assert not tasks.nudge_upload(upload.name)
    assert 'tips_queue_depth{queue="tasks"}' not in client.get("/metrics").text
    server.start()
    carrier.work("alive", stop)
    assert upload_jobs.find(upload.name).stage == upload_jobs.Stage.WAITING
    assert 'tips_queue_depth{queue="tasks"} 0' in client.get("/metrics").text
    later = timezone.now() + timedelta(minutes=16)
    assert [tasks.ask_again(later), tasks.ask_again(later)] == [1, 1]
    assert 'tips_queue_depth{queue="tasks"} 2' in client.get("/metrics").text
    carrier.work("alive", stop)
    assert upload_jobs.begin(upload_jobs.find(upload.name))
    assert tasks.nudge_upload(upload.name)
    assert tasks.nudge_upload(upload.name)
    carrier.work("alive", stop)
    ended = upload_jobs.find(upload.name)
    assert (ended.stage, ended.report["added"]) == (upload_jobs.Stage.DONE, 1)
    assert Subscriber.objects.get().address == "anna@example.org"


def test_the_page_of_background_tasks_says_that_they_lie_elsewhere(server, admin_client):
    page = admin_client.get("/admin/django_tasks_database/dbtaskresult/")
    assert "Redis carries background tasks now" in page.text


def test_its_client_is_not_loaded_unless_tasks_names_redis(tmp_path):
    code = (
        "import django, sys; django.setup(); import tipsite.worker.worker, tipsite.urls;"
        " print({name.partition('.')[0] for name in sys.modules} & {'redis', 'rq', 'django_rq'})"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tipsite.settings", "STATE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


ROWS = 30_000
BEGIN = """
import json
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from subscribers import tasks
from subscribers.exchange import upload_jobs
rows = "".join(f"reader{{number}}@host{{number % 50}}.example\\n" for number in range({rows}))
upload = upload_jobs.keep(
    SimpleUploadedFile("list.csv", ("Email\\n" + rows).encode()), "", User.objects.create(username="ed")
)
upload.save(upload_jobs.Stage.BEGUN)
assert tasks.nudge_upload(upload.name)
"""
LOOK = """
import json
from subscribers.exchange import upload_jobs
from subscribers.models import ConsentEvent, Subscriber
[upload] = upload_jobs.past(9)
numbers = [model.objects.count() for model in (Subscriber, ConsentEvent)]
print(json.dumps([upload.stage, upload.error, *numbers]))
"""


@pytest.mark.soak
@pytest.mark.processes
def test_an_import_whose_workers_are_killed_over_and_over_loses_and_doubles_nobody(site, running):
    running.client.flushall()
    site.environment["TASKS"] = json.dumps(engine(running))
    try:
        worker = site.start("worker")

        def shell(code):
            done = site.manage("shell", "--verbosity=0", "--command", code)
            assert done.returncode == 0, done.stderr
            return done.stdout

        def look():
            return json.loads(shell(LOOK))

        shell(BEGIN.format(rows=ROWS))
        for part in (1, 2):
            wait_until(lambda part=part: look()[2] >= ROWS * part // 4, seconds=300)
            worker.kill()
            worker.wait()
            worker = site.start("worker")
        wait_until(lambda: look()[0] == "done", seconds=400)
        assert look() == ["done", "", ROWS, ROWS]
    finally:
        site.end_all()
        del site.environment["TASKS"]
