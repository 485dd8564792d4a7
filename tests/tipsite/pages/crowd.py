"""Readers who ask real web processes for pages, over and over, and what they got when."""

import http.client
import re
import time
from contextlib import closing
from itertools import count
from threading import Event, Thread
from typing import NamedTuple


class Seen(NamedTuple):
    """One answer: which reader asked for what, when, when it was there, and what it showed.

    One that nginx gave by itself has no tag.
    """

    reader: int
    url: str
    asked_at: float
    answered_at: float
    status: int
    text: str
    is_from_file: bool


class Crowd:
    """So many readers of the site on a port, who pause for ``pause`` seconds between two pages.

    Within a ``with`` block they read. ``errors`` has what went wrong, ``bare_waits`` how long readers of
    /healthz waited, which is nobody's page. ``connect`` makes a connection of each, by HTTP unless it is
    given, and ``host`` is the site's.
    """

    def __init__(self, port, urls, readers, pause, connect=None, host=None):
        self.urls, self.pause, self.host = urls, pause, host or f"localhost:{port}"
        self._connection = connect or (lambda: http.client.HTTPConnection("127.0.0.1", port, timeout=60))
        self.seen, self.errors, self.bare_waits = [], [], []
        self._ended = Event()
        self._threads = [Thread(target=self._read, args=(number,)) for number in range(readers)]
        self._threads.append(Thread(target=self._wait_bare))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def has_seen(self, url, since, is_new):
        """Tell whether an answer shows what is new that was asked for since a moment."""
        return any(each.url == url and each.asked_at > since and is_new(each) for each in list(self.seen))

    def _read(self, number):
        with closing(self._connection()) as connection:
            for turn in count(number):
                url, asked_at = self.urls[turn % len(self.urls)], time.time()
                answer = self._ask(connection, url)
                if answer:
                    self.seen.append(Seen(number, url, asked_at, time.time(), *answer))
                if self._ended.wait(self.pause):
                    return

    def _wait_bare(self):
        with closing(self._connection()) as connection:
            while not self._ended.wait(0.05):
                start = time.monotonic()
                self._ask(connection, "/healthz")
                self.bare_waits.append(time.monotonic() - start)

    def _ask(self, connection, url):
        """Return (status, what the page says of the tip, whether nginx sent it), None where nothing came."""
        try:
            connection.request("GET", url, headers={"Host": self.host})
            answer = connection.getresponse()
            said = re.search(r"Said \d+ times", answer.read().decode())
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # It was idle for long; the next request opens another.
            connection.close()
            return None
        except OSError as error:
            self.errors.append((url, repr(error)))
            connection.close()
            return None
        if answer.status not in (200, 301, 404, 410):
            self.errors.append((url, answer.status))
        return answer.status, said[0] if said else "", answer.status == 200 and not answer.headers["ETag"]
