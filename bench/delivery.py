"""Measure the sending of a mailing against what the same connection could do without any care.

    python -m bench.delivery MESSAGES ROUNDS

on the database of DATABASE_URL, which must be empty and migrated.
"""

import os
import shutil
import smtplib
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from datetime import timedelta
from tempfile import TemporaryDirectory

import django

if __name__ == "__main__":
    django.setup()

from django.conf import settings
from django.core import mail
from django.core.management import call_command
from django.db import connection as db
from django.db.models import Max, Min
from django.utils import timezone

from bench.report import Verdicts, machine, table
from subscribers import tipmail
from subscribers.delivery import audience, scheduling
from subscribers.models import Delivery, Mailing, Subscriber
from tests.__main__ import ROOT
from tips.models import Tip, TipState

# Of the messages a second of four bare loops: what we aim at. No bare loop commits anything.
AIM = {"postgresql": 0.9, "sqlite": 1.0}
# Of loops that commit after each message, too, by the number of connections. Each is two thirds of what was
# reached, so that the loss of a third is noticed whatever the machine.
COMMITTED = {"postgresql": {"one": 0.4, "four": 0.4}, "sqlite": {"one": 0.3, "four": 0.2}}
# Of one worker's, where three of them, a database and the sink find a core each and one to spare.
THREE_WORKERS, CORES = 1.5, 6
# People from one number up to, and without, another.
_PEOPLE = """
INSERT INTO subscribers_subscriber
(public_id, address, address_folded, address_hash, first_name, state, source, joined_at)
SELECT SUBSTR(hash, 1, 16), address, address, hash, '', 'confirmed', 'form', %s
"""
_SQLITE_PEOPLE = f"""
WITH RECURSIVE numbers (number, last) AS (
    SELECT %s, %s UNION ALL SELECT number + 1, last FROM numbers WHERE number + 1 < last
), addresses (address) AS (
    SELECT 'person' || number || '@host' || MIN(number %% 40, number %% 7) || '.example' FROM numbers
)
{_PEOPLE} FROM (SELECT address, SHA256(address) AS hash FROM addresses) made
"""
_POSTGRESQL_PEOPLE = f"""
WITH addresses (address) AS (
    SELECT format('person%%s@host%%s.example', number, LEAST(number %% 40, number %% 7))
    FROM generate_series(%s::bigint, %s::bigint - 1) number
)
{_PEOPLE} FROM (SELECT address, encode(sha256(address::bytea), 'hex') AS hash FROM addresses) made
"""
_PARAGRAPH = "<p>Greet whoever comes in before they reach the counter, and say your name as you do it. </p>"


@contextmanager
def sink() -> Iterator[str]:
    """Run the sink in a process of its own, and let the site send there; give what the sink is made of.

    It is a program in C, which takes a hundred thousand messages a second and more. Without a compiler it is
    one in Python, which may be the bottleneck of four connections.
    """
    with TemporaryDirectory(prefix="tips-bench-") as folder:
        command, made_of = [sys.executable, "-m", "bench.sink"], "Python"
        if compiler := shutil.which("cc"):
            command, made_of = [f"{folder}/sink"], "C"
            subprocess.run([compiler, "-O2", "-o", *command, ROOT / "bench" / "sink.c"], check=True)
        with running(command) as port:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(port)
            yield made_of


def beside(module: str, *arguments: object, **environment: str) -> AbstractContextManager[str]:
    """Run a module beside the bench until its standard input ends; give the first line that it prints."""
    return running([sys.executable, "-m", module, *map(str, arguments)], **environment)


@contextmanager
def running(command: list[str], **environment: str) -> Iterator[str]:
    """Run a program beside the bench until its standard input ends; give the first line that it prints."""
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        yield process.stdout.readline()
        process.communicate()


def tip() -> Tip:
    """Make a tip of the usual length."""
    at = timezone.now() - timedelta(minutes=1)
    return Tip.objects.create(
        title=f"Greet them first {at:%f}",
        slug=f"greet-{at:%f}",
        body=_PARAGRAPH * 17,
        takeaway="Greet first.",
        state=TipState.APPROVED,
        publish_at=at,
        approved_at=at,
    )


