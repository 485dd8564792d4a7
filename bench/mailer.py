"""One worker of the bench: ``python -m bench.mailer CONNECTIONS`` sends what is due until its input ends."""

import sys
import threading

import django

if __name__ == "__main__":
    django.setup()

from subscribers.delivery.pool import SenderPool


class Stop(threading.Event):
    """Ends the threads of a SenderPool."""

    def __bool__(self) -> bool:
        return self.is_set()


def main(connections: int) -> None:
    """Send with so many connections until standard input ends."""
    stop = Stop()
    pool = SenderPool(stop, connections)
    pool.start()
    print("ready", flush=True)
    sys.stdin.read()
    stop.set()
    pool.join(10)


if __name__ == "__main__":
    main(int(sys.argv[1]))
