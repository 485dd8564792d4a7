"""Put back what the command ``backup`` wrote."""

import sys

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from desk.terminal import NOTHING_DONE, SOME_REFUSED, reason
from tipsite.backup import backup_file


class Command(BaseCommand):
    help = "Put back what backup wrote, over what is there. Afterwards no mail goes until somebody says so."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="A file that the command backup wrote.")
        words = "Read the whole file, as a restore does first, and change nothing."
        parser.add_argument("--dry-run", action="store_true", help=words)

    def handle(self, *, file: str, dry_run: bool, **options: object) -> None:
        try:
            report = backup_file.restore(file, dry_run=dry_run)
        except backup_file.HalfRestored as error:
            self.stderr.write(reason(error))
            sys.exit(SOME_REFUSED)
        except (backup_file.BackupError, DatabaseError, OSError) as error:
            self.stderr.write(f"Nothing was restored. {reason(error)}")
            sys.exit(NOTHING_DONE)
        if dry_run:
            self.stdout.write(f"Nothing was changed. {file} is whole: {report}")
            return
        self.stdout.write(f"Restored from {file}: {report}")
        self.stdout.write("Now run migrate, in case the backup is from an older version of the program.")
        self.stdout.write("No mail goes until a Publisher says in the admin that this is the real database.")
        self.stdout.write("Have the newest journal ready for that, and a list of who left since the backup.")
