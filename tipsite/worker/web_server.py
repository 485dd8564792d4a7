"""The web server's process: gunicorn, with the options of the program that is live now.

``python -m tipsite.worker.web_server FD PROCESSES THREADS [--access-log]`` becomes gunicorn. A supervisor of
an older release starts it by these words, so they stay as they are; what gunicorn is told may change with
each release.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

# How long an idle connection is kept, in seconds: longer than nginx does (60 s), so that none is closed over
# which a request is on its way.
KEEP_ALIVE = 90
# How long requests under way have when the web server ends, in seconds; less than the supervisor's patience.
GRACE = 10


def command(fd: int, processes: int, threads: int, access_log: bool) -> list[str]:
    """Return gunicorn's command line for the file descriptor of a listening socket."""
    command = [sys.executable, "-m", "gunicorn", "tipsite.wsgi:application", f"--chdir={os.getcwd()}"]
    command += [f"--bind=fd://{fd}", "--no-control-socket"]
    # Without a web server before it, a few slow clients would keep all threads otherwise.
    command.append("--worker-class=tipsite.worker.patient_threads.PatientWorker")
    # They share what is loaded before they part; a new program comes with a new web server.
    command.append("--preload")
    command += [f"--workers={processes}", f"--threads={threads}"]
    command += [f"--graceful-timeout={GRACE}", f"--keep-alive={KEEP_ALIVE}"]
    command += ["--log-level=warning", "--logger-class=tipsite.logs.ServerLogger"]
    command.append("--config=python:tipsite.worker.web_processes")
    # Which proxies are believed is the settings' business alone (TRUSTED_PROXIES).
    command.append("--forwarded-allow-ips=")
    if os.path.isdir("/dev/shm"):  # noqa: S108
        # The processes' sign of life is a file; on a disk under load, writing it can block.
        command.append("--worker-tmp-dir=/dev/shm")
    if access_log:
        command.append("--access-logfile=-")
    return command


def main(arguments: Sequence[str]) -> NoReturn:
    """Become gunicorn, under the same number; run it in the program's folder."""
    parser = argparse.ArgumentParser()
    for name in ("fd", "processes", "threads"):
        parser.add_argument(name, type=int)
    parser.add_argument("--access-log", action="store_true")
    told = parser.parse_args(arguments)
    words = command(told.fd, told.processes, told.threads, told.access_log)
    os.execv(words[0], words)  # noqa: S606  the command is our own


if __name__ == "__main__":
    main(sys.argv[1:])
