"""Run the site: web server and background worker in one foreground command."""

import json
import sys
import time
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection

from desk.terminal import nothing_done, reason
from tipsite.schema import migration_state
from tipsite.worker import listening
from tipsite.worker.child_processes import PROGRAM, Child
from tipsite.worker.supervisor import Plan

# How long a new web server has until it answers, in seconds.
PATIENCE = 90

# How glibc keeps memory for processes of several threads, of which one runs at a time: in one place, and what
# is free is given back. By itself it has a place for each thread, and keeps what each has ever used.
LITTLE_MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072"}


class Command(BaseCommand):
    help = "Runs the web server and the background worker until Ctrl-C; brings back what dies."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORT, help="default: PORT, or 8000")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--processes", type=int, default=2, help="web processes (default: %(default)s)")
        parser.add_argument("--threads", type=int, default=4, help="threads in each (default: %(default)s)")
        parser.add_argument("--without-worker", action="store_true", help="run the web server alone")
        parser.add_argument("--access-log", action="store_true", help="write a line for each request")
        parser.add_argument(
            "--program",
            type=Path,
            default=settings.BASE_DIR,
            help="the program's folder or a link to it, looked at anew when the service is reloaded",
        )
        parser.add_argument("--only-check", action="store_true", help="say whether it would start, and end")
        parser.add_argument(
            "--only-wait",
            action="store_true",
            help="wait until the web server that runs is of this release, and end",
        )

    def handle(
        self,
        *,
        port: int,
        host: str,
        processes: int,
        threads: int,
        without_worker: bool,
        access_log: bool,
        program: Path,
        only_check: bool,
        only_wait: bool,
        **options: object,
    ) -> None:
        if only_wait:
            if not wait_for_release(host, port):
                raise nothing_done(f"After {PATIENCE} seconds this release does not answer; see the log.")
            return
        self.require_migrations()
        self.require_static_files()
        if only_check:
            return
        try:
            listener = listening.inherited() or listening.listen(host, port)
        except listening.UnusableSocketError as error:
            raise nothing_done(str(error)) from error
        host, port = listener.getsockname()[:2]
        if not (settings.TRUSTED_PROXIES or ip_address(host.partition("%")[0]).is_loopback):
            alone = f"Listening on {host} with no web server in between (TRUSTED_PROXIES is 0)."
            self.stderr.write(f"{alone} On the net put one before it; docs/going-live.md says how.")
        url = settings.SITE_URL if settings.PRODUCTION else f"http://localhost:{port}"
        # Where no SITE_URL is set, the site's URL follows from the port.
        environment = {"PORT": str(port), **LITTLE_MEMORY}
        fd = listener.fileno()
        # Its words are those of web_server, which may be of a newer release when this is renewed.
        command = [python(), "-m", "tipsite.worker.web_server", str(fd), str(processes), str(threads)]
        command += ["--access-log"] * access_log
        children = [Child("web server", command, environment, fds=(fd,), says_ready=True)]
        ends = "the web server"
        if not without_worker:
            command = [python(), f"{PROGRAM}/manage.py", "worker", "--skip-checks"]
            children.append(Child("worker", command, environment))
            ends = "both web server and worker"
        words = f"The site is at  {url}/\nThe desk is at  {url}/admin/\nCtrl-C ends {ends}.\n"
        # Only the children talk to the database from here on.
        connection.close()
        listener.set_inheritable(True)
        sys.stdout.flush()
        Plan(children, str(program.absolute()), words).run(str(settings.BASE_DIR))

    def require_migrations(self) -> None:
        """Refuse to start on a database that is not there, not up to date, or ahead of this program."""
        try:
            missing, ahead = migration_state.unapplied(), migration_state.why_database_is_ahead()
        except DatabaseError as error:
            raise nothing_done(f"The database does not answer: {reason(error)}") from error
        if ahead:
            raise nothing_done(ahead)
        if missing:
            count = f"{len(missing)} migration" + ("s" if len(missing) > 1 else "")
            raise nothing_done(f"The database waits for {count}; run: manage.py migrate")

    def require_static_files(self) -> None:
        """Refuse to start where pages would fail for want of their stylesheet's name."""
        if not settings.DEBUG and not (settings.STATIC_ROOT / "staticfiles.json").exists():
            raise nothing_done("The static files are not collected; run: manage.py collectstatic --no-input")


def wait_for_release(host: str, port: int) -> bool:
    """Wait until the site that listens is ready and of this release; False after ``PATIENCE``.

    While a new web server starts, the old one still answers, as the release that it is.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        connection = HTTPConnection(host, port, timeout=5)
        with closing(connection), suppress(OSError, HTTPException, ValueError):
            connection.request("GET", "/readyz")
            if json.load(connection.getresponse()).get("release") == settings.BASE_DIR.name:
                return True
        time.sleep(0.2)
    return False


def python() -> str:
    """Return the interpreter for the children: the one in the program's folder, if this is it."""
    here = Path(sys.executable)
    if here.is_relative_to(settings.BASE_DIR):
        return f"{PROGRAM}/{here.relative_to(settings.BASE_DIR)}"
    return str(here)
