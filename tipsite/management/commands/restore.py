"""Put back what the command ``backup`` wrote."""

import sys

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from tipsite.backup import backup_file

PARTLY_DONE, NOTHING_DONE = 1, 2
AFTERWARDS = (
    "Now run migrate, in case the backup is from an older version of the program. No mail goes out until a"
    " Publisher says in the admin that this database is the real one; whoever left since the backup is taken"
    " off the list then."
)


class Command(BaseCommand):
    help = "Put back what backup wrote, over what is there. Afterwards no mail goes until somebody says so."

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE", help="A file that the command backup wrote.")

    def handle(self, *, file, **options):
        try:
            report = backup_file.restore(file)
        except backup_file.HalfRestored as error:
            self.stderr.write(" ".join(str(error).split()))
            sys.exit(PARTLY_DONE)
        except (backup_file.BackupError, DatabaseError, OSError) as error:
            self.stderr.write(f"Nothing was restored. {' '.join(str(error).split())}")
            sys.exit(NOTHING_DONE)
        self.stdout.write(f"Restored from {file}: {report}")
        self.stdout.write(AFTERWARDS)
