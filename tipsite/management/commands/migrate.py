"""Django's migrate, which on a busy PostgreSQL holds up nobody for long."""

import time

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import OperationalError, connections

from desk.storage_errors import COME_AGAIN_SOON, retry_after

# A table that is to be altered is waited for by all who come later, readers too: for so many seconds at most,
# and then so many seconds are theirs before the next try.
LONGEST_WAIT, PAUSE, TRIES = 2.0, 3.0, 10
BUSY = (
    "Somebody uses the tables that are to be changed, a backup or an import perhaps. Each migration was made"
    " whole or not at all. Run migrate again when they are done; the view pg_stat_activity names them."
)


class Command(Migrate):
    def handle(self, *args: object, **options: object) -> str | None:
        connection = connections[str(options["database"])]
        if connection.vendor != "postgresql":
            return super().handle(*args, **options)
        tries_left = TRIES
        while True:
            tries_left -= 1
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{LONGEST_WAIT * 1000:.0f}"])
            try:
                return super().handle(*args, **options)
            # Before the migrations, whoever cannot drop a trigger says so in an error of its own.
            except (OperationalError, CommandError) as error:
                if retry_after(error) != COME_AGAIN_SOON:
                    raise
                if not tries_left:
                    raise CommandError(BUSY) from error
                self.stderr.write("Somebody uses the tables that are to be changed; the next try follows.")
            finally:
                with connection.cursor() as cursor:
                    cursor.execute("RESET lock_timeout")
            time.sleep(PAUSE)
