"""Members against strangers: whether an answer, or the time it takes, tells who is on the list.

``python -m bench.equality EACH`` fills the empty database of DATABASE_URL with EACH members and asks as often
for strangers, in turns, twice for each person. Its exit status is 1 where a figure is out of its bounds.
"""

import gc
import random
import re
import statistics
import sys
import time
from datetime import timedelta

import django
from django.core.management import call_command
from django.test import Client

django.setup()

from bench.report import Verdicts, machine, table
from shield import flood, signed_time
from shield.rate_limits import FixedWindow
from subscribers import tokens
from subscribers.models import ServiceMail
from subscribers.people import consent_wording, subscriptions

FORMS = {
    "sign up": "/subscribe/",
    "mail once more": "/subscribe/again/",
    "ask for preferences": "/subscribe/preferences/",
}
UNSUBSCRIBE, FLOODED = "unsubscribe", "sign up, in a flood"
MEMBER, STRANGER = "member", "stranger"
# Its kind, the address, and what its links name it by.
Person = tuple[str, str, str]
# Its status, text and headers.
Answer = tuple[int, str, str]


def people(count: int) -> list[Person]:
    """Return [(kind, address, public_id)]: so many members and as many strangers, in turns."""
    everybody = []
    for number in range(count):
        addresses = f"m{number:04}@example.org", f"s{number:04}@example.org"
        member = subscriptions.confirm(subscriptions.request(addresses[0]))
        assert member, addresses[0]
        pair = [(MEMBER, addresses[0], member.public_id), (STRANGER, addresses[1], tokens.nobody())]
        # Whoever comes first may find something warm.
        random.shuffle(pair)
        everybody += pair
    # They were welcomed long ago.
    ServiceMail.objects.update(mail_state=ServiceMail.MailState.SENT)
    return everybody


def ask(client: Client, name: str, number: int, address: str, public_id: str) -> tuple[Answer, float]:
    """Do what is measured for one person; return (the answer as anybody sees it, seconds)."""
    if name == UNSUBSCRIBE:
        path = f"/unsubscribe/{tokens.make(tokens.Purpose.LEAVE, public_id)}/"
        data = {"List-Unsubscribe": "One-Click"}
    else:
        path = FORMS.get(name, FORMS["sign up"])
        data = {
            "address": address,
            "timestamp": signed_time.timestamp(),
            "wording": str(consent_wording.current()),
        }
    # Both of a pair come from one network, and each pair from another.
    remote = f"10.{number // 2 // 250}.{number // 2 % 250}.1"
    start = time.perf_counter()
    answer = client.post(path, data, headers={"Origin": "http://localhost"}, REMOTE_ADDR=remote)
    seconds = time.perf_counter() - start
    # What is signed anew each time, and what was typed.
    text = re.sub(r"/undo/[^/\"]+/", "/undo/TOKEN/", answer.text).replace(address, "ADDRESS")
    if name == FLOODED:
        # It is the network's; see tests/subscribers/test_equality.py.
        text, answer.headers["Content-Length"] = re.sub(r"Which (is|of) .+\?", "QUESTION", text), ""
        answer.headers["ETag"] = ""
    return (answer.status_code, text, str(sorted(answer.headers.items()))), seconds


def measure(
    name: str, everybody: list[Person]
) -> tuple[dict[str, dict[str, list[float]]], dict[str, set[Answer]]]:
    """Return ({attempt: {kind: [seconds]}}, {attempt: the distinct answers})."""
    client = Client(headers={"host": "localhost"})
    seconds: dict[str, dict[str, list[float]]] = {}
    answers: dict[str, set[Answer]] = {}
    for attempt in ("first", "second"):
        seconds[attempt], answers[attempt] = {MEMBER: [], STRANGER: []}, set()
        gc.collect()
        for number, (kind, address, public_id) in enumerate(everybody):
            answer, took = ask(client, name, number, address, public_id)
            seconds[attempt][kind].append(took)
            answers[attempt].add(answer)
    return seconds, answers


def spread(seconds: list[float]) -> float:
    """Return the width of the middle half of some times."""
    low, _, high = statistics.quantiles(seconds, n=4)
    return high - low


def main(count: int) -> int:
    """Fill, measure and judge; return the exit status."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    flood.FORMS = FixedWindow("bench", 10**6, timedelta(days=1))
    everybody = people(count)
    rows, verdicts, judged = [], Verdicts(), []
    # Leaving comes last: after it there are no members.
    for name in (*FORMS, FLOODED, UNSUBSCRIBE):
        if name == FLOODED:
            flood.COOLDOWN.spend()
        seconds, answers = measure(name, everybody)
        if name == FLOODED:
            flood.COOLDOWN = FixedWindow("bench over", 1, timedelta(days=1))
        for attempt, by_kind in seconds.items():
            medians = {kind: statistics.median(times) for kind, times in by_kind.items()}
            width = min(map(spread, by_kind.values()))
            apart = abs(medians[MEMBER] - medians[STRANGER])
            judged.append((name, attempt, len(answers[attempt]), apart / width))
            cells = [medians[MEMBER], medians[STRANGER], apart, width]
            rows.append((f"{name}, {attempt}", *(f"{cell * 1000:.2f}" for cell in cells)))
    print(f"\n{count} members and {count} strangers, in turns, twice each. {machine()}\n")
    table(("what", "members ms", "strangers ms", "apart ms", "middle half ms"), rows)
    for name, attempt, distinct, apart in judged:
        verdicts.same(f"{name}, {attempt}: distinct answers, and one", distinct, 1)
        verdicts.at_most(f"{name}, {attempt}: medians apart / spread", apart, 1.0)
    return 1 if verdicts.failed else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
