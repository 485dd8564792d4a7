"""Load the demonstration archive."""

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from desk.terminal import nothing_done, reason
from tips import dates
from tipsite.demo import demonstration


class Command(BaseCommand):
    help = "Load the demonstration and make a staff account, on an empty database or on its own only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing unless the database is empty")

    def handle(self, *, if_empty: bool, **options: object) -> None:
        try:
            if if_empty and not demonstration.is_empty():
                return
            loaded = demonstration.load()
        except DatabaseError as error:
            words = f"Nothing was loaded, the database refused: {reason(error)}. Is it migrated?"
            raise nothing_done(words) from error
        except demonstration.DemoError as error:
            raise nothing_done(str(error)) from error
        if loaded is None:
            self.stdout.write("The demonstration is loaded already; everything was left as it is.")
            return
        day = dates.short_day(loaded.newest)
        self.stdout.write(f"Loaded a demonstration of {loaded.tips} tips; the newest went live on {day}.")
        self.stdout.write(f"Staff account: {demonstration.STAFF}   password: {loaded.password}")
        change = f".venv/bin/python manage.py changepassword {demonstration.STAFF}"
        self.stdout.write(f"The password is shown this once. For another: {change}")
