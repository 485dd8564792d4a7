"""A PostgreSQL server that lives as long as one run of the tests, where the machine has the programs."""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psycopg2

CLUSTER = "-U tips -A trust -E UTF8 --no-locale --no-sync".split()
# What most tests hold need not outlive a crash.
IN_A_HURRY = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off".split()
_PR_SET_PDEATHSIG = 1


class NoPostgresError(Exception):
    """This machine cannot run a PostgreSQL server; the text says why."""


def programs():
    """Return the folder that holds ``initdb`` and ``postgres``, the newest version's; None without one."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    installed = [each for each in Path("/usr/lib/postgresql").glob("*/bin") if each.parent.name.isdigit()]
    folders += sorted(installed, key=lambda each: int(each.parent.name), reverse=True)
    return next((each for each in folders if {"initdb", "postgres"} <= set(os.listdir(each))), None)


def server_account():
    """Return the account that must run the server: None for our own, another one where we are root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise NoPostgresError("root may not run a PostgreSQL server, and there is no account named postgres")


class Server:
    """A server in a folder of its own, reached through a socket in that folder."""

    def __init__(self, *, durable=False):
        """A ``durable`` one keeps what was committed, whatever dies, and takes its time for that.

        Raises NoPostgresError where the machine has no server programs or may not run them.
        """
        self.programs = programs()
        self.options = [] if durable else IN_A_HURRY
        if self.programs is None:
            raise NoPostgresError("no PostgreSQL server is installed")
        account = server_account()
        # A socket's path must be short.
        self.place = Path(tempfile.mkdtemp(prefix="tips-pg-", dir="/tmp"))
        self.run_as = {}
        if account is not None:
            os.chown(self.place, account.pw_uid, account.pw_gid)
            self.run_as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        self.environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(self.place)}
        self.process = None

    @property
    def url(self):
        """The server's address, as a DATABASE_URL."""
        return f"postgres://tips@{quote(str(self.place), safe='')}:5432/postgres"

    def make(self):
        """Make an empty cluster of databases."""
        made = subprocess.run(
            [self.programs / "initdb", "-D", "data", *CLUSTER],
            cwd=self.place,
            env=self.environment,
            capture_output=True,
            text=True,
            **self.run_as,
        )
        if made.returncode:
            raise NoPostgresError(f"initdb failed: {made.stderr.strip()}")

    def start(self):
        """Start the server and wait until it answers."""
        log = self.place / "log"
        with log.open("a") as output:
            self.process = subprocess.Popen(
                [
                    self.programs / "postgres",
                    "-D",
                    self.place / "data",
                    "-k",
                    self.place,
                    "-h",
                    "",
                    *self.options,
                ],
                cwd=self.place,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C is for the tests, which need their database to clean up after them.
                start_new_session=True,
                preexec_fn=_end_with_parent,
                **self.run_as,
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg2.connect(host=str(self.place), user="tips", dbname="postgres").close()
            except psycopg2.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    words = log.read_text().strip()
                    raise NoPostgresError(f"the PostgreSQL server did not start: {words}") from error
                time.sleep(0.1)
            else:
                return

    def stop(self, manner=signal.SIGINT):
        """Stop the server: by SIGINT in good order, by SIGQUIT as in a crash."""
        if self.process is not None:
            self.process.send_signal(manner)
            self.process.wait()
            self.process = None


@contextlib.contextmanager
def throwaway(*, durable=False):
    """Run a new, empty Server for the length of a ``with`` block; give its address as a DATABASE_URL.

    Raises NoPostgresError where the machine has no server programs or may not run them.
    """
    with running_server(durable=durable) as server:
        yield server.url


@contextlib.contextmanager
def running_server(*, durable=False):
    """As ``throwaway``, but give the Server itself, which can be stopped and started again."""
    server = Server(durable=durable)
    try:
        server.make()
        server.start()
        yield server
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(server.place, ignore_errors=True)


def _end_with_parent():
    """In the child: a server is not left behind where the tests were killed (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT, 0, 0, 0)
