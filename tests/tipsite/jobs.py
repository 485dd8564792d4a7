"""Background tasks for the tests of the worker."""

import time
from pathlib import Path

from django_tasks import task


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
