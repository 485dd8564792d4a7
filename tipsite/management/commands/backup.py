"""Copy all that the site holds into one file, while it runs."""

import sys

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from tipsite.backup import backup_file

NOTHING_DONE = 2


class Command(BaseCommand):
    help = "Write the database, the uploads and the journal to one file, while the site runs."

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE", help="Where to write it; it holds every address.")

    def handle(self, *, file, **options):
        try:
            report = backup_file.backup(file)
        except (backup_file.BackupError, DatabaseError, OSError) as error:
            self.stderr.write(f"No backup was written. {' '.join(str(error).split())}")
            sys.exit(NOTHING_DONE)
        self.stdout.write(f"Written to {file}: {report}")
