"""The database is away, or does not take what is written: for a while, and to nobody's fault.

A server that restarts or cannot be reached raises OperationalError or InterfaceError, and so does SQLite
whose file turned read-only. PostgreSQL that turned read-only, as the old primary does in a failover, raises
InternalError (SQLSTATE 25006).
"""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, InternalError, OperationalError, connection

AWAY = (OperationalError, InterfaceError, InternalError)
LONGEST_PAUSE = 5.0
_Result = TypeVar("_Result")


def until_it_answers(
    write: Callable[[], _Result], stop: object = False, wait: Callable[[float], object] = time.sleep
) -> _Result:
    """Call a function until the database takes what it writes, each time on a new connection.

    For what must not be forgotten: that a mail was sent, or was not. ``wait`` sleeps for some seconds. Raises
    the database's error where ``stop`` is true, and in a transaction, which is lost.
    """
    pause = 0.1
    while True:
        try:
            return write()
        except AWAY:
            if stop or connection.in_atomic_block:
                raise
            connection.close()
            wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
