"""Workers that a test starts, kills and ends, and what the ledger says of their work."""

import json
import os
import random
import signal
import subprocess
import sys

from django.conf import settings

from tests.databases import shared_database

WORKER = """
import django
django.setup()
from datetime import timedelta
from subscribers.delivery import claims, heartbeat, pool
from subscribers.mail import smtp
from tipsite.worker.stop_signal import Stop
heartbeat.LEASE, heartbeat.INTERVAL = timedelta(seconds=3), timedelta(seconds=0.2)
claims.RESEND_AFTER, claims.BATCH, pool.IDLE = timedelta(seconds=0.1), 20, 0.1
# Ten minutes are too long for a test in which the server never answers.
smtp.REPLY_WITHIN = smtp.REPLY_WITHIN | {".": 60, "rcpt": 60}
claims.pause_after = lambda tries: timedelta(seconds=0.2)
stop = Stop()
stop.listen()
mail = pool.SenderPool(stop, 4)
mail.start()
while not stop.wait(60):
    pass
mail.join(20)
"""
LEDGER = """
import django, json
django.setup()
from subscribers.models import Delivery, Mailing
rows = Delivery.objects.values_list("subscriber__address", "state", "uncertain_count")
print(json.dumps([Mailing.objects.get().state, list(rows)]))
"""


class Workers:
    """Processes that send the mailings of one database: this test's, unless ``environment`` names another."""

    def __init__(self, folder, environment=None):
        self.environment = environment or os.environ | {
            "DATABASE_URL": shared_database(folder),
            "DJANGO_SETTINGS_MODULE": "tipsite.settings",
            "EMAIL_URL": f"smtp://{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
            "STATE_DIR": str(folder),
            "MAIL_PER_MINUTE": "0",
            "MAIL_PER_DOMAIN": "0",
        }
        self.running = []
        self.log = folder / "workers.log"

    def start(self):
        with self.log.open("ab") as log:
            self.running.append(
                subprocess.Popen(
                    [sys.executable, "-W", "error", "-c", WORKER],
                    cwd=settings.BASE_DIR,
                    env=self.environment,
                    stderr=log,
                )
            )

    def kill(self):
        """Kill one that runs, and start another one."""
        victim = self.running.pop(random.randrange(len(self.running)))
        victim.kill()
        victim.wait()
        self.start()

    def ledger(self):
        """Return the mailing's state, and (address, state, uncertain_count) of each delivery."""
        answer = subprocess.run(
            [sys.executable, "-c", LEDGER],
            cwd=settings.BASE_DIR,
            env=self.environment,
            capture_output=True,
            check=True,
        )
        return json.loads(answer.stdout)

    def end(self):
        for process in self.running:
            process.send_signal(signal.SIGTERM)
        return [process.wait(timeout=30) for process in self.running]
