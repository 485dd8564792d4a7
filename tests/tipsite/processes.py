"""Real processes of the site, with a database and a state folder of their own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import psycopg2
from django.conf import settings

from tests.__main__ import OF_A_SITE

MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]


def wait_until(condition, seconds=60):
    """Wait until a condition holds and return what it returned; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        if result := condition():
            return result
        assert time.monotonic() < deadline, f"waited {seconds} seconds in vain"
        time.sleep(0.05)


def free_port():
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answer(port, path="/healthz"):
    """Return the status with which the site on a port answers, None where nothing does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def is_alive(pid):
    """Tell whether a process runs; one that ended and was not yet collected does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def children(pid, words=""):
    """Return the ids of a process's living children whose command line holds some words, in order."""
    found = []
    for each in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            parent = int((each / "stat").read_text().rpartition(")")[2].split()[1])
            command = (each / "cmdline").read_text().replace("\0", " ")
            if parent == pid and words in command and is_alive(int(each.name)):
                found.append(int(each.name))
    return sorted(found)


def descendants(pid):
    """Return the ids of all living processes that a process has started, and of those that these have."""
    found = children(pid)
    return found + [each for child in found for each in descendants(child)]


class Site:
    """One site that tests start and end commands of, from outside."""

    def __init__(self, folder, database_url):
        self.folder = Path(folder)
        self.environment = {name: value for name, value in os.environ.items() if name not in OF_A_SITE}
        self.environment |= {"STATE_DIR": str(self.folder), "DATABASE_URL": database_url}
        self.started = []

    def manage(self, *arguments, **environment):
        """Run a command to its end; return the finished process with its output as text."""
        return subprocess.run(
            MANAGE + list(arguments),
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def start(self, *arguments):
        """Start a command that runs until it is told to end; return its process, output in ``log``."""
        with self.log.open("w") as log:
            process = subprocess.Popen(
                MANAGE + list(arguments),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.started.append(process)
        return process

    @property
    def log(self):
        return self.folder / "log"

    def end_all(self):
        """End whatever still runs of what was started."""
        for process in self.started:
            if process.poll() is None:
                for pid in [process.pid, *descendants(process.pid)]:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                process.wait()
        self.started.clear()


@contextlib.contextmanager
def own_database(folder):
    """Give the address of an empty database of the kind that the tests run on; remove it afterwards."""
    here = settings.DATABASES["default"]
    if here["ENGINE"] == "django.db.backends.sqlite3":
        yield f"sqlite:///{folder / 'tips.sqlite3'}"
        return
    name = f"tips_processes_{os.getpid()}_{free_port()}"
    server = {"host": here["HOST"], "port": here["PORT"] or 5432, "user": here["USER"]}
    if here["PASSWORD"]:
        server["password"] = here["PASSWORD"]

    def execute(sql):
        connection = psycopg2.connect(dbname="postgres", **server)
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(sql)

    execute(f"CREATE DATABASE {name}")
    try:
        quoted = {key: urllib.parse.quote(str(value), safe="") for key, value in server.items()}
        account = quoted["user"] + (f":{quoted['password']}" if here["PASSWORD"] else "")
        yield f"postgres://{account}@{quoted['host']}:{quoted['port']}/{name}"
    finally:
        execute(f"DROP DATABASE {name} WITH (FORCE)")


def enqueue(site, call):
    code = f"from tests.tipsite import jobs; jobs.{call}"
    done = site.manage("shell", "--verbosity=0", "--command", code)
    assert done.returncode == 0, done.stderr


def results(site, path):
    code = (
        "from django_tasks_db.models import DBTaskResult as R;"
        f"print([r.status for r in R.objects.filter(task_path='{path}')])"
    )
    return site.manage("shell", "--verbosity=0", "--command", code).stdout.strip()
