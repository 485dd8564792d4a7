"""Keep a few child processes alive: start them, bring back what dies, end them all together.

``python -m tipsite.worker.supervisor PLAN`` is what ``serve`` becomes once all is checked. It imports nothing
of Django, nor of the site: beside its children it would have all of that in memory for nothing.
"""

import contextlib
import ctypes
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from tipsite.worker.stop_signal import Stop

# Run by its name, the module is another.
logger = logging.getLogger("tipsite.worker.supervisor")

# Each death in a row doubles the pause; the longest still brings a child back within ten seconds.
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0
# A child that lived this long was well; its next death counts as the first.
WELL_AFTER = 60
# How long children have for an orderly end, in seconds, before they are killed.
PATIENCE = 8

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass
class Child:
    """A process to keep alive.

    ``name`` is what people read in messages, ``command`` the program and its arguments, ``environment``
    what is added to our own, ``fds`` the file descriptors that it inherits.
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    deaths: int = field(default=0, init=False)
    started: float = field(default=0.0, init=False)
    due: float = field(default=0.0, init=False)

    def start(self) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches it only through us."""
        supervisor = os.getpid()
        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603  the command is our own
            self.command,
            env={**os.environ, **self.environment},
            pass_fds=self.fds,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: _end_with(supervisor),
        )

    def tend(self) -> None:
        """Start it when it is due; when it has died, note that and say when it comes back."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due:
                self.start()
            return
        status = self.process.poll()
        if status is None:
            return
        # Whatever it had started itself must not go on without it.
        self.signal(signal.SIGTERM)
        self.process = None
        self.deaths = 1 if now - self.started > WELL_AFTER else self.deaths + 1
        pause = min(FIRST_PAUSE * 2 ** (self.deaths - 1), LONGEST_PAUSE)
        self.due = now + pause
        manner = f"killed by {signal.Signals(-status).name}" if status < 0 else f"status {status}"
        logger.warning("The %s ended (%s); it is started again in %g s.", self.name, manner, pause)

    def signal(self, number: int) -> None:
        """Send a signal to it and to all that it has started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


def _end_with(supervisor: int) -> None:
    """In the child, before its program starts: have Linux end it when the supervisor is killed."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != supervisor:
            os._exit(1)


def supervise(children: Sequence[Child], stop: Stop, each_round: Callable[[], None]) -> None:
    """Run children until ``stop`` is requested, then end them; return when none is left.

    ``each_round`` is called a few times a second in between.
    """
    try:
        while not stop.wait(0.2):
            for child in children:
                child.tend()
            each_round()
    finally:
        _end(children, stop)


def _end(children: Sequence[Child], stop: Stop) -> None:
    running = [(child, child.process) for child in children if child.process is not None]
    for child, _ in running:
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    # A second request means: now.
    while stop.requests < 2 and time.monotonic() < deadline and any(p.poll() is None for _, p in running):
        time.sleep(0.05)
    for child, process in running:
        child.signal(signal.SIGKILL)
        process.wait()


def probe(place: tuple[str, int]) -> Iterator[bool]:
    """Yield whether a web server at (host, port) has given its first answer, without ever waiting for it.

    This ends after it yielded True once. Where the server dies over a request, another one follows.
    """
    while True:
        with contextlib.suppress(OSError), socket.create_connection(place, timeout=1) as connection:
            connection.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            while not select.select([connection], [], [], 0)[0]:
                yield False
            if connection.recv(16).startswith(b"HTTP/"):
                yield True
                return
        yield False


@dataclass
class Plan:
    """What ``main`` is told: the children, and what it says once (host, port) gives a first answer."""

    children: list[Child]
    place: tuple[str, int]
    announcement: str

    def run(self, program_folder: str) -> NoReturn:
        """Become the process that supervises the children: under the same number, and with little memory.

        ``program_folder`` has the package ``tipsite``. File descriptors of the children must be inheritable.
        """
        children = [{name: vars(child)[name] for name in _OF_A_CHILD} for child in self.children]
        plan = json.dumps({"children": children, "place": self.place, "announcement": self.announcement})
        path = os.pathsep.join(filter(None, [program_folder, os.environ.get("PYTHONPATH", "")]))
        command = [sys.executable, "-m", "tipsite.worker.supervisor", plan]
        os.execve(sys.executable, command, {**os.environ, "PYTHONPATH": path})  # noqa: S606  it is our own


_OF_A_CHILD = ("name", "command", "environment", "fds")


def main(plan: str) -> None:
    """Supervise what a Plan names, until a signal asks for the end."""
    stop = Stop()
    stop.listen()
    line = "{asctime} {levelname} {name}: {message}"
    logging.basicConfig(format=line, style="{", level=logging.INFO)
    told = json.loads(plan)
    first_answer = probe(tuple(told["place"]))

    def announce() -> None:
        if next(first_answer, False):
            sys.stdout.write(told["announcement"])
            sys.stdout.flush()

    children = [Child(**{**child, "fds": tuple(child["fds"])}) for child in told["children"]]
    supervise(children, stop, each_round=announce)


if __name__ == "__main__":
    main(sys.argv[1])
