"""Measure pages, likeness, equal answers, imports and mail: ``make bench``, or ``python -m bench --help``.

With DATABASE_URL set it measures on that engine alone, else on SQLite and on PostgreSQL: the server of
TEST_DATABASE_URL, or one of its own. The databases are always its own; the given one is not written to.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.databases import NoDatabaseError, scratch, server
from bench.report import Verdicts, machine, table
from tests.__main__ import OF_A_SITE, ROOT

# A rough guard, for a step gone quadratic or done row by row: what an import does besides is worth its time.
IMPORT_TO_BARE = 12
# The same for a list of addresses, which is read twice, looked up, and written in short transactions.
ADDRESSES_TO_BARE = 6
# Room for the database itself: SQLite maps its file into memory, and what it maps is counted.
ADDRESSES_TEN_TIMES = 2.0
# Pages about a mailing to all cost so much of those about one to a thousand, at most.
FEW, PAGES_OF_A_MILLION = 1000, 2.0
# How the names of a page's figures begin in what ``bench.mailing_pages`` tells.
PAGE, WORTH = "page, ", "worth, "


def main(options: argparse.Namespace) -> int:
    """Measure on each database; return the exit status: 1 where a figure is out of bounds, 2 without any."""
    # An end by signal takes the databases along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    given = os.environ.get("DATABASE_URL", "")
    is_sqlite, failed, measured = given.startswith("sqlite"), 0, 0
    with tempfile.TemporaryDirectory(prefix="tips-bench-") as folder, contextlib.ExitStack() as stack:
        if is_sqlite or not given:
            failed += measure("SQLite", "", Path(folder), options)
            measured += 1
        if not is_sqlite:
            try:
                url = given or stack.enter_context(server())
                failed += measure("PostgreSQL", url, Path(folder), options)
                measured += 1
            except NoDatabaseError as error:
                print(f"Skipped: PostgreSQL ({error})", file=sys.stderr)
    return 2 if not measured else 1 if failed else 0


def measure(name: str, url: str, folder: Path, options: argparse.Namespace) -> int:
    """Measure all on one engine; return how many verdicts, or steps, failed."""
    print(f"\n======== {name} ========\n", flush=True)
    folder = folder / name
    folder.mkdir()
    with scratch(url, folder) as database:
        pages = run(database, folder, "bench.pages", options.tips, options.rounds)
        failed = 1 if pages.returncode else 0
        anew = run(database, folder, "bench.uncached", options.tips, min(options.rounds, 5))
        failed += 1 if anew.returncode else 0
        kept = run(database, folder, "bench.kept", options.tips, min(options.rounds, 5))
        failed += 1 if kept.returncode else 0
        # Without nginx it says so, and measures nothing.
        behind = run(database, folder, "bench.behind_nginx", options.tips, min(options.rounds, 5))
        failed += 1 if behind.returncode == 1 else 0
    with scratch(url, folder) as database:
        failed += 1 if run(database, folder, "bench.similar", options.rounds).returncode else 0
    with scratch(url, folder) as database:
        failed += 1 if run(database, folder, "bench.equality", options.people).returncode else 0
    failed += imports(url, folder, options.pages)
    failed += addresses(url, folder, options.addresses)
    with scratch(url, folder) as database:
        mail = run(database, folder, "bench.delivery", options.messages, min(options.rounds, 3))
        failed += 1 if mail.returncode else 0
    failed += openings(url, folder, options.subscribers)
    return failed + mailing_pages(url, folder, options.subscribers, options.rounds)


def openings(url: str, folder: Path, most: int) -> int:
    """Measure the opening of a mailing to a tenth of the subscribers, and to all; return how many failed."""
    figures = {}
    with scratch(url, folder) as database:
        for count in (max(1, most // 10), most):
            asked(database, folder, "people", count, module="bench.opening")
            figures[count] = asked(database, folder, "open", module="bench.opening")
    print(f"\nThe opening of a mailing, while people leave. {machine()}\n")
    table(
        ("subscribers", "seconds", "a second", "peak MiB", "longest leaving, ms"),
        [
            (
                str(count),
                f"{step['seconds']:.1f}",
                f"{step['audience'] / step['seconds']:.0f}",
                f"{step['megabytes']:.0f}",
                f"{step['longest_wait'] * 1000:.0f}",
            )
            for count, step in figures.items()
        ],
    )
    few, full = figures.values()
    verdicts = Verdicts()
    verdicts.at_most("longest leaving, seconds", max(few["longest_wait"], full["longest_wait"]), 2.0)
    if most >= 10_000:
        ratio = _per_person(full) / _per_person(few)
        verdicts.at_most("opening, time per person, ten times as many", ratio, 1.5)
        grown = full["megabytes"] - few["megabytes"]
        verdicts.at_most("opening, peak memory, MiB more for ten times as many", grown, 20.0)
    return verdicts.failed


def mailing_pages(url: str, folder: Path, most: int, rounds: int) -> int:
    """Measure the pages about a mailing to a thousand, and to all; return how many verdicts failed."""
    figures = {}
    with scratch(url, folder) as database:
        for count in (FEW, most):
            asked(database, folder, "people", count, module="bench.opening")
            figures[count] = asked(database, folder, min(rounds, 9), module="bench.mailing_pages")
    few, full = figures.values()
    names = [name.removeprefix(PAGE) for name in few if name.startswith(PAGE)]
    print(f"\nThe pages about a mailing to {FEW} and to {most}. {machine()}")
    print(f"It was opened in {full['opening']:.1f} s.")
    print(f"The first mails went out at {full['mails a second']:.0f} a second, over one connection.")
    print(f"The process took {full['megabytes']:.0f} MiB at its peak.\n")
    ratios = {name: full[WORTH + name] / few[WORTH + name] for name in names}
    rows = [
        (name, f"{few[PAGE + name] * 1000:.1f}", f"{full[PAGE + name] * 1000:.1f}", f"{ratios[name]:.2f}")
        for name in names
    ]
    table(("page", f"ms, {FEW}", f"ms, {most}", "ratio"), rows)
    worst = max(ratios, key=lambda name: ratios[name])
    verdicts = Verdicts()
    verdicts.at_most(f"slowest growth ({worst})", ratios[worst], PAGES_OF_A_MILLION)
    return verdicts.failed


def _per_person(figures: dict[str, float]) -> float:
    return figures["seconds"] / max(figures["audience"], 1)


def imports(url: str, folder: Path, most: int) -> int:
    """Measure the import of a tenth of the pages, and of all; return how many verdicts failed."""
    few = max(1, most // 10)
    figures = {}
    for count in (few, most):
        pages = folder / f"{count}-pages"
        pages.mkdir()
        with scratch(url, folder) as database:
            stated = asked(database, folder, "prepare", pages, count)
            if count == few:
                empty = folder / "no-pages"
                empty.mkdir()
                nothing = asked(database, folder, "read", empty)
            figures[count] = asked(database, folder, "compare" if count == most else "read", pages)
        if figures[count]["tips"] != stated["tips"]:
            sys.exit(f"The pages hold {stated['tips']} tips, but {figures[count]['tips']} were imported.")
    for step in figures.values():
        step["own"] = step["megabytes"] - nothing["megabytes"]
    print(f"\nThe import into an empty database. {machine()}")
    print(f"A process that imports nothing takes {nothing['megabytes']:.0f} MiB at its peak.\n")
    table(
        ("archive pages", "distinct tips", "seconds", "tips a second", "peak MiB beyond nothing"),
        [
            (
                str(count),
                str(step["tips"]),
                f"{step['seconds']:.1f}",
                f"{step['tips'] / step['seconds']:.0f}",
                f"{step['own']:.1f}",
            )
            for count, step in figures.items()
        ],
    )
    full = figures[most]
    bare = full["bare_seconds"]
    rate = full["tips"] / bare
    print(f"A bare bulk_create of the same {full['rows']} rows: {bare:.1f} s, {rate:.0f} tips a second.")
    verdicts = Verdicts()
    verdicts.at_most("import / bare bulk_create", full["seconds"] / bare, IMPORT_TO_BARE)
    if few * 10 == most and figures[few]["own"] > 0:
        verdicts.at_most("peak memory, ten times the pages", full["own"] / figures[few]["own"], 10.0)
    return verdicts.failed


def addresses(url: str, folder: Path, most: int) -> int:
    """Measure the import of a tenth of a list of addresses, and of all; return how many verdicts failed."""
    few = max(1, most // 10)
    figures = {}
    for count in (few, most):
        place = folder / f"{count}-addresses"
        place.mkdir()
        with scratch(url, folder) as database:
            asked(database, folder, "prepare", place, count, module="bench.subscribers")
            step = "compare" if count == most else "read"
            figures[count] = asked(database, folder, step, place, module="bench.subscribers")
    print(f"\nA list of addresses, imported into an empty database. {machine()}\n")
    table(
        ("rows", "seconds", "rows a second", "peak MiB"),
        [
            (
                str(count),
                f"{step['seconds']:.1f}",
                f"{step['rows'] / step['seconds']:.0f}",
                f"{step['megabytes']:.0f}",
            )
            for count, step in figures.items()
        ],
    )
    full, bare = figures[most], figures[most]["bare_seconds"]
    rate = full["rows"] / bare
    print(f"A bare bulk_create of the same {full['written']} rows: {bare:.1f} s, {rate:.0f} people a second.")
    verdicts = Verdicts()
    verdicts.at_most("addresses / bare bulk_create", full["seconds"] / bare, ADDRESSES_TO_BARE)
    growth = full["megabytes"] / figures[few]["megabytes"]
    verdicts.at_most("addresses: peak memory, ten times the rows", growth, ADDRESSES_TEN_TIMES)
    return verdicts.failed


def asked(database: str, folder: Path, *arguments: object, module: str = "bench.imports") -> dict[str, float]:
    """Run one step, of the import unless told otherwise, in a process of its own; return what it told."""
    step = run(database, folder, module, *arguments, stdout=subprocess.PIPE)
    if step.returncode:
        sys.exit(f"{module} cannot be measured; the reason is above.")
    figures: dict[str, float] = json.loads(step.stdout)
    return figures


def run(
    database: str, folder: Path, module: str, *arguments: object, stdout: int | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a module on a database, with the settings of a new site and a cache that keeps nothing."""
    environment = {name: value for name, value in os.environ.items() if name not in OF_A_SITE}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "tipsite.settings",
        "DATABASE_URL": database,
        "STATE_DIR": str(folder),
        "CACHE_URL": "dummy://",
    }
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=stdout)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench", description=str(__doc__).split(":")[0] + ".")
    parser.add_argument("--tips", type=int, default=15_000, help="in the archive that pages are measured on")
    parser.add_argument("--rounds", type=int, default=31, help="how often each page is asked for")
    parser.add_argument(
        "--pages", type=int, default=1500, help="archive pages to import, and a tenth of them"
    )
    parser.add_argument("--messages", type=int, default=6000, help="mails to send, each round and way")
    parser.add_argument(
        "--subscribers", type=int, default=100_000, help="in the mailing that is opened; try a million"
    )
    parser.add_argument(
        "--people", type=int, default=200, help="members, and as many strangers, to tell apart"
    )
    parser.add_argument(
        "--addresses", type=int, default=100_000, help="in the list to import, and a tenth of them"
    )
    try:
        sys.exit(main(parser.parse_args()))
    except KeyboardInterrupt:
        sys.exit(130)
    except NoDatabaseError as error:
        sys.exit(f"bench: {error}")
