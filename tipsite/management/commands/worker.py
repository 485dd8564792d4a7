"""Run background tasks and the clock until told to stop."""

import signal

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError

from desk.terminal import NOTHING_DONE
from tipsite.safety.probes import unapplied_migrations
from tipsite.worker.stop_signal import Stop
from tipsite.worker.worker import Background


class Command(BaseCommand):
    help = "Runs background tasks and what is due each minute; finishes its task on Ctrl-C or SIGTERM."

    def handle(self, **options: object) -> None:
        try:
            if unapplied_migrations():
                raise CommandError(
                    "The database waits for migrations; run: manage.py migrate", returncode=NOTHING_DONE
                )
        except (OperationalError, InterfaceError):
            # A database that is away may come back; the worker waits for it.
            pass
        stop = Stop()
        background = Background(stop)

        def end(*_: object) -> None:
            stop.request()
            background.take_no_more()
            # A person who asks twice does not want to wait for the task in hand.
            for number in Stop.SIGNALS:
                signal.signal(number, signal.SIG_DFL)

        for number in Stop.SIGNALS:
            signal.signal(number, end)
        background.run()