def people(count: int, first: int = 0) -> None:
    """Make so many subscribers, at domains of which some are much more usual than others.

    In one statement: a million by Django's own means take longer than all that is measured of them.
    """
    now = db.ops.adapt_datetimefield_value(timezone.now())
    with db.cursor() as cursor:
        statement = _SQLITE_PEOPLE if db.vendor == "sqlite" else _POSTGRESQL_PEOPLE
        cursor.execute(statement, [first, first + count, now])
        cursor.execute("ANALYZE subscribers_subscriber")


def opened(prepared: Mailing | None = None) -> Mailing:
    """Return a mailing to all, a new one unless given, with its rows made and nothing sent."""
    mailing = prepared or Mailing.objects.create(tip=tip(), starts_at=timezone.now())
    if not scheduling.freeze(mailing.pk):
        sys.exit("The mailing was not opened.")
    while audience.extend(mailing.pk):
        pass
    mailing.refresh_from_db()
    return mailing


def ready_made(mailing: Mailing, count: int) -> list[tuple[str, bytes, str]]:
    """Return (sender, bytes, address) of so many of its messages."""
    template = tipmail.Template(mailing)
    return [
        (*template.personal(delivery.pk, person.public_id, person.address), person.address)
        for delivery in mailing.deliveries.select_related("subscriber")[:count]
        if (person := delivery.subscriber)
    ]


def bare(messages: list[tuple[str, bytes, str]], connections: int = 1, *, commits: bool = False) -> float:
    """Send ready-made messages in smtplib's loop, one a thread and connection; return messages a second.

    With ``commits``, a row is changed and committed after each message: what is promised costs that much
    whoever keeps it, and how much that is depends on the disk.
    """
    at_once = threading.Barrier(connections + 1)
    # SQLite has one writer at a time, and who finds it taken sleeps.
    turn = threading.Lock() if db.vendor == "sqlite" else nullcontext()
    pks = list(Subscriber.objects.order_by("pk").values_list("pk", flat=True)[: len(messages)])

    def commit(pk: int) -> None:
        with turn, db.cursor() as cursor:
            cursor.execute("UPDATE subscribers_subscriber SET first_name = 'y' WHERE id = %s", [pk])

    def send(share: list[tuple[int, tuple[str, bytes, str]]]) -> None:
        with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT) as server:
            at_once.wait()
            for pk, (sender, data, address) in share:
                server.sendmail(sender, [address], data)
                if commits:
                    commit(pk)
            at_once.wait()
        db.close()

    shares = list(zip(pks, messages, strict=True))
    threads = [
        threading.Thread(target=send, args=[shares[number::connections]]) for number in range(connections)
    ]
    for thread in threads:
        thread.start()
    at_once.wait()
    began = time.perf_counter()
    at_once.wait()
    seconds = time.perf_counter() - began
    for thread in threads:
        thread.join()
    return len(messages) / seconds


def djangos(mailing: Mailing, deliveries: list[Delivery]) -> float:
    """Build and send each message with Django's own means over one connection; return messages a second."""
    template = tipmail.Template(mailing)
    with mail.get_connection() as one:
        began = time.perf_counter()
        for delivery in deliveries:
            person = delivery.subscriber
            assert person
            message = template.message(delivery.pk, person.public_id, person.address)
            message.connection = one
            message.send()
        return len(deliveries) / (time.perf_counter() - began)


def ours(connections: int, workers: int = 1) -> float:
    """Send a mailing to all by so many workers; return messages a second, by the ledger's own moments."""
    with ExitStack() as stack:
        for _ in range(workers):
            # A pace so high that it holds nobody up, while what it costs to ask is still paid.
            stack.enter_context(
                beside(
                    "bench.mailer",
                    connections,
                    EMAIL_URL=f"smtp://{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
                    MAIL_PER_MINUTE=str(10**8),
                    MAIL_PER_DOMAIN=str(10**8),
                )
            )
        mailing = opened()
        while Mailing.objects.filter(pk=mailing.pk, state=Mailing.State.SENDING).exists():
            time.sleep(0.1)
    mailing.refresh_from_db()
    moments = mailing.deliveries.filter(state=Delivery.State.SENT)
    if mailing.state != Mailing.State.SENT or moments.count() != mailing.audience:
        sys.exit(f"The mailing is {mailing.state}, not sent to all. {mailing.reason}")
    span = moments.aggregate(span=Max("sent_at") - Min("sent_at"))["span"]
    return (mailing.audience - 1) / span.total_seconds()


