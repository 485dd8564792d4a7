"""Run the site: web server and background worker in one foreground command."""

import os
import socket
import sys

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection

from desk.terminal import nothing_done, reason
from tipsite.schema import migration_state
from tipsite.worker.supervisor import Child, Plan


class Command(BaseCommand):
    help = "Runs the web server and the background worker until Ctrl-C; brings back what dies."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORT, help="default: PORT, or 8000")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--processes", type=int, default=2, help="web processes (default: %(default)s)")
        parser.add_argument("--threads", type=int, default=4, help="threads in each (default: %(default)s)")
        parser.add_argument("--access-log", action="store_true", help="write a line for each request")

    def handle(
        self, *, port: int, host: str, processes: int, threads: int, access_log: bool, **options: object
    ) -> None:
        self.require_migrations()
        self.require_static_files()
        listener = listen(host, port)
        url = settings.SITE_URL if settings.PRODUCTION else f"http://localhost:{port}"
        # Where no SITE_URL is set, the site's URL follows from the port.
        environment = {"PORT": str(port)}
        command = gunicorn(listener, processes, threads, access_log)
        web = Child("web server", command, environment, fds=(listener.fileno(),))
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "worker", "--skip-checks"]
        worker = Child("worker", command, environment)
        words = f"The site is at  {url}/\nThe desk is at  {url}/admin/"
        words += "\nCtrl-C ends both web server and worker.\n"
        # Only the children talk to the database from here on.
        connection.close()
        listener.set_inheritable(True)
        sys.stdout.flush()
        place = ("127.0.0.1" if host == "0.0.0.0" else host, port)  # noqa: S104
        Plan([web, worker], place, words).run(str(settings.BASE_DIR))

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


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket, which the web server inherits.

    It stays open while the server behind it is restarted, so that visitors wait a moment instead of
    being refused, and the port cannot be lost. Raises CommandError where the port cannot be had.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except (OSError, OverflowError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        remedy = f"end what uses it, or choose another: PORT={port + 1}"
        raise nothing_done(f"Cannot listen on {host}, port {port} ({why}); {remedy}") from error
    return listener


def gunicorn(listener: socket.socket, processes: int, threads: int, access_log: bool) -> list[str]:
    """Return gunicorn's command line for a listening socket."""
    command = [sys.executable, "-m", "gunicorn", "tipsite.wsgi:application", f"--chdir={settings.BASE_DIR}"]
    command += [f"--bind=fd://{listener.fileno()}", "--worker-class=gthread", "--no-control-socket"]
    # They share what is loaded before they part; a new program needs a new start, as it does for the worker.
    command.append("--preload")
    command += [f"--workers={processes}", f"--threads={threads}", "--graceful-timeout=5"]
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
