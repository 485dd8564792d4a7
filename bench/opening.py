"""Measure the opening of a mailing: ``python -m bench.opening people COUNT``, then ``... open``.

Each step prints a JSON object, and runs in a process of its own: what it takes at its peak is its own.
"""

import json
import sys
import threading
import time

import django

if __name__ == "__main__":
    django.setup()

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from bench.delivery import people, tip
from bench.report import peak_megabytes
from subscribers.delivery import audience, scheduling
from subscribers.models import Mailing, Subscriber
from subscribers.people import subscriptions


def make(count: int) -> dict[str, float]:
    """Make subscribers until there are so many."""
    call_command("migrate", verbosity=0)
    there = Subscriber.objects.count()
    if there < count:
        people(count - there, first=there)
    return {"people": count}


def open_one() -> dict[str, float]:
    """Open a mailing to all while people leave; return the seconds, the peak, and the longest leaving."""
    mailing = Mailing.objects.create(tip=tip(), starts_at=timezone.now())
    if not scheduling.freeze(mailing.pk):
        sys.exit("The mailing was not opened.")
    waits: list[float] = []
    done = threading.Event()
    leavers = list(Subscriber.objects.confirmed().order_by("-pk")[:50])

    def leave() -> None:
        for person in leavers:
            if done.is_set():
                break
            began = time.perf_counter()
            subscriptions.leave(person)
            waits.append(time.perf_counter() - began)
            done.wait(0.05)
        connection.close()

    beside = threading.Thread(target=leave)
    beside.start()
    began = time.perf_counter()
    audience.extend_due()
    seconds = time.perf_counter() - began
    done.set()
    beside.join()
    mailing.refresh_from_db()
    if mailing.state != Mailing.State.SENDING:
        sys.exit(f"The mailing is {mailing.state}, not open.")
    Mailing.objects.filter(pk=mailing.pk).update(state=Mailing.State.CANCELLED)
    peak = peak_megabytes()
    return {"audience": mailing.audience, "seconds": seconds, "megabytes": peak, "longest_wait": max(waits)}


if __name__ == "__main__":
    print(json.dumps(make(int(sys.argv[2])) if sys.argv[1] == "people" else open_one()))
