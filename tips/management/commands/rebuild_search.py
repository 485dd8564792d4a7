"""Build the search index anew."""

import sys

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from desk.terminal import NOTHING_DONE, progress_bar, reason
from tips.search import index


class Command(BaseCommand):
    help = "Build the search index and its vocabulary anew from the tips. Readers can search meanwhile."

    def handle(self, **options: object) -> None:
        try:
            tips = index.rebuild(progress_bar)
        except DatabaseError as error:
            message = f"The search was not rebuilt, the database refused: {reason(error)}. Is it migrated?"
            self.stderr.write(message)
            sys.exit(NOTHING_DONE)
        self.stdout.write(f"Tips indexed: {tips}.")
