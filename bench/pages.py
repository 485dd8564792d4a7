"""Queries and time a page, through the whole stack and without a cache of pages.

``python -m bench.pages TIPS ROUNDS`` fills the empty database of DATABASE_URL and measures there. Its exit
status is 1 where a figure is out of its bounds.
"""

import gc
import statistics
import sys
import time
from urllib.parse import urlencode

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

django.setup()

from bench import archive
from bench.report import Verdicts, machine, table
from tips.models import Tip
from tips.paging import last_page

MOST_QUERIES = 8
LAST_TO_FIRST = 1.5
SEARCH_TO_TIP = 2
NAMES_ONLY = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"

TIP, FIRST, LAST, SEARCH = "a tip", "tag, first page", "tag, last page", "search: "


def queries() -> dict[str, str]:
    """Return what readers search for, as a dict of a name to the query: each kind costs something else.

    The commonest of the made-up words are in all tips, as stop words are; a question has words of all kinds.
    """
    common, words = archive.COMMON_WORD, archive.vocabulary()
    mixed = " ".join(words[rank] for rank in (20, 50, 200, 400, 900))
    return {
        "a common word": common,
        "a rare word": words[len(words) // 2],
        "two words, one unknown": f"{common} zzzz",
        "a phrase of the commonest words": f'"{words[0]} {words[1]}"',
        "a long question": f"what should we do when a {common} says {mixed}",
        "words with synonyms": "angry customers waiting",
        "a typing error": "custmoer",
        "two typing errors": "custmoer recovrey",
        "nothing found": "zzzzqqq",
    }


def urls(total: int) -> dict[str, str]:
    """Return the pages to measure, as a dict of name to URL; the tip is one from the middle."""
    tag, category = f"/tag/{archive.COMMON_TAG}/", "/category/customer-service-tip-of-the-week/"
    last = last_page(sum(1 for number in range(total) if number % 20))
    tip = Tip.objects.newest_first()[total // 2]
    assert tip.publish_at
    return {
        "home": "/",
        FIRST: tag,
        LAST: f"{tag}page/{last}/" if last > 1 else tag,
        TIP: tip.get_absolute_url(),
        "feed": "/feed/",
        **{SEARCH + name: "/search/?" + urlencode({"q": query}) for name, query in queries().items()},
        "all tips, last page": f"/tips/page/{last_page(total)}/" if total > 10 else "/tips/",
        "category, last page": f"{category}page/{last_page(total)}/" if total > 10 else category,
        "tag's feed": f"{tag}feed/",
        "year": f"/{tip.publish_at.year:04}/",
        "month": f"/{tip.publish_at.year:04}/{tip.publish_at.month:02}/",
        "sitemap's newest part": "/sitemap-tips.xml",
    }


def measure(pages: dict[str, str], rounds: int) -> dict[str, tuple[int, int, list[float]]]:
    """Return {name: (queries, bytes, seconds of each round)}.

    The pages take turns, so that whatever else the machine does is spread over all of them alike.
    """
    client = Client(headers={"host": "localhost"})
    queries: dict[str, int] = {}
    sizes: dict[str, int] = {}
    seconds: dict[str, list[float]] = {name: [] for name in pages}
    for name, url in pages.items():
        client.get(url)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(url)
        if answer.status_code != 200:
            sys.exit(f"{url} was answered with status {answer.status_code}; nothing can be measured.")
        queries[name], sizes[name] = len(asked), len(answer.content)
    gc.collect()
    for _ in range(rounds):
        for name, url in pages.items():
            start = time.perf_counter()
            client.get(url)
            seconds[name].append(time.perf_counter() - start)
    return {name: (queries[name], sizes[name], seconds[name]) for name in pages}


def build(total: int) -> None:
    """Make so many tips in a database that has none, and all else that pages need."""
    call_command("migrate", verbosity=0)
    # Only the files' names are wanted: none is asked for, and to compress them takes its time.
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": {"BACKEND": NAMES_ONLY}}):
        call_command("collectstatic", interactive=False, verbosity=0)
    if not Tip.objects.exists():
        start = time.perf_counter()
        archive.build(total)
        print(f"{total} tips were made in {time.perf_counter() - start:.0f} s. {machine()}", flush=True)


def main(total: int, rounds: int) -> int:
    """Build, measure and judge; return the exit status."""
    build(total)
    measured = measure(urls(total), rounds)
    medians = {name: statistics.median(seconds) for name, (*_, seconds) in measured.items()}
    print(f"Each page {rounds} times, taking turns, without a cache. {machine()}\n")
    table(
        ("page", "queries", "median ms", "middle half ms", "kB", "to a tip"),
        [
            (
                name,
                str(queries),
                f"{medians[name] * 1000:.1f}",
                _middle_half(seconds),
                f"{size / 1000:.0f}",
                f"{medians[name] / medians[TIP]:.2f}",
            )
            for name, (queries, size, seconds) in measured.items()
        ],
    )
    verdicts = Verdicts()
    most = max(measured, key=lambda name: measured[name][0])
    verdicts.at_most(f"most queries on a page ({most})", measured[most][0], MOST_QUERIES)
    verdicts.same("queries on a tag's first and last page", measured[FIRST][0], measured[LAST][0])
    verdicts.at_most("last page / first page", medians[LAST] / medians[FIRST], LAST_TO_FIRST)
    for name in measured:
        if name.startswith(SEARCH):
            verdicts.at_most(f"{name} / a tip", medians[name] / medians[TIP], SEARCH_TO_TIP)
    return 1 if verdicts.failed else 0


def _middle_half(seconds: list[float]) -> str:
    low, _, high = statistics.quantiles(seconds, n=4) if len(seconds) > 1 else seconds * 3
    return f"{low * 1000:.1f}–{high * 1000:.1f}"


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
