"""Load the demonstration archive."""

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils.formats import date_format

from desk.terminal import NOTHING_DONE, reason
from tipsite.demo import demonstration


class Command(BaseCommand):
    help = (
        "Loads the demonstration archive and makes a staff account, on an empty database or on its own only."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing where the database holds anything already"
        )

    def handle(self, *, if_empty: bool, **options: object) -> None:
        try:
            if if_empty and not demonstration.is_empty():
                return
            loaded = demonstration.load()
        except DatabaseError as error:
            words = f"Nothing was loaded, the database refused: {reason(error)}. Is it migrated?"
            raise CommandError(words, returncode=NOTHING_DONE) from error
        except demonstration.DemoError as error:
            raise CommandError(str(error), returncode=NOTHING_DONE) from error
        if loaded is None:
            self.stdout.write("The demonstration is loaded already; everything was left as it is.")
            return
        day = date_format(loaded.newest, "l, j F Y")
        self.stdout.write(f"Loaded a demonstration of {loaded.tips} tips; the newest went live on {day}.")
        self.stdout.write(f"Staff account: {demonstration.STAFF}   password: {loaded.password}")
        self.stdout.write(
            "The password is shown this once. For another: .venv/bin/python manage.py changepassword"
            f" {demonstration.STAFF}"
        )
