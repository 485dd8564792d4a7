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

from bench.delivery import opened, sink, tip
from bench.pages import NAMES_ONLY
from bench.report import peak_megabytes
from subscribers.delivery import counting, heartbeat
from subscribers.delivery.sender import Sender
from subscribers.models import Delivery, Mailing

FIRST = 5000
# A page that asks for nothing of mailings or people: by that the load of the machine is known at each look.
YARDSTICK = "/admin/password_change/"


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
    """Have all been sent: one in ten was refused, so that pages are full, and a few wait for a person."""
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE subscribers_delivery SET state = CASE WHEN id %% 10 = 1 THEN 'refused' ELSE 'sent' END,"
            " settled_at = %s, sent_at = %s WHERE mailing_id = %s AND state = 'queued'",
            [now, now, mailing.pk],
        )
        cursor.execute("ANALYZE")
    held = list(mailing.deliveries.order_by("-pk").values_list("pk", flat=True)[:3])
    Delivery.objects.filter(pk__in=held).update(state=Delivery.State.UNCERTAIN, uncertain_count=2)
    Mailing.objects.filter(pk=mailing.pk).update(state=Mailing.State.SENT, ended_at=timezone.now())


def pages(moment: str, mailing: Mailing, rounds: int) -> dict[str, float]:
    """Return, of a mailing's pages, the least seconds, and how many times the yardstick each cost.

    The yardstick is asked for beside each page, so that what else the machine does tells on both.
    """
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
        "its mail": f"{one}mail/",
        "subscribers": "/admin/subscribers/subscriber/",
        "growth": "/admin/subscribers/subscriber/growth/",
        "front page": "/admin/",
    }
    seconds: dict[str, list[float]] = {name: [] for name in urls}
    worth: dict[str, list[float]] = {name: [] for name in urls}
    for turn in range(rounds + 1):
        for name, url in urls.items():
            took, yardstick = _asked(client, url), _asked(client, YARDSTICK)
            # The first turn warms up.
            if turn:
                seconds[name].append(took)
                worth[name].append(took / yardstick)
    told = {f"page, {moment}: {name}": min(each) for name, each in seconds.items()}
    return told | {f"worth, {moment}: {name}": statistics.median(each) for name, each in worth.items()}


def _asked(client: Client, url: str) -> float:
    """Ask for a page; return the seconds it took."""
    began = time.perf_counter()
    answer = client.get(url)
    if answer.status_code != 200:
        sys.exit(f"{url} was answered with status {answer.status_code}; nothing can be measured.")
    return time.perf_counter() - began


def main(rounds: int) -> dict[str, float]:
    """Look at a mailing that is prepared, open it, send a little, look, settle the rest, and look again."""
    mailing = Mailing.objects.create(tip=tip(), starts_at=timezone.now())
    figures = _pages("before", mailing, rounds)
    began = time.perf_counter()
    opened(mailing)
    figures |= {"audience": mailing.audience, "opening": time.perf_counter() - began}
    # A pace so high that it holds nobody up.
    with sink(), override_settings(MAIL_PER_MINUTE=10**8, MAIL_PER_DOMAIN=10**8):
        figures["mails a second"] = send_first(mailing, min(FIRST, mailing.audience // 2))
    figures |= _pages("in the middle", mailing, rounds)
    began = time.perf_counter()
    settle_all(mailing)
    figures["settling"] = time.perf_counter() - began
    figures |= _pages("at the end", mailing, rounds)
    began = time.perf_counter()
    if counting.differences():
        sys.exit("The counts are not true.")
    figures["counted anew"] = time.perf_counter() - began
    return figures | {"megabytes": peak_megabytes()}


def _pages(moment: str, mailing: Mailing, rounds: int) -> dict[str, float]:
    names_only = {**settings.STORAGES, "staticfiles": {"BACKEND": NAMES_ONLY}}
    with override_settings(STORAGES=names_only, DEBUG=True):
        return pages(moment, mailing, rounds)


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
