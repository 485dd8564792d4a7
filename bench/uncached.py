"""What each page costs the web server, built anew, as a multiple of a bare application of equal bytes.

``python -m bench.uncached TIPS ROUNDS`` measures on the database of DATABASE_URL, and fills it first where it
is empty. Its exit status is 1 where a figure is out of its bounds. A cost is the time on the CPU of all
processes that serve: the web process, and PostgreSQL's own where it runs on this machine.
"""

import http.client
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django

if __name__ == "__main__":
    django.setup()

from django.db import connection

from bench import one_query, pages
from bench.report import Verdicts, machine, table
from tests.__main__ import ROOT
from tipsite.worker import listening, web_server

# At most so many bare applications, by the beginning of a page's name; a list costs as much as a tip.
MOST = {"feed": 45, "tag's feed": 45, "search": 60, "sitemap": 100}
MOST_OF_OTHERS = 40
# A page of a tip, or of a list, costs so many pages with one query at most.
MOST_TO_ONE_QUERY = 2.5
ONE_QUERY = "one query"
BARE, SITE = "bench.bare:application", "bench.one_query:application"
# The system counts in hundredths of a second: so many make a figure.
TICKS = 30
# Browsers and crawlers take pages compressed.
HEADERS = {"Host": "localhost", "Accept-Encoding": "gzip"}


@dataclass
class Served:
    """A running web server: where it listens, and the processes that work for it."""

    port: int
    processes: Callable[[], list[int]]
    client: http.client.HTTPConnection

    def get(self, url: str) -> int:
        """Ask for a page; return how many bytes came. Ends the measuring where the page is none."""
        self.client.request("GET", url, headers=HEADERS)
        answer = self.client.getresponse()
        if answer.status != 200:
            sys.exit(f"{url} was answered with status {answer.status}; nothing can be measured.")
        return len(answer.read())

    def ticks(self) -> int:
        """Return for how long the processes were on a CPU, in hundredths of a second."""
        return sum(map(_ticks, self.processes()))

    def cost(self, url: str, count: int) -> float:
        """Return the seconds of CPU that one of so many requests for a page takes."""
        # The server has closed what was idle for seconds.
        self.client.close()
        before = self.ticks()
        for _ in range(count):
            self.get(url)
        return (self.ticks() - before) / os.sysconf("SC_CLK_TCK") / count

    def enough(self, url: str) -> int:
        """Return how many requests for a page take long enough to be measured."""
        self.client.close()
        count = 8
        while True:
            before = self.ticks()
            for _ in range(count):
                self.get(url)
            if (took := self.ticks() - before) >= TICKS // 3:
                return max(1, count * TICKS // took)
            count *= 2


def _ticks(process: int) -> int:
    """Return the time of a process on a CPU, in the program and in the kernel (proc(5), ``stat``)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@contextmanager
def served(
    application: str, others: Callable[[], list[int]] = list, keeps_pages: bool = False
) -> Iterator[Served]:
    """Serve an application as ``serve`` does, with one process; ``others`` names processes that serve too.

    Bare, the web server loads nothing of Django's.
    """
    environment = {**os.environ, "PAGES_MEMORY_MB": "24" if keeps_pages else "0"}
    listener = listening.listen("127.0.0.1", 0)
    command = web_server.command(listener.fileno(), 1, 4, access_log=False)
    command[command.index("tipsite.wsgi:application")] = application
    if application == BARE:
        command = [each for each in command if each != "--preload" and not each.startswith("--config=")]
    with subprocess.Popen(command, cwd=ROOT, env=environment, pass_fds=[listener.fileno()]) as server:
        port = listener.getsockname()[1]
        listener.close()
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            client.connect()
            yield Served(port, lambda: [*_children(server.pid), *others()], client)
        finally:
            client.close()
            server.terminate()


def _children(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(child) for child in children.split()]


def _backends() -> list[int]:
    """Return the processes of PostgreSQL that serve others than ourselves, where they run on this machine."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        found = [pid for (pid,) in cursor.fetchall()]
    return [pid for pid in found if Path(f"/proc/{pid}").exists()]


def main(total: int, rounds: int) -> int:
    """Build what is not there, measure and judge; return the exit status."""
    pages.build(total)
    return judge(f"{total} tips", {ONE_QUERY: one_query.URL, **pages.urls(total)}, rounds)


def judge(of: str, urls: dict[str, str], rounds: int) -> int:
    """Measure some pages of an archive, print the figures and judge them; return the exit status."""
    with served(BARE) as bare, served(SITE, _backends) as site:
        sizes = {name: site.get(url) for name, url in urls.items()}
        counts = {name: site.enough(url) for name, url in urls.items()}
        of_bare = {name: f"/{size}" for name, size in sizes.items()}
        count = bare.enough(of_bare[ONE_QUERY])
        costs: dict[str, list[tuple[float, float]]] = {name: [] for name in urls}
        for _ in range(rounds):
            for name, url in urls.items():
                costs[name].append((site.cost(url, counts[name]), bare.cost(of_bare[name], count)))
    times = {name: statistics.median(page / bare for page, bare in pairs) for name, pairs in costs.items()}
    milliseconds = {
        name: statistics.median(page for page, _ in pairs) * 1000 for name, pairs in costs.items()
    }
    print(f"{of}. Each page {rounds} times, taking turns, compressed, built anew. {machine()}\n")
    table(
        ("page", "kB sent", "ms of CPU", "bare applications", "pages with one query"),
        [
            (
                name,
                f"{sizes[name] / 1000:.1f}",
                f"{milliseconds[name]:.2f}",
                f"{times[name]:.1f}",
                f"{milliseconds[name] / milliseconds[ONE_QUERY]:.2f}",
            )
            for name in urls
        ],
    )
    verdicts = Verdicts()
    for name in list(urls)[1:]:
        most = next((most for kind, most in MOST.items() if name.startswith(kind)), MOST_OF_OTHERS)
        verdicts.at_most(f"{name}, built anew / bare", times[name], most)
        if most == MOST_OF_OTHERS:
            ratio = milliseconds[name] / milliseconds[ONE_QUERY]
            verdicts.at_most(f"{name}, built anew / a page with one query", ratio, MOST_TO_ONE_QUERY)
    return 1 if verdicts.failed else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
