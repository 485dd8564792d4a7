"""The site's processes under a driven clock: the moment that they take for now stands in a file.

As a WSGI application it serves the site; run as a module it is a worker, which lives through one minute of
the clock for each line on its standard input, and answers each with a line.
"""

import os
import sys
from pathlib import Path

import django
import time_machine
from django.utils import timezone

CLOCK = "DRIVEN_CLOCK"


def now():
    """Make the moment in the file now, for the length of a ``with`` block."""
    return time_machine.travel(float(Path(os.environ[CLOCK]).read_text()), tick=False)


def application(environ, start_response):
    # Only for the request: the server's own sign of life needs the true time.
    with now():
        return site(environ, start_response)


def work():
    worker = Background(Stop())
    for _ in sys.stdin:
        with now():
            clock.tick(timezone.now())
            worker._work()
            while pool.send_outgoing_mails():
                pass
        print("done", flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    django.setup()
    from subscribers.delivery import pool
    from tipsite.worker import clock
    from tipsite.worker.stop_signal import Stop
    from tipsite.worker.worker import Background

    work()
else:
    from tipsite.wsgi import application as site
