"""What rows take on the disk: ``python -m bench.space``; docs/growth.md rests on its figures.

On SQLite, and on PostgreSQL where a server is to be had, an archive, a list and a mailing to all of it are
made at two sizes. The difference of the sizes tells what one more takes, indexes included.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tipsite.settings")
    django.setup()

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from bench import archive
from bench.databases import NoDatabaseError, scratch, server
from bench.delivery import people, tip
from bench.report import table
from subscribers.delivery import audience, scheduling
from subscribers.models import Delivery, Mailing

TIPS, PEOPLE = "tips", "people"


def total() -> int:
    """Return the size of the whole database, in bytes, without what is free in it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM FULL")
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA page_count")
        pages = int(cursor.fetchone()[0])
        cursor.execute("PRAGMA page_size")
        return pages * int(cursor.fetchone()[0])


def measure(tips: int, subscribers: int) -> dict[str, int]:
    """Fill the empty database of DATABASE_URL; return the bytes of each thing that was added to it."""
    call_command("migrate", verbosity=0)
    sizes = {"empty": total()}
    archive.build(tips)
    sizes[TIPS] = total()
    people(subscribers)
    sizes[PEOPLE] = total()
    mailing = Mailing.objects.create(tip=tip(), starts_at=timezone.now())
    scheduling.freeze(mailing.pk)
    audience.extend_due()
    sizes["deliveries, queued"] = total()
    sent = {"state": Delivery.State.SENT, "due_at": None}
    Delivery.objects.filter(mailing=mailing).update(**sent)
    sizes["deliveries, sent"] = total()
    return sizes


def main(options: argparse.Namespace) -> None:
    """Measure at two sizes on each database, and print what one more of each takes."""
    small = (options.tips // 2, options.people // 2)
    large = (options.tips, options.people)
    rows = []
    with tempfile.TemporaryDirectory(prefix="tips-bench-") as folder, contextlib.ExitStack() as stack:
        urls = {"SQLite": ""}
        with contextlib.suppress(NoDatabaseError):
            urls["PostgreSQL"] = stack.enter_context(server())
        for name, url in urls.items():
            less, more = (_added(url, Path(folder), *sizes) for sizes in (small, large))
            for what in more:
                count = large[0] - small[0] if what == TIPS else large[1] - small[1]
                each = "" if what == "empty" else f"{(more[what] - less[what]) / count:,.0f}"
                rows.append([name, what, f"{more[what] / 2**20:,.1f} MB", each])
    table(["database", f"{large[0]:,} tips, {large[1]:,} people", "added", "bytes each"], rows)


def _added(url: str, folder: Path, tips: int, subscribers: int) -> dict[str, int]:
    """Measure in a process of its own; return what each step added, in bytes."""
    with scratch(url, folder) as database:
        command = [sys.executable, "-m", "bench.space", "--only", "--tips", str(tips), "--people"]
        environment = {"DATABASE_URL": database, "STATE_DIR": str(folder / f"state-{tips}")}
        done = subprocess.run(
            ["env", *(f"{name}={value}" for name, value in environment.items()), *command, str(subscribers)],
            capture_output=True,
            text=True,
            check=True,
        )
    sizes: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    steps = list(sizes)
    before = dict(zip(steps[1:], steps, strict=False))
    return {step: sizes[step] - sizes.get(before.get(step, ""), 0) for step in steps}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.space", description=__doc__)
    parser.add_argument("--tips", type=int, default=4000)
    parser.add_argument("--people", type=int, default=40000)
    parser.add_argument("--only", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        print(json.dumps(measure(given.tips, given.people)))
    else:
        main(given)
