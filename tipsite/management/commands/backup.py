"""Copy all that the site holds into one file, while it runs."""

import sys

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from desk.terminal import NOTHING_DONE, reason
from tipsite.backup import backup_file


class Command(BaseCommand):
    help = "Write the database, the uploads and the journal to one file, while the site runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="Where to write it; it holds every address.")

    def handle(self, *, file: str, **options: object) -> None:
        try:
            report = backup_file.backup(file)
        except (backup_file.BackupError, DatabaseError, OSError) as error:
            self.stderr.write(f"No backup was written. {reason(error)}")
            sys.exit(NOTHING_DONE)
        self.stdout.write(f"Written to {file}: {report}")
