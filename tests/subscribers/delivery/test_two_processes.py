"""Two processes that send at once."""

import os
import subprocess
import sys
from collections import Counter

import pytest
from django.conf import settings

from subscribers.people import subscriptions
from tests.databases import shared_database

SENDER = """
import django
django.setup()
from subscribers.delivery import heartbeat
from subscribers.mail import link_mails
from shield.rate_limits import FixedWindow
from datetime import timedelta
print("ready", flush=True)
input()
worker_id = heartbeat.new_worker_id()
heartbeat.renew(worker_id)
link_mails.outbox.send_due(worker_id=worker_id)
print(sum(FixedWindow("race", 25, timedelta(days=1)).spend() for _ in range(25)))
"""


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_they_send_each_mail_once_and_spend_no_budget_twice(post_office, tmp_path):
    expected = Counter(f"a{n}@host{n % 5}.example" for n in range(30))
    for address in expected:
        subscriptions.request(address)
    environment = os.environ | {
        "DATABASE_URL": shared_database(tmp_path),
        "DJANGO_SETTINGS_MODULE": "tipsite.settings",
        "EMAIL_URL": f"smtp://{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
        "STATE_DIR": str(tmp_path),
    }
    senders = [
        subprocess.Popen(
            [sys.executable, "-c", SENDER],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for sender in senders:
        assert sender.stdout.readline() == "ready\n"
    for sender in senders:
        sender.stdin.write("\n")
        sender.stdin.flush()
    spent = [int(sender.communicate(timeout=120)[0]) for sender in senders]
    assert [sender.returncode for sender in senders] == [0, 0]
    assert Counter(each for letter in post_office.letters for each in letter.recipients) == expected
    assert sum(spent) == 25
