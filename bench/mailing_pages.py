"""Measure the pages about a mailing, and its first mails: ``python -m bench.mailing_pages ROUNDS``.

On the database of DATABASE_URL, in which ``bench.opening people`` has made the subscribers. Prints a JSON
object: the seconds of each page, in the middle of the mailing and at its end, and what the sending took.
"""

import json
import statistics
import sys
import threading
import time

import django

if __name__ == "__main__":
    django.setup()

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone

from bench.delivery import opened, sink
from bench.pages import NAMES_ONLY
from bench.report import peak_megabytes
from subscribers.delivery import counting, heartbeat
from subscribers.delivery.sender import Sender
from subscribers.models import Delivery, Mailing

FIRST = 5000


class _Enough(threading.Event):
    """True once the first mails are sent; no sender waits for anything here."""

    def __init__(self, mailing: Mailing, count: int) -> None:
        super().__init__()
        self.mailing, self.count, self.asked = mailing, count, 0

    def __bool__(self) -> bool:
        # Asked before each message.
        self.asked += 1
        return self.asked > self.count


def send_first(mailing: Mailing, count: int) -> float:
    """Send the first mails over one connection; return how many a second."""
    sender = Sender(heartbeat.new_worker_id(), _Enough(mailing, count))
    before, began = _sent(mailing), time.perf_counter()
    while not sender.stop and sender.run_once():
        pass
    seconds = time.perf_counter() - began
    sender.close()
    return (_sent(mailing) - before) / seconds


def _sent(mailing: Mailing) -> int:
    return mailing.deliveries.filter(state=Delivery.State.SENT).count()


def settle_all(mailing: Mailing) -> None:
    """Have all been sent: one in a hundred was refused, and a few wait for a person."""
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE subscribers_delivery SET state = CASE WHEN id %% 100 = 1 THEN 'refused' ELSE 'sent' END,"
            " settled_at = %s, sent_at = %s WHERE mailing_id = %s AND state = 'queued'",
            [now, now, mailing.pk],
        )
        cursor.execute("ANALYZE")
    held = list(mailing.deliveries.order_by("-pk").values_list("pk", flat=True)[:3])
    Delivery.objects.filter(pk__in=held).update(state=Delivery.State.UNCERTAIN, uncertain_count=2)
    Mailing.objects.filter(pk=mailing.pk).update(state=Mailing.State.SENT, ended_at=timezone.now())


def pages(mailing: Mailing, rounds: int) -> dict[str, float]:
    """Return {page: median seconds} of a mailing's pages."""
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get_or_create(username="pia", is_staff=True, is_superuser=True)[0])
    one = f"/admin/subscribers/mailing/{mailing.pk}/"
    urls = {
        "mailings": "/admin/subscribers/mailing/",
        "numbers": "/admin/subscribers/mailing/numbers/",
        "mailing": f"{one}change/",
        "progress": f"{one}progress/",
        "ledger": f"{one}ledger/",
        "ledger, sent": f"{one}ledger/?state=sent",
        "ledger, refused": f"{one}ledger/?state=refused",
        "ledger, queued": f"{one}ledger/?state=queued",
        "front page": "/admin/",
    }
    seconds: dict[str, list[float]] = {name: [] for name in urls}
    for turn in range(rounds + 1):
        for name, url in urls.items():
            began = time.perf_counter()
            answer = client.get(url)
            if answer.status_code != 200:
                sys.exit(f"{url} was answered with status {answer.status_code}; nothing can be measured.")
            # The first turn warms up.
            if turn:
                seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(each) for name, each in seconds.items()}


def main(rounds: int) -> dict[str, float]:
    """Open, send a little, look, settle the rest, and look again."""
    began = time.perf_counter()
    mailing = opened()
    figures: dict[str, float] = {"audience": mailing.audience, "opening": time.perf_counter() - began}
    with sink():
        figures["mails a second"] = send_first(mailing, min(FIRST, mailing.audience // 2))
    with override_settings(
        STORAGES={**settings.STORAGES, "staticfiles": {"BACKEND": NAMES_ONLY}}, DEBUG=True
    ):
        figures |= {f"page, in the middle: {name}": one for name, one in pages(mailing, rounds).items()}
        began = time.perf_counter()
        settle_all(mailing)
        figures["settling"] = time.perf_counter() - began
        figures |= {f"page, at the end: {name}": one for name, one in pages(mailing, rounds).items()}
    began = time.perf_counter()
    if counting.differences():
        sys.exit("The counts are not true.")
    figures["counted anew"] = time.perf_counter() - began
    return figures | {"megabytes": peak_megabytes()}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
