"""How a long-running command learns that it shall end."""

import os
import select
import signal


class Stop:
    """A request to end, made by a signal, for which any thread can wait.

    It is a pipe rather than an event of the threading module: a handler that interrupts the main thread
    inside such an event's own lock would wait for itself for ever.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self.requests = 0

    def listen(self) -> None:
        """Take the signals that ask a process to end: Ctrl-C, SIGTERM, and the loss of the terminal."""
        for number in self.SIGNALS:
            signal.signal(number, self.request)

    def request(self, *_: object) -> None:
        """Ask for the end; the second request of an impatient person is counted too."""
        self.requests += 1
        os.write(self._write, b".")

    def wait(self, seconds: float) -> bool:
        """Wait at most so many seconds; return whether the end is asked for."""
        return bool(select.select([self._read], [], [], max(seconds, 0))[0])

    def __bool__(self) -> bool:
        return self.wait(0)
