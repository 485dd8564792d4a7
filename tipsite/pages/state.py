"""Between which changes and which moments the site stands now: what decides whether a kept page is right."""

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from desk.storage_errors import COME_AGAIN, retry_after
from shield import signed_time
from tips.models import Edition
from tips.public import keeping
from tipsite.pages.query_limits import limited

# In seconds: how long an answer of the database counts, how long a request waits for another that asks, how
# long none asks after it gave no answer, and for how long readers are served what was kept meanwhile.
LOOK_EVERY = 0.1
LONGEST_WAIT = 5.0
AGAIN_AFTER = 1.0
LONGEST_AWAY = 600.0

_logger = logging.getLogger(__name__)
_NEVER = float("inf")
# A new program may show the same rows otherwise. Web processes that part from one have this in common.
_LOADED_AT = int(time.time())


@dataclass(frozen=True, eq=False)
class State:
    """Within one state all pages stay the same. All times are Unix times in seconds.

    ``number`` counts the states of this process. ``edition`` is the row of the edition. The state holds from
    ``since`` until before ``until``, which are moments at which pages change. The signed time in forms is of
    the hour from ``renewed_at`` until before ``renew_at``; an older one does no harm. ``modified_at`` is the
    last of the changes, moments and hours: whole seconds, and later than that of any state before in this
    process.
    """

    number: int
    edition: tuple[int, ...]
    since: float
    until: float
    renewed_at: float
    renew_at: float
    modified_at: int

    def covers(self, now: float) -> bool:
        """Tell whether no moment lies between this state and ``now``, whichever way the clock was set."""
        return self.since <= now < self.until

    def is_fresh(self, now: float) -> bool:
        """Tell whether the forms of this state have the signed time that one has that is made now."""
        return self.renewed_at <= now < self.renew_at


class Watch:
    """Knows the present state, and asks the database for it as seldom as may be. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        # What holds now, as far as it is known; and the state before, by which the next one is numbered.
        self._state: State | None = None
        self._before: State | None = None
        # By a clock that nobody sets: when the database was asked, may be asked again, and last answered.
        self._asked_at = self._next_look = self._answered_at = -_NEVER
        # What the next look is to see, and what the last one saw: another object after each change.
        self._wanted, self._seen = object(), object()
        self._is_failing = self._is_away = False
        self.come_again = COME_AGAIN

    @property
    def is_away(self) -> bool:
        """Whether the database gave no answer when it was last asked.

        ``come_again`` says in how many seconds readers should come again.
        """
        return self._is_away

    def state(self) -> State | None:
        """Return the present state, as it was at most LOOK_EVERY ago; None where nobody can tell.

        While the database is away that is the last state, until its end and for at most LONGEST_AWAY.
        """
        if not self._is_current():
            # While one asks, the others go on with what they know, if there is anything.
            waits = not self._is_away and self._within_bounds() is None
            if self._lock.acquire(timeout=LONGEST_WAIT if waits else 0):
                try:
                    if not self._is_current():
                        self._look()
                finally:
                    self._lock.release()
        return self._within_bounds()

    def newest(self) -> State | None:
        """Return the state as the database has it now, for what is about to be built; None as ``state``."""
        wanted_at = time.monotonic()
        if not self._lock.acquire(timeout=LONGEST_WAIT):
            return None
        try:
            is_known = self._is_away or (self._state is None and self._seen is self._wanted)
            is_pointless = is_known and time.monotonic() < self._next_look
            if self._asked_at < wanted_at and not is_pointless:
                self._look()
        finally:
            self._lock.release()
        return self._within_bounds()

    def look_again(self) -> None:
        """Have the next reader ask the database: this process may just have changed something."""
        self._wanted = object()

    def _is_current(self) -> bool:
        if time.monotonic() >= self._next_look:
            return False
        # Where no page may be kept, Django answers: that is known as well.
        is_enough = self._state is None or self._within_bounds() is not None
        return self._is_away or (self._seen is self._wanted and is_enough)

    def _within_bounds(self) -> State | None:
        state = self._state
        if state is None or not state.covers(time.time()):
            return None
        is_too_old = self._is_away and time.monotonic() - self._answered_at > LONGEST_AWAY
        return None if is_too_old else state

    def _look(self) -> None:
        """Ask the database. The lock is held."""
        asked_at, wanted = time.monotonic(), self._wanted
        try:
            with limited():
                state = self._read(time.time())
        except (DatabaseError, InterfaceError) as error:
            self._fail(error)
            self._seen = wanted
            self._next_look = time.monotonic() + AGAIN_AFTER
            return
        if self._is_failing:
            _logger.warning("The database answers again.")
        self._is_failing = self._is_away = False
        self._state, self._seen = state, wanted
        self._before = self._state or self._before
        self._asked_at = asked_at
        self._answered_at = time.monotonic()
        self._next_look = asked_at + LOOK_EVERY

    def _fail(self, error: Exception) -> None:
        """Note why there is no answer: what nobody can wait for is no outage, and for Django to answer."""
        seconds = retry_after(error)
        if seconds is None:
            self._state = None
        else:
            connection.close()
        if not self._is_failing and seconds is None:
            _logger.error("The edition cannot be read; no page is kept.", exc_info=error)
        elif not self._is_failing:
            reason = " ".join(str(error).split())
            _logger.error("The database is away; readers get the pages that were kept: %s", reason)
        self._is_failing, self._is_away = True, seconds is not None
        self.come_again = seconds or COME_AGAIN

    def _read(self, now: float) -> State | None:
        """Return the state at ``now``: the one before where nothing has changed; None where none is known."""
        if not connection.in_atomic_block:
            # As Django does before each request; a transaction of a test's own would end with its connection.
            close_old_connections()
        # First, so that a change behind this line belongs to a later edition.
        edition = Edition.objects.values_list("number", "moment", "clock").first()
        if edition is None or edition[2] == Edition.NO_TRIGGERS:
            return None
        before = self._before
        if before and before.edition == edition and before.covers(now) and before.is_fresh(now):
            return before
        around = keeping.moments_around(datetime.fromtimestamp(now, UTC))
        since = around.last.timestamp() if around.last else -_NEVER
        until = around.next.timestamp() if around.next else _NEVER
        renewed_at, renew_at = signed_time.span(now)
        # A clock that was set back must not give a page the date that another had.
        modified_at = max(edition[1], _LOADED_AT, int(since) if around.last else 0, int(renewed_at))
        number = 1
        if before:
            modified_at = max(modified_at, before.modified_at + 1)
            number = before.number + 1
        return State(number, edition, since, until, renewed_at, renew_at, modified_at)
