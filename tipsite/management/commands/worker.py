"""Run background tasks and the clock until told to stop."""

import signal
import socket
from contextlib import suppress

from django.core.management.base import BaseCommand, CommandError, CommandParser

from desk.terminal import nothing_done
from shield import clocks
from subscribers import outages
from subscribers.delivery import heartbeat
from tipsite.schema import migration_state
from tipsite.worker.stop_signal import Stop
from tipsite.worker.worker import Background


class Command(BaseCommand):
    help = "Runs background tasks and what is due each minute; finishes its task on Ctrl-C or SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        words = "say whether a worker of this machine gave a sign of life within a minute, and end"
        parser.add_argument("--is-alive", action="store_true", help=words)

    def handle(self, *, is_alive: bool, **options: object) -> None:
        if is_alive:
            here = heartbeat.alive(clocks.database_now()).filter(host=socket.gethostname()[:100])
            if not here.exists():
                raise CommandError("No worker of this machine has given a sign of life within a minute.")
            return
        # A database that is away may come back; the worker waits for it.
        with suppress(*outages.AWAY):
            if ahead := migration_state.why_database_is_ahead():
                raise nothing_done(ahead)
            if migration_state.unapplied():
                raise nothing_done("The database waits for migrations; run: manage.py migrate")
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
