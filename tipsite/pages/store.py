"""Pages of one state, within bounds of memory, each built by one request while others wait for it."""

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, TimeoutError
from threading import Lock

from tipsite.pages.counts import Counts
from tipsite.pages.page import Page, Response
from tipsite.pages.state import State

# In seconds: how long a request waits for another that builds the same page, before it builds for itself.
LONGEST_WAIT = 5.0
# The share of the memory that may be taken by what is no page: anybody can ask for much that is not there.
SHARE_OF_OTHERS = 1 / 8

# A page; a response that is no page of everybody's, but an answer to all who waited; or None, where each
# request needs an answer of its own.
Built = Page | Response | None


class _Pool:
    """Pages by their paths, the least recently used of which go where there are too many bytes."""

    def __init__(self, most: float) -> None:
        self._most = most
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self.bytes = 0

    def get(self, path: str) -> Page | None:
        page = self._pages.get(path)
        if page is not None:
            self._pages.move_to_end(path)
        return page

    def put(self, path: str, page: Page) -> None:
        if page.size + len(path) > self._most:
            return
        self._take_out(path)
        self._pages[path] = page
        self.bytes += page.size + len(path)
        while self.bytes > self._most:
            self._take_out(next(iter(self._pages)))

    def clear(self) -> None:
        self._pages.clear()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._pages)

    def _take_out(self, path: str) -> None:
        page = self._pages.pop(path, None)
        if page is not None:
            self.bytes -= page.size + len(path)


class Store:
    """The kept pages of this process. A new state empties it: no page of an earlier one is right again."""

    def __init__(self, most_bytes: int, counts: Counts | None = None) -> None:
        self._lock = Lock()
        self._number = 0
        self._pages = _Pool(most_bytes * (1 - SHARE_OF_OTHERS))
        self._others = _Pool(most_bytes * SHARE_OF_OTHERS)
        self._builds: dict[str, Future[Built]] = {}
        self.counts = counts or Counts()

    @property
    def bytes(self) -> int:
        """About how much memory the kept pages take."""
        return self._pages.bytes + self._others.bytes

    @property
    def count(self) -> int:
        """How many pages are kept."""
        return len(self._pages) + len(self._others)

    def get(self, state: State, path: str) -> Page | None:
        """Return the page that is kept of a path in a state, or None."""
        with self._lock:
            page = self._get(path) if self._enter(state) else None
            self.counts.hits += page is not None
            return page

    def build(self, state: State, path: str, build: Callable[[], Built], still: Callable[[], bool]) -> Built:
        """Return the page of a path: the kept one, the one that another request builds, or else a built one.

        ``still`` is asked after the building whether the page may be kept. What came of it goes to all who
        wait, for at most LONGEST_WAIT. Raises what ``build`` raises.
        """
        with self._lock:
            if not self._enter(state):
                # The site has moved on since the request asked for the state.
                awaited, mine = None, None
                self.counts.builds += 1
            elif page := self._get(path):
                self.counts.hits += 1
                return page
            elif awaited := self._builds.get(path):
                self.counts.waits += 1
                mine = None
            else:
                mine = self._builds[path] = Future()
                self.counts.builds += 1
        if mine:
            return self._built(state, path, mine, build, still)
        if awaited:
            try:
                return awaited.result(LONGEST_WAIT)
            except TimeoutError:
                with self._lock:
                    self.counts.builds += 1
        return build()

    def _built(
        self,
        state: State,
        path: str,
        mine: "Future[Built]",
        build: Callable[[], Built],
        still: Callable[[], bool],
    ) -> Built:
        built: Built = None
        try:
            built = build()
        finally:
            with self._lock:
                if isinstance(built, Page) and still() and self._number == state.number:
                    pool = self._pages if built.status == 200 else self._others
                    pool.put(path, built)
                if self._builds.get(path) is mine:
                    del self._builds[path]
            # To those who wait nothing is raised: each tries for itself.
            mine.set_result(built)
        return built

    def _get(self, path: str) -> Page | None:
        return self._pages.get(path) or self._others.get(path)

    def _enter(self, state: State) -> bool:
        """Tell whether a state is the present one, and empty the store for a later one. The lock is held."""
        if state.number > self._number:
            self._number = state.number
            self._pages.clear()
            self._others.clear()
            # Who asks from now on must not wait for a page of the state before.
            self._builds = {}
        return state.number == self._number
