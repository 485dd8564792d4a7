"""Background tasks for the tests of the worker."""

import os
import signal
import time
from pathlib import Path

from django.utils import timezone
from django_tasks import task

from tipsite.worker import other_queues


@task()
def leave_note(path):
    """Write a file, so that the outside can see that the task was run."""
    Path(path).write_text("done")


@task()
def wait_for_file(started, awaited):
    """Say that it has begun, then go on until a file appears."""
    Path(started).write_text("begun")
    while not Path(awaited).exists():
        time.sleep(0.05)


@task()
def die_once(path):
    """Take the worker along the first time; the second time, say that it was run."""
    if not Path(path).exists():
        Path(path).write_text("begun")
        os.kill(os.getpid(), signal.SIGKILL)
    Path(path).write_text("done")


@task()
def look_for_dead_workers(path):
    """Write down how many tasks another worker would take for lost while this one runs."""
    Path(path).write_text(str(other_queues.sweep(timezone.now())))
