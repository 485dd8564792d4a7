"""The verdict on the next slot as monitors ask for it: kept for some seconds, and logged when it changes."""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError
from django.utils import timezone

from tips.schedule import verdict

logger = logging.getLogger(__name__)

# How long an answer is kept, in seconds: a monitor that asks each minute always gets a new one.
KEPT_FOR = 5.0


@dataclass(frozen=True)
class Answer:
    """Whether the next tip is safe, as found at a moment.

    ``words`` are the reasons, also those that keep nothing from being safe; ``codes`` name those against it.
    """

    is_safe: bool
    words: tuple[str, ...]
    codes: tuple[str, ...]
    at: datetime


class KeptVerdict:
    """The last answer of this process. All threads share it, and one at a time asks anew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # With the moment until which it is kept, of a clock that nobody sets.
        self._kept: tuple[Answer, float] | None = None

    def ask(self) -> Answer:
        """Return an answer that is a few seconds old; log it if it is another than before.

        While one thread asks a database that is slow, the others get the answer before.
        """
        kept = self._kept
        if kept and (time.monotonic() < kept[1] or not self._lock.acquire(blocking=False)):
            return kept[0]
        if not kept:
            self._lock.acquire()
        try:
            if self._kept is None or time.monotonic() >= self._kept[1]:
                before, now = self._kept, _found()
                self._kept = now, time.monotonic() + KEPT_FOR
                _log(before[0] if before else None, now)
            return self._kept[0]
        finally:
            self._lock.release()

    def forget(self) -> None:
        """Ask anew at the next question, as a new process would."""
        self._kept = None


def _found() -> Answer:
    now = timezone.now()
    try:
        found = verdict.of_next(now)
    except DatabaseError:
        return Answer(False, ("The database does not answer.",), ("database",), now)
    words = tuple(str(reason) for reason in found.told)
    return Answer(found.is_safe, words, tuple(reason.code for reason in found.against), now)


def _log(before: Answer | None, now: Answer) -> None:
    """Write one line where the verdict, or what stands against it, is another than before."""
    if before is not None and (before.is_safe, before.codes) == (now.is_safe, now.codes):
        return
    if not now.is_safe:
        logger.warning("The next tip is not safe (%s).", ", ".join(now.codes) or "no reason given")
    elif before is not None:
        logger.info("The next tip is safe again.")
