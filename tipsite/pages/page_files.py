"""Finished pages as files, which nginx sends without asking this program; deploy/nginx/tips.conf reads them.

Below the folder PAGES_DIR the link ``live`` leads to the pages of one state. There a page lies under the ten
seconds for which it was asked for (``now``), and only if it holds until their end: with the next ten seconds
nginx asks this program again. So no page outlives its moment, though every process be dead. A change is seen
by a thread that looks for it as long as any file may be served, and that lets ``live`` lead elsewhere. While
this program does not answer at all, nginx takes what lies under the present hundred seconds (``later``), ten
minutes ahead at most.
"""

import logging
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from hashlib import md5
from pathlib import Path
from threading import Lock, Thread, current_thread

from django.db import connection

from tipsite.pages.page import Page
from tipsite.pages.state import LONGEST_AWAY, LOOK_EVERY, State, Watch

# In seconds: for how long a page is served without this program, with it and without. In the names of folders
# they are digits that a Unix time lacks at its end: nginx cannot count.
NOW, LATER = 10, 100
# A page is written so many seconds after the last change: what is changed next has a later date for certain,
# in whole seconds, by which browsers ask again.
REST = 3
# All pages of one state take so many bytes at most, in each process; the others are answered without files.
MOST_BYTES = 100_000_000
# How often a change is looked for once no page is served but where this program does not answer.
LOOK_SELDOM = 1.0
# After a fault of the disk no file is written for so many seconds.
PAUSE = 60.0
# What nginx says with each file; a page that says anything else is not for nginx.
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; manifest-src 'self';"
    " script-src 'none'; style-src 'self'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(),"
    " payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# What nginx says of each file by itself.
_OF_NGINX = {"Content-Type": "text/html; charset=utf-8", "Vary": "Accept-Encoding"}
# By these names nginx knows the contents of one page.
_SUFFIXES = {"": "", "gzip": ".gz", "br": ".br"}
# What is written otherwise in a request is the same page for some and another for others.
_PLAIN_PATH = re.compile(r"(?:/[0-9A-Za-z_-]{1,200}){0,20}/")
# A folder's name: the generation of the program, and the key of the state.
_PLACE = re.compile(r"(\d+)-(\d+)-")

_logger = logging.getLogger(__name__)


