"""One address asks for the dearest pages without end; another reader's home comes as before, or nearly."""

import contextlib
import statistics
import threading
import time
from itertools import count, cycle, islice

import pytest

from tests.tipsite import nginx
from tests.tipsite.processes import Site, free_port, wait_until

pytestmark = [nginx.needs_nginx, pytest.mark.soak, pytest.mark.processes, pytest.mark.once]
SECONDS = 30
NUMBERS = count()
# Each answer is another: no kept page helps.
DEAREST = [
    lambda: f"/search/?q=trust+meeting+{next(NUMBERS)}",
    lambda: "/sitemap.xml",
    lambda: "/sitemap-tips.xml",
    lambda: "/healthz/safe",
    lambda: f"/nothing-{next(NUMBERS)}/",
    lambda: f"/tips/page/{next(NUMBERS) % 7 + 1}/?x={next(NUMBERS)}",
    lambda: "/feed/",
]


@pytest.fixture
def front(tmp_path):
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'tips.sqlite3'}")
    site.environment.pop("SITE_URL", None)
    for command in (["migrate", "-v0"], ["demo"], ["collectstatic", "--no-input", "-v0"], ["error_pages"]):
        done = site.manage(*command)
        assert done.returncode == 0, done.stderr
    site.environment |= nginx.REAL_SITE
    port = free_port()
    (tmp_path / "nginx").mkdir()
    site.start("serve", f"--port={port}")
    wait_until(lambda: "Ctrl-C" in site.log.read_text())
    with nginx.Nginx(tmp_path / "nginx", port, tmp_path).running() as front:
        yield front
    site.end_all()


def waits(front, seconds):
    """How long a reader waits for home, over and over, with pauses in between."""
    found, end = [], time.monotonic() + seconds
    with contextlib.closing(front.connect("127.0.0.20")) as connection:
        while time.monotonic() < end:
            began = time.perf_counter()
            assert nginx.ask(connection, "/")[0] == 200
            found.append(time.perf_counter() - began)
            time.sleep(0.05)
    return found


def test_the_dearest_pages_asked_for_from_one_address_hardly_delay_another_reader(front):
    is_over = threading.Event()

    def greedy(number):
        paths = cycle(DEAREST[number % len(DEAREST) :] + DEAREST[: number % len(DEAREST)])
        while not is_over.is_set():
            with contextlib.suppress(OSError), contextlib.closing(front.connect("127.0.0.99")) as connection:
                for path in islice(paths, 20):
                    nginx.ask(connection, path())

    alone = waits(front, SECONDS / 2)
    crowd = [threading.Thread(target=greedy, args=[number]) for number in range(20)]
    for each in crowd:
        each.start()
    beside = waits(front, SECONDS)
    is_over.set()
    for each in crowd:
        each.join()
    alone += waits(front, SECONDS / 2)
    assert statistics.mean(beside) <= 2 * statistics.mean(alone)
