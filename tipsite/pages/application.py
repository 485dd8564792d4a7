"""The WSGI application in front of Django's: it answers with kept pages, and has Django build them."""

import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from types import TracebackType
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings

from tipsite.pages.page import Page, Response, is_for_everybody
from tipsite.pages.page_files import PageFiles
from tipsite.pages.requests import Everybody
from tipsite.pages.state import LONGEST_AWAY, State, Watch
from tipsite.pages.store import Built, Store

# In the environment of a request, while the database is away and Django need not ask it: in how many seconds
# to come again.
AWAY = "tipsite.database_is_away"
_SAFE = ("GET", "HEAD", "OPTIONS")
_Error = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


class Application:
    """Answers readers with kept pages, and lets Django answer whatever is not everybody's.

    ``store`` is None where no page is kept. Into the folder ``for_nginx``, unless that is None, pages are
    written for nginx as well.
    """

    def __init__(self, django: WSGIApplication, store: Store | None, for_nginx: Path | None = None) -> None:
        self.store = store
        self.watch = Watch()
        # A program that was started later has the larger number.
        self._files = PageFiles(for_nginx, self.watch, time.time_ns()) if for_nginx else None
        self._django = django
        self._everybody = Everybody()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request; to HEAD with the headers alone (RFC 9110, section 9.3.2).

        Django leaves it to the server to drop the body, and gunicorn drops it with a warning each time.
        """
        if self.store is not None and (path := self._everybody.path(environ)) is not None:
            response = self._of_everybody(self.store, environ, path)
            if response is not None:
                start_response(response.line, list(response.headers))
                return [response.body] if response.body else []
        answer = self._django(environ, start_response)
        if environ["REQUEST_METHOD"] == "HEAD":
            _close(answer)
            return []
        if environ["REQUEST_METHOD"] not in _SAFE:
            # Whoever reads next from this process reads what was just changed.
            self.watch.look_again()
        return answer

    def _of_everybody(self, store: Store, environ: WSGIEnvironment, path: str) -> Response | None:
        """Return the answer to a request that is everybody's, None where Django has to give it."""
        state = self.watch.state()
        built: Built = store.get(state, path) if state else None
        if built is None and not self.watch.is_away:
            # The edition is read before the page, so that a change in between makes the page unreachable,
            # and never wrong.
            state = self.watch.newest()
            if state and not self.watch.is_away:
                still = partial(self._holds, state)
                built = store.build(state, path, partial(self._build, environ, path, state), still)
        if built is None:
            if self.watch.is_away:
                environ[AWAY] = self.watch.come_again
            return None
        if isinstance(built, Response):
            return built._replace(body=b"") if environ["REQUEST_METHOD"] == "HEAD" else built
        if built.status == 301 and environ.get("QUERY_STRING"):
            # It leads on with the query.
            return None
        if self._files and state:
            self._files.offer(state, path, built)
        return built.answer(environ, self._cache_control(state) if state else "")

    def _build(self, environ: WSGIEnvironment, path: str, state: State) -> Built:
        """Have Django build the page of a path."""
        said: list[tuple[str, list[tuple[str, str]]]] = []

        def start(line: str, headers: list[tuple[str, str]], error: _Error | None = None) -> None:
            said[:] = [(line, headers)]

        answer = self._django(self._everybody.environ(environ, path), start)  # type: ignore[arg-type]
        try:
            body = b"".join(answer)
        finally:
            _close(answer)
        response = Response(*said[0], body)
        if is_for_everybody(response):
            return Page(response, state)
        # What failed for one fails for all who wait; anything else is asked for by each.
        return response if response.status >= 500 else None

    def _holds(self, state: State) -> bool:
        return state.covers(time.time())

    def _cache_control(self, state: State) -> str:
        """Return what caches are told where a CDN is named, "" for "no-cache".

        They may keep a page for CDN_MAX_AGE, and longer if the site fails, but not past the next moment.
        """
        if not settings.CDN_MAX_AGE or self.watch.is_away:
            return ""
        left = state.until - time.time()
        fresh = int(min(settings.CDN_MAX_AGE, left))
        if fresh < 1:
            return ""
        stale = int(min(LONGEST_AWAY, left - fresh))
        return f"public, max-age=0, s-maxage={fresh}, stale-if-error={stale}"


def _close(answer: Iterable[bytes]) -> None:
    close = getattr(answer, "close", None)
    if close:
        close()
