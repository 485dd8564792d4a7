"""Copy all that the site holds into one file, while it runs."""

import os
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from desk.terminal import NOTHING_DONE, SOME_REFUSED, reason
from tipsite.alerts import backup_alerts
from tipsite.backup import backup_file, folder, runs


class Command(BaseCommand):
    help = "Write the database, the uploads and the journal to one file, while the site runs; read it back."

    def add_arguments(self, parser: CommandParser) -> None:
        place = parser.add_mutually_exclusive_group(required=True)
        place.add_argument(
            "file", metavar="FILE", nargs="?", help="Where to write it; it holds every address."
        )
        words = "Write a file of a new name into this folder, and remove old ones: 7 daily, 5 weekly and 12"
        place.add_argument("--into", metavar="FOLDER", help=f"{words} monthly ones are kept.")
        words = "Write no backup: note that one was ended from outside. For OnFailure= of a unit."
        parser.add_argument("--note-failure", action="store_true", help=words)

    def handle(self, *, file: str | None, into: str | None, note_failure: bool, **options: object) -> None:
        if note_failure:
            self.note_failure(file or into or "")
            return
        target = Path(into) / folder.name(timezone.now()) if into else Path(file or "")
        try:
            report = backup_file.backup(target)
        except (backup_file.BackupError, DatabaseError, OSError) as error:
            self.stderr.write(f"No backup was written. {reason(error)}")
            sys.exit(NOTHING_DONE)
        self.stdout.write(f"Written to {target}, and read back: {report}")
        if into:
            self.remove_expired(Path(into))

    def remove_expired(self, place: Path) -> None:
        try:
            for path in folder.remove_expired(place):
                self.stdout.write(f"Removed {path.name}, which is no longer kept.")
        except OSError as error:
            self.stderr.write(f"The backup was written, but old ones could not be removed: {reason(error)}")
            sys.exit(SOME_REFUSED)

    def note_failure(self, place: str) -> None:
        # systemd says this to the unit of OnFailure=, from version 251 on.
        result = os.environ.get("MONITOR_SERVICE_RESULT", "")
        try:
            runs.note_killed(place, result)
        except DatabaseError as error:
            # The worker's clock finds no row then, and may be as badly off as the database.
            backup_alerts.mail_without_database(f"{place}: {result}. {reason(error)}")
            self.stderr.write(f"The database cannot keep a row about it. {reason(error)}")
            sys.exit(NOTHING_DONE)
