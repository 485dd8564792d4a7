"""The import of a generated list of addresses, each step in a process of its own to tell its memory apart.

``python -m bench.subscribers STEP FOLDER`` works on the database of DATABASE_URL and prints one JSON object.
The steps: ``prepare COUNT`` migrates an empty database and writes a list of so many addresses into FOLDER;
``read`` imports it and tells the time and the peak memory; ``compare`` does so and then writes the same rows
into the emptied tables by a bare ``bulk_create``.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model

django.setup()

from bench.report import peak_megabytes
from desk import batches
from subscribers.exchange.address_list import AddressList
from subscribers.exchange.store import store
from subscribers.models import ConsentEvent, Subscriber, Suppression

BARE_RUNS = 3
LIST = "list.csv"


def prepare(folder: Path, count: int) -> dict[str, float]:
    """Make the tables of an empty database and write a list in the shape of Mailchimp's exports."""
    call_command("migrate", verbosity=0)
    with (folder / LIST).open("w") as file:
        file.write("Email Address,First Name,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LEID,UNSUB_TIME\n")
        for number in range(count):
            day = f"20{10 + number % 15}-0{1 + number % 9}-1{number % 10} 07:00:00"
            # One in fifty has left.
            left = day if number % 50 == 49 else ""
            address = f"reader.{number}@host{number % 211}.example.org"
            file.write(
                f"{address},Name{number % 977},{day},,{day},198.51.100.{number % 250},{number},{left}\n"
            )
    return {"rows": count}


def read(folder: Path) -> dict[str, float]:
    """Import the list of a folder; return the rows, the seconds and the process's peak memory."""
    connection.ensure_connection()
    # Nobody waits for the database here.
    batches.GAP = 0.0
    start = time.perf_counter()
    report = store(AddressList(folder / LIST), source="Made up for the bench.")
    seconds = time.perf_counter() - start
    return {"rows": report.rows, "seconds": seconds, "megabytes": peak_megabytes()}


def compare(folder: Path) -> dict[str, float]:
    """Import the list of a folder, then write the same rows into the emptied tables; return both figures."""
    measured = read(folder)
    models: tuple[type[Model], ...] = (Subscriber, ConsentEvent, Suppression)
    rows = {model: list(model._default_manager.order_by("pk")) for model in models}
    bare = statistics.median(_bare(rows) for _ in range(BARE_RUNS))
    return {**measured, "written": sum(map(len, rows.values())), "bare_seconds": bare}


def _bare(rows: dict[type[Model], list[Model]]) -> float:
    """Empty the tables and write some rows by Django's own ``bulk_create``; return the seconds it took."""
    call_command("flush", interactive=False, verbosity=0)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
    start = time.perf_counter()
    with transaction.atomic():
        for model, same in rows.items():
            model._default_manager.bulk_create(same)
    return time.perf_counter() - start


if __name__ == "__main__":
    step, folder, *others = sys.argv[1:]
    steps: dict[str, Callable[..., dict[str, float]]] = {"prepare": prepare, "read": read, "compare": compare}
    print(json.dumps(steps[step](Path(folder), *map(int, others))))