def commits(count: int) -> float:
    """Change one row in a transaction of its own, over and over; return commits a second."""
    pks = list(Subscriber.objects.values_list("pk", flat=True)[:count])
    with db.cursor() as cursor:
        began = time.perf_counter()
        for pk in pks:
            cursor.execute("UPDATE subscribers_subscriber SET first_name = 'x' WHERE id = %s", [pk])
        return len(pks) / (time.perf_counter() - began)


def _say_what_it_is_spent_on(median: dict[str, float]) -> None:
    """Print the aim beside what is reached, and what the time of a message goes into, by the figures."""
    names = "four", "bare four", "committed four"
    ours, server, committed = (settings.MAIL_CONNECTIONS / median[name] * 1000 for name in names)
    reached, aim = median["four"] / median["bare four"], AIM[db.vendor]
    commit, rest = max(committed - server, 0), ours - max(committed, server)
    print(f"Four connections reach {reached:.2f} of four bare ones; the aim is {aim}.")
    print(
        f"Of the {ours:.2f} ms of a message, a bare connection takes {server:.2f}, and a commit {commit:.2f};"
    )
    print(
        f"{rest:.2f} go into its own text, the judgement before it, the claims, the indexes and the counts.\n"
    )


def main(count: int, rounds: int) -> int:
    """Measure all in turns, print the medians; return how many verdicts failed."""
    is_postgresql = db.vendor == "postgresql"
    call_command("migrate", verbosity=0)
    people(count)
    figures: dict[str, list[float]] = {
        name: []
        for name in "bare, bare four, committed one, committed four, Django, one, four, three, commits".split(
            ", "
        )
    }
    with sink() as made_of:
        mailing = opened()
        Mailing.objects.filter(pk=mailing.pk).update(state=Mailing.State.PAUSED)
        messages = ready_made(mailing, count)
        rows = list(mailing.deliveries.select_related("subscriber")[: max(count // 4, 1)])
        for _ in range(rounds):
            figures["commits"].append(commits(count))
            figures["bare"].append(bare(messages))
            figures["bare four"].append(bare(messages, settings.MAIL_CONNECTIONS))
            figures["committed one"].append(bare(messages, commits=True))
            figures["committed four"].append(bare(messages, settings.MAIL_CONNECTIONS, commits=True))
            figures["Django"].append(djangos(mailing, rows))
            figures["one"].append(ours(1))
            figures["four"].append(ours(settings.MAIL_CONNECTIONS))
            if is_postgresql:
                figures["three"].append(ours(settings.MAIL_CONNECTIONS, workers=3))
    median = {name: statistics.median(rates) for name, rates in figures.items() if rates}
    size = len(messages[0][1])
    print(f"\nMail: {count} messages of {size / 1000:.1f} kB, medians of {rounds} rounds. {machine()}")
    print(f"The mail server is a sink in {made_of}.\n")
    names = {
        "bare": "smtplib's loop, one connection, ready-made bytes",
        "bare four": f"smtplib's loop in {settings.MAIL_CONNECTIONS} threads, a connection each",
        "committed one": "one connection, with a commit of one row after each message",
        "committed four": f"{settings.MAIL_CONNECTIONS} connections, with such commits",
        "Django": "Django's EmailMessage, one kept-open connection",
        "one": "our worker, one connection",
        "four": f"our worker, {settings.MAIL_CONNECTIONS} connections",
        "three": f"three workers, {settings.MAIL_CONNECTIONS} connections each",
        "commits": "bare commits of one row",
    }
    table(
        ("what", "a second", "of the bare loop"),
        [
            (text, f"{median[name]:.0f}", "" if name == "commits" else f"{median[name] / median['bare']:.2f}")
            for name, text in names.items()
            if name in median
        ],
    )
    _say_what_it_is_spent_on(median)
    verdicts = Verdicts()
    for number, least in COMMITTED[db.vendor].items():
        ratio = median[number] / median[f"committed {number}"]
        verdicts.at_least(f"{number} connection{'s' * (number != 'one')} / as many that commit", ratio, least)
    if is_postgresql:
        ratio = median["three"] / median["four"]
        if (os.cpu_count() or 1) >= CORES:
            verdicts.at_least("three workers / one", ratio, THREE_WORKERS)
        else:
            print(f"     three workers / one: {ratio:.2f} (judged from {CORES} cores on)")
    return verdicts.failed


if __name__ == "__main__":
    sys.exit(1 if main(*map(int, sys.argv[1:3])) else 0)
