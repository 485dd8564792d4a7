"""What a kept page costs the web server, against a bare application of equal bytes on the same server.

``python -m bench.kept TIPS ROUNDS`` measures on the database of DATABASE_URL, and fills it first where it is
empty. Its exit status is 1 where a figure is out of its bounds. A cost is the time of the web process on the
CPU; the bare application sends two headers, and a kept page fourteen.
"""

import statistics
import sys

import django

if __name__ == "__main__":
    django.setup()

from bench import pages
from bench.report import Verdicts, machine, table
from bench.uncached import BARE, served

# A kept page makes at least so many answers in the time of one bare answer.
LEAST = 0.6
SITE = "tipsite.wsgi:application"
KEPT = ("home", "tag, first page", "a tip", "feed", "sitemap's newest part")


def main(total: int, rounds: int) -> int:
    """Build what is not there, measure, print and judge; return the exit status."""
    pages.build(total)
    urls = {name: url for name, url in pages.urls(total).items() if name in KEPT}
    with served(BARE) as bare, served(SITE, keeps_pages=True) as site:
        sizes = {name: site.get(url) for name, url in urls.items()}
        of_bare = {name: f"/{size}" for name, size in sizes.items()}
        count = max(bare.enough(of_bare["home"]), site.enough(urls["home"]))
        costs: dict[str, list[tuple[float, float]]] = {name: [] for name in urls}
        for _ in range(rounds):
            for name, url in urls.items():
                costs[name].append((site.cost(url, count), bare.cost(of_bare[name], count)))
    print(f"{total} tips. Each page {rounds} times {count}, taking turns, kept. {machine()}\n")
    ratios = {name: statistics.median(bare / kept for kept, bare in pairs) for name, pairs in costs.items()}
    table(
        ("page", "kB sent", "ms of CPU", "bare, ms", "of a bare application"),
        [
            (
                name,
                f"{sizes[name] / 1000:.1f}",
                f"{statistics.median(kept for kept, _ in costs[name]) * 1000:.3f}",
                f"{statistics.median(bare for _, bare in costs[name]) * 1000:.3f}",
                f"{ratios[name]:.2f}",
            )
            for name in urls
        ],
    )
    verdicts = Verdicts()
    for name, ratio in ratios.items():
        verdicts.at_least(f"{name}, kept / bare", ratio, LEAST)
    return 1 if verdicts.failed else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
