"""Keep a few child processes alive: start them, bring back what dies, renew them, end them all together.

``python -m tipsite.worker.supervisor PLAN`` is what ``serve`` becomes once all is checked. It imports nothing
of Django, nor of the site: beside its children it would have all of that in memory for nothing.
"""

import contextlib
import json
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from tipsite.worker.child_processes import Child
from tipsite.worker.stop_signal import Stop

# Run by its name, the module is another.
logger = logging.getLogger("tipsite.worker.supervisor")

# How long children have for an orderly end, in seconds, before they are killed: longer than gunicorn gives to
# the requests under way (``serve``).
PATIENCE = 12
# The signal that asks for new processes. SIGHUP comes from a terminal that is closed, and asks for the end.
RENEW = signal.SIGUSR2


class Supervisor:
    """Runs children until ``stop`` is requested, and renews them on ``RENEW``.

    ``program`` is the folder of the program, or a link to it, which is looked at anew at each renewal.
    ``announcement`` is printed once all children are ready.
    """

    def __init__(self, children: Sequence[Child], program: str, announcement: str, stop: Stop) -> None:
        self.children, self.program, self.stop = children, program, stop
        self._announcement = announcement
        self._renewals_asked = self._renewals_done = 0

    def listen(self) -> None:
        """Take the signal that asks for new processes."""
        signal.signal(RENEW, self.ask_to_renew)

    def ask_to_renew(self, *_: object) -> None:
        """Have all children replaced by new processes; a signal's handler may call this."""
        self._renewals_asked += 1

    def run(self) -> None:
        """Supervise until the end is asked for, then end all children; return when none is left."""
        try:
            for child in self.children:
                child.program = os.path.realpath(self.program)
            while not self.stop.wait(0.2):
                if self._renewals_done < self._renewals_asked:
                    self._renew()
                for child in self.children:
                    child.tend()
                if self._announcement and all(child.is_ready for child in self.children):
                    self._announce()
        finally:
            notify_systemd("STOPPING=1")
            self._end()

    def _renew(self) -> None:
        # Who asks again meanwhile may have put another program there.
        self._renewals_done = self._renewals_asked
        program = os.path.realpath(self.program)
        logger.info("New processes are started, of the program in %s.", program)
        for child in self.children:
            child.program = program
            child.renew()

    def _announce(self) -> None:
        sys.stdout.write(self._announcement)
        sys.stdout.flush()
        self._announcement = ""
        notify_systemd("READY=1")

    def _end(self) -> None:
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        # A second request means: now.
        while self.stop.requests < 2 and time.monotonic() < deadline and any(c.runs for c in self.children):
            time.sleep(0.05)
        for child in self.children:
            child.kill()


@dataclass
class Plan:
    """What ``main`` is told: the children, the program's folder, and what it says once all are ready."""

    children: list[Child]
    program: str
    announcement: str

    def run(self, own_folder: str) -> NoReturn:
        """Become the process that supervises the children: under the same number, and with little memory.

        ``own_folder`` has the package ``tipsite``. File descriptors of the children must be inheritable.
        """
        inherited = os.environ.get("PYTHONPATH", "")
        plan = {
            "children": [child.plan() for child in self.children],
            "program": self.program,
            "announcement": self.announcement,
            "python_path": inherited,
        }
        path = os.pathsep.join(filter(None, [own_folder, inherited]))
        command = [sys.executable, "-m", "tipsite.worker.supervisor", json.dumps(plan)]
        os.execve(sys.executable, command, {**os.environ, "PYTHONPATH": path})  # noqa: S606  it is our own


def main(plan: str) -> None:
    """Supervise what a Plan names, until a signal asks for the end."""
    stop = Stop()
    stop.listen()
    told = json.loads(plan)
    # Children of a newer program find their own modules, not those of this one.
    os.environ["PYTHONPATH"] = told["python_path"]
    line = "{asctime} {levelname} {name}: {message}"
    logging.basicConfig(format=line, style="{", level=logging.INFO)
    children = [Child.of_plan(each) for each in told["children"]]
    supervisor = Supervisor(children, told["program"], told["announcement"], stop)
    supervisor.listen()
    supervisor.run()


def notify_systemd(state: str) -> None:
    """Tell systemd how far this service is (sd_notify(3)): "READY=1"; elsewhere, do nothing."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        # An address that begins with @ is one without a file.
        channel.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        channel.sendall(state.encode())


if __name__ == "__main__":
    main(sys.argv[1])
