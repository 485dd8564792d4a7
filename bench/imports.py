"""The import of generated archive pages, each step in a process of its own so that memory can be told apart.

``python -m bench.imports STEP FOLDER`` works on the database of DATABASE_URL and prints one JSON object. The
steps: ``prepare COUNT`` migrates an empty database and writes so many pages into FOLDER; ``read`` imports
what the folder holds (nothing from an empty one) and tells the time and the peak memory; ``compare`` does so
and then writes the same rows into the emptied tables by a bare ``bulk_create``, more than once since it is
over so soon.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import django
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model, QuerySet

django.setup()

from bench import archive
from bench.report import peak_megabytes
from desk import batches
from tips.importers import pages, store
from tips.search import index

BARE_RUNS = 3


def prepare(folder: Path, count: int) -> dict[str, float]:
    """Make the tables of an empty database and write so many archive pages into a folder."""
    call_command("migrate", verbosity=0)
    return {"tips": archive.write_pages(folder, count)}


def read(folder: Path) -> dict[str, float]:
    """Import the pages of a folder; return the distinct tips, the seconds and the process's peak memory."""
    connection.ensure_connection()
    # Here nobody waits for the database, and what is measured is the work.
    batches.GAP = 0.0
    start = time.perf_counter()
    report = store.write(pages.read(sorted(folder.glob("*.txt"))))
    seconds = time.perf_counter() - start
    return {"tips": report.created, "seconds": seconds, "megabytes": peak_megabytes()}


def compare(folder: Path) -> dict[str, float]:
    """Import the pages of a folder, then write the same rows into the emptied tables; return both figures."""
    measured = read(folder)
    models = [model for model in apps.get_app_config("tips").get_models() if not model._meta.proxy]
    rows = {model: list(model._default_manager.all()) for model in _parents_first(models)}
    bare = statistics.median(_bare(rows) for _ in range(BARE_RUNS))
    return {**measured, "rows": sum(map(len, rows.values())), "bare_seconds": bare}


def _bare(rows: dict[type[Model], list[Model]]) -> float:
    """Empty the tables and write some rows by Django's own ``bulk_create``; return the seconds it took."""
    call_command("flush", interactive=False, verbosity=0)
    # Emptying is followed by what each migration makes anew, such as the first slot rule.
    for model in reversed(list(rows)):
        QuerySet(model).delete()
    if connection.vendor == "sqlite":
        # What the emptied tables left behind would be reused, or tidied up, on the way.
        index.refresh_index(connection)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
    start = time.perf_counter()
    with transaction.atomic():
        for model, same in rows.items():
            model._base_manager.bulk_create(same)
    return time.perf_counter() - start


def _parents_first(models: Iterable[type[Model]]) -> Iterator[type[Model]]:
    """Yield models so that each comes after those that it points at."""
    waiting = list(models)
    while waiting:
        for model in waiting:
            needs = {field.related_model for field in model._meta.concrete_fields if field.is_relation}
            if not needs & (set(waiting) - {model}):
                waiting.remove(model)
                yield model
                break


if __name__ == "__main__":
    step, folder, *others = sys.argv[1:]
    steps: dict[str, Callable[..., dict[str, float]]] = {"prepare": prepare, "read": read, "compare": compare}
    print(json.dumps(steps[step](Path(folder), *map(int, others))))