class PageFiles:
    """Writes pages for nginx into a folder, and takes them away. Threads and processes may share the folder.

    ``watch`` tells the state. ``generation`` is a number that is larger for a program that was started later:
    of two that serve at once, while one takes over from the other, the later one writes.
    """

    def __init__(self, folder: Path, watch: Watch, generation: int) -> None:
        self._folder, self._watch, self._generation = folder, watch, generation
        self._lock = Lock()
        # What this process has written: in which state and ten seconds, of which paths, and how many bytes.
        self._key, self._window = "", -1
        self._linked: set[str] = set()
        self._written: dict[str, str] = {}
        self._bytes = 0
        # By a clock that nobody sets: when to write again after a fault, and when a page was last written.
        self._not_before = self._written_at = 0.0
        self._thread: Thread | None = None

    def offer(self, state: State, path: str, page: Page) -> None:
        """Write the page of a path, as it is in a state, for those who come next; do nothing in vain."""
        now = time.time()
        if int(now) // NOW == self._window and path in self._linked:
            return
        if page.status != 200 or not self._may_write(state, now) or not _PLAIN_PATH.fullmatch(path):
            return
        # Whoever finds another writing leaves it to the next reader.
        if not _is_for_nginx(page) or not self._lock.acquire(blocking=False):
            return
        try:
            self._write(state, path, page, now)
        except OSError as error:
            self._forget("")
            # Of a state of which another process knows a later one, the pages are taken away.
            if not (isinstance(error, FileNotFoundError) and self._folder.is_dir()):
                self._not_before = time.monotonic() + PAUSE
                _logger.error(
                    "No page can be written for nginx; readers get all from this program: %s", error
                )
        finally:
            self._lock.release()

    def _may_write(self, state: State, now: float) -> bool:
        """Tell whether pages of a state hold until the end of these ten seconds, and are old enough."""
        end = (int(now) // NOW + 1) * NOW
        if not (state.since <= now and end <= state.until and state.modified_at + REST <= now):
            return False
        # The page may have been long in the making.
        present = self._watch.state()
        is_present = present is not None and present.number == state.number
        return is_present and time.monotonic() >= self._not_before

    def _write(self, state: State, path: str, page: Page, now: float) -> None:
        """Write a page unless it is there, and link it where nginx looks. The lock is held."""
        if not self._point_to(_key(state)):
            return
        window = int(now) // NOW
        if window != self._window:
            self._window, self._linked = window, set()
        place = self._folder / self._name
        source = self._written.get(path)
        if source is None:
            size = sum(map(len, page.bodies().values()))
            if self._bytes + size > MOST_BYTES:
                self._linked.add(path)
                return
            # No file is written twice: what nginx has found may be this very one by another name.
            source = secrets.token_hex(8)
            _write_bodies(_made(place, "pages"), source, page)
            self._written[path], self._bytes = source, self._bytes + size
        last = min(state.until, now + LONGEST_AWAY)
        later = range(int(now) // LATER, int(last) // LATER) if not self._watch.is_away else ()
        for folder in (f"now/{window}", *(f"later/{hundred}" for hundred in later)):
            target = _made(place, folder + path)
            for suffix in map(_SUFFIXES.__getitem__, page.bodies()):
                with suppress(FileExistsError):
                    os.link(place / "pages" / f"{source}{suffix}", target / f"index.html{suffix}")
        self._linked.add(path)
        self._written_at = time.monotonic()
        if self._thread is None:
            self._thread = Thread(target=self._look, name="page files", daemon=True)
            self._thread.start()

    @property
    def _name(self) -> str:
        return f"{self._generation}-{self._key}"

    def _forget(self, key: str) -> None:
        """Begin anew with another state. The lock is held."""
        self._key, self._window = key, -1
        self._linked, self._written, self._bytes = set(), {}, 0

    def _point_to(self, key: str) -> bool:
        """Let ``live`` lead to the pages of a state, "" to none; tell whether it does. The lock is held."""
        live = self._folder / "live"
        try:
            leads_to = os.readlink(live)
        except FileNotFoundError:
            leads_to = ""
        if leads_to and self._is_behind(key, leads_to):
            return False
        if key != self._key:
            self._forget(key)
        if not key:
            live.unlink(missing_ok=True)
        elif leads_to != self._name:
            _made(self._folder, self._name)
            new = self._folder / f"live.{os.getpid()}"
            new.unlink(missing_ok=True)
            new.symlink_to(self._name)
            new.rename(live)
        return bool(key)

    def _is_behind(self, key: str, leads_to: str) -> bool:
        """Tell whether another process started later, or knows of a later change, and still writes pages."""
        theirs, ours = (_PLACE.match(name) for name in (leads_to, f"{self._generation}-{key}"))
        if not theirs or (ours and _numbers(theirs) <= _numbers(ours)):
            return False
        if not ours and int(theirs[1]) <= self._generation:
            return False
        with suppress(OSError):
            return abs(time.time() - (self._folder / leads_to / "now").stat().st_mtime) < 3 * NOW
        return False

    # --- The thread that looks for changes ---------------------------------------------------------

    def _look(self) -> None:
        """Let ``live`` follow the state for as long as nginx may serve what was written, and tidy up."""
        cleaned_at = 0.0
        try:
            while self.follow():
                if time.monotonic() > cleaned_at + NOW:
                    self.tidy()
                    cleaned_at = time.monotonic()
                is_read = time.monotonic() < self._written_at + 2 * NOW
                time.sleep(LOOK_EVERY if is_read else LOOK_SELDOM)
        except OSError as error:
            _logger.error("The pages that were written for nginx cannot be looked after: %s", error)
        finally:
            connection.close()
            with self._lock:
                if self._thread is current_thread():
                    self._thread = None

    def follow(self) -> bool:
        """Let ``live`` lead to the pages of the present state; tell whether nginx may serve any."""
        state = self._watch.state()
        with self._lock:
            if time.monotonic() > self._written_at + LONGEST_AWAY + LATER:
                # Under the lock, so that whoever writes next starts another.
                self._thread = None
                return False
            self._point_to(_key(state) if state else "")
            return True

    def tidy(self) -> None:
        """Take away what nginx does not serve any more."""
        with suppress(FileNotFoundError):
            live = os.readlink(self._folder / "live")
            for each in _folders(self._folder):
                # Another process may be about to let ``live`` lead to what it has just made.
                if each.name != live and abs(time.time() - each.stat().st_mtime) > 3 * NOW:
                    shutil.rmtree(each, ignore_errors=True)
            for folder, seconds, ahead in (("now", NOW, 0), ("later", LATER, LONGEST_AWAY)):
                present, last = (int(time.time() + more) // seconds for more in (0, ahead))
                for each in _folders(self._folder / live / folder):
                    # Also what lies ahead where the clock was set back.
                    if not present <= int(each.name) <= last + 1:
                        shutil.rmtree(each, ignore_errors=True)


def _key(state: State) -> str:
    """Return what names a state in each process alike; it begins with the number of the edition."""
    said = (state.edition, state.since, state.until, state.renewed_at)
    return f"{state.edition[0]}-{md5(repr(said).encode(), usedforsecurity=False).hexdigest()}"


def _numbers(place: re.Match[str]) -> tuple[int, int]:
    """Return the generation and the edition of the pages in a folder."""
    return int(place[1]), int(place[2])


def _made(place: Path, below: str) -> Path:
    """Return a folder below another, made so that everybody may read it, whatever this program's umask."""
    folder = place / below.strip("/")
    if not folder.is_dir():
        for each in [*reversed(folder.relative_to(place).parents), folder.relative_to(place)]:
            with suppress(FileExistsError):
                (place / each).mkdir()
                (place / each).chmod(0o755)
    return folder


def _folders(folder: Path) -> Iterator[Path]:
    with suppress(FileNotFoundError):
        yield from [each for each in folder.iterdir() if each.is_dir() and not each.is_symlink()]


def _write_bodies(folder: Path, name: str, page: Page) -> None:
    """Write a page in each of its forms, for everybody to read, with its date."""
    folder.mkdir(parents=True, exist_ok=True)
    for coding, body in page.bodies().items():
        file = folder / f"{name}{_SUFFIXES[coding]}"
        file.write_bytes(body)
        file.chmod(0o644)
        os.utime(file, (page.modified, page.modified))


def _is_for_nginx(page: Page) -> bool:
    """Tell whether a page says what nginx says with each file, in whatever order."""
    said = {name.lower(): _parts(value) for name, value in page.headers}
    return said == {name.lower(): _parts(value) for name, value in (HEADERS | _OF_NGINX).items()}


def _parts(value: str) -> frozenset[str]:
    return frozenset(part.strip() for part in value.split(";"))
