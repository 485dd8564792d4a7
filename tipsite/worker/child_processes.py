"""A program that the supervisor keeps running: its process, and the ones that follow or precede it."""

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TypedDict

logger = logging.getLogger(__name__)

# Each death in a row doubles the pause; the longest still brings a child back within ten seconds.
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0
# A child that lived this long was well; its next death counts as the first.
WELL_AFTER = 60
# How long a process that was replaced may still work on what it has in hand, in seconds.
LEAVE = 60
# In a command: the folder of the program, which may be another after a renewal.
PROGRAM = "{program}"
# The variable that names the file descriptor on which a process says that it is ready.
READY_FD = "TIPS_READY_FD"

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class ChildPlan(TypedDict):
    """A child as the supervisor is told of it, in JSON."""

    name: str
    command: list[str]
    environment: dict[str, str]
    fds: list[int]
    says_ready: bool


class Run:
    """One process of a child, from its start to its end, in a process group of its own."""

    def __init__(
        self, command: list[str], environment: dict[str, str], fds: tuple[int, ...], folder: str
    ) -> None:
        """Start it in a folder, so that Ctrl-C reaches it only through us, and that it ends with us."""
        supervisor = os.getpid()
        self._reader, writer = os.pipe()
        os.set_blocking(self._reader, False)
        self.started = time.monotonic()
        # systemd is told by the supervisor alone.
        ours = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}
        try:
            self.process = subprocess.Popen(  # noqa: S603  the command is our own
                command,
                cwd=folder,
                env={**ours, **environment, READY_FD: str(writer)},
                pass_fds=(*fds, writer),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=lambda: _end_with(supervisor),
            )
        finally:
            os.close(writer)
        self._is_ready = False

    def is_ready(self) -> bool:
        """Tell whether it has said that it is ready."""
        if not self._is_ready:
            with contextlib.suppress(BlockingIOError):
                self._is_ready = bool(os.read(self._reader, 1))
        return self._is_ready

    def status(self) -> int | None:
        """Return its exit status, negative for a signal; None while it runs."""
        return self.process.poll()

    def is_gone(self) -> bool:
        """Tell whether it has ended, and all that it has started."""
        if self.status() is None:
            return False
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def signal(self, number: int) -> None:
        """Send a signal to it and to all that it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def end(self) -> None:
        """Kill what is left of it, and forget it."""
        self.signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._reader)


def _end_with(supervisor: int) -> None:
    """In the child, before its program starts: have Linux end it when the supervisor is killed."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != supervisor:
            os._exit(1)


@dataclass
class Child:
    """A program to keep running.

    ``name`` is what people read in messages, ``command`` the program and its arguments, in which ``PROGRAM``
    stands for the program's folder, ``environment`` what is added to our own, ``fds`` the file descriptors
    that it inherits. One that ``says_ready`` (``say_ready``) is replaced by a process that is ready; of
    another the old process ends before the new one starts.
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    fds: tuple[int, ...] = ()
    says_ready: bool = False
    program: str = field(default="", init=False)
    deaths: int = field(default=0, init=False)
    due: float = field(default=0.0, init=False)
    _run: Run | None = field(default=None, init=False)
    _successor: Run | None = field(default=None, init=False)
    _leaving: list[tuple[Run, float]] = field(default_factory=list, init=False)

    def plan(self) -> ChildPlan:
        """Return what ``of_plan`` makes such a child of."""
        fds = list(self.fds)
        return ChildPlan(
            name=self.name,
            command=self.command,
            environment=self.environment,
            fds=fds,
            says_ready=self.says_ready,
        )

    @classmethod
    def of_plan(cls, plan: ChildPlan) -> "Child":
        """Return the child that a plan describes."""
        fds = tuple(plan["fds"])
        return cls(plan["name"], plan["command"], plan["environment"], fds, plan["says_ready"])

    @property
    def is_ready(self) -> bool:
        """Whether its process has said that it is ready; of one that says nothing, whether it runs."""
        return self._run is not None and (not self.says_ready or self._run.is_ready())

    @property
    def runs(self) -> bool:
        """Whether any process of it is alive."""
        return any(run.status() is None for run in self._all())

    def tend(self) -> None:
        """Start it when it is due, put the ready one in place; when it has died, say when it comes back."""
        now = time.monotonic()
        self._see_off(now)
        self._let_follow(now)
        if self._run is None:
            # Of one that says nothing the old process ends first.
            if now >= self.due and (self.says_ready or not self._leaving):
                self._run = self._start()
                self.due = now + LONGEST_PAUSE
            return
        status = self._run.status()
        if status is None:
            return
        # Whatever it had started itself must not go on without it.
        self._run.signal(signal.SIGTERM)
        self._leaving.append((self._run, now + LEAVE))
        self.deaths = 1 if now - self._run.started > WELL_AFTER else self.deaths + 1
        self._run = None
        pause = min(FIRST_PAUSE * 2 ** (self.deaths - 1), LONGEST_PAUSE)
        self.due = now + pause
        logger.warning("The %s ended (%s); it is started again in %g s.", self.name, _manner(status), pause)

    def renew(self) -> None:
        """Replace its process by a new one; what the old one has in hand is finished."""
        if self._successor is not None:
            self._dismiss(self._successor)
            self._successor = None
        if self.says_ready:
            self._successor = self._start()
        elif self._run is not None:
            self._dismiss(self._run)
            self._run, self.due = None, 0.0

    def signal(self, number: int) -> None:
        """Send a signal to all its processes."""
        for run in self._all():
            run.signal(number)

    def kill(self) -> None:
        """Kill what is left of its processes."""
        for run in self._all():
            run.end()

    def _all(self) -> list[Run]:
        return [run for run in (self._run, self._successor) if run] + [run for run, _ in self._leaving]

    def _start(self) -> Run | None:
        command = [word.replace(PROGRAM, self.program) for word in self.command]
        try:
            return Run(command, self.environment, self.fds, self.program)
        except OSError as error:
            logger.error("The %s cannot be started: %s", self.name, error)
            return None

    def _dismiss(self, run: Run) -> None:
        run.signal(signal.SIGTERM)
        self._leaving.append((run, time.monotonic() + LEAVE))

    def _see_off(self, now: float) -> None:
        """Forget the processes that have left, and kill those that take too long."""
        for run, deadline in list(self._leaving):
            if run.is_gone() or now > deadline:
                run.end()
                self._leaving.remove((run, deadline))

    def _let_follow(self, now: float) -> None:
        """Put a new process in the old one's place once it is ready; if it dies first, keep the old."""
        if self._successor is None:
            return
        if (status := self._successor.status()) is not None:
            words = "The new %s ended (%s) before it was ready; the old one goes on."
            logger.error(words, self.name, _manner(status))
            self._successor.end()
            self._successor = None
        elif self._successor.is_ready():
            if self._run is not None:
                self._dismiss(self._run)
            self._run, self._successor = self._successor, None
            logger.info("The new %s has taken over.", self.name)


def _manner(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"status {status}"


def say_ready() -> None:
    """In a child: tell the supervisor that this process does its work; without a supervisor, do nothing."""
    number = os.environ.get(READY_FD, "")
    # Whoever asked may have gone since.
    with contextlib.suppress(OSError, ValueError):
        os.write(int(number), b".")
