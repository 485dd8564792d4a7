"""What a web process does at first (gunicorn is told by ``--config=python:tipsite.worker.web_processes``)."""

from django.db import connections
from gunicorn.workers.base import Worker

# How long a request waits for SQLite's lock, in seconds: somebody is sitting there. Commands and the worker
# wait longer (in the settings).
LONGEST_WAIT = 3


def post_worker_init(worker: Worker) -> None:
    """Make a web process impatient; its threads open their connections later."""
    options = connections.settings["default"].get("OPTIONS", {})
    if "timeout" in options:
        options["timeout"] = LONGEST_WAIT
