"""What web processes do at first (gunicorn is told by ``--config=python:tipsite.worker.web_processes``)."""

import gc
from wsgiref.types import WSGIEnvironment

from django.db import connections
from django.urls import get_resolver
from gunicorn.arbiter import Arbiter
from gunicorn.http.message import Request
from gunicorn.http.wsgi import Response
from gunicorn.workers.base import Worker
from psycopg2 import extensions

from tipsite.metrics import process_counts
from tipsite.pages import query_limits
from tipsite.worker.child_processes import say_ready

# How long a request waits for SQLite's lock, in seconds: somebody is sitting there. Commands and the worker
# wait longer (in the settings).
LONGEST_WAIT = 3


def when_ready(server: Arbiter) -> None:
    """Before web processes part, load what each would load for itself, if they part from a loaded program.

    What is there then is never collected as garbage, so that its memory stays shared.
    """
    if server.cfg.preload_app:
        # The views and the admin, too, which Django loads with the first request.
        _ = get_resolver().url_patterns
        gc.collect()
        gc.freeze()


def pre_fork(server: Arbiter, worker: Worker) -> None:
    """Let no connection to the database cross over to a web process."""
    if server.cfg.preload_app:
        connections.close_all()


def post_fork(server: Arbiter, worker: Worker) -> None:
    """Let a web process count its answers beside those of the others."""
    process_counts.TABLE.take_row(worker.age)


def post_request(
    worker: Worker, request: Request, environ: WSGIEnvironment, response: Response | None
) -> None:
    """Count an answer, whatever gave it."""
    if response is not None:
        process_counts.TABLE.note(response.status_code or 0)


def post_worker_init(worker: Worker) -> None:
    """Make a web process impatient, and say that it is there; its threads open their connections later."""
    options = connections.settings["default"].get("OPTIONS", {})
    if "timeout" in options:
        options["timeout"] = LONGEST_WAIT
    extensions.set_wait_callback(query_limits.wait)
    say_ready()
