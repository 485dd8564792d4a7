"""Build the search anew."""

import functools
import sys

from django.core.management.base import BaseCommand
from django.db import DatabaseError
from tqdm import tqdm

from tips.search import index

NOTHING_DONE = 2


class Command(BaseCommand):
    help = "Build the search's index and vocabulary anew from the tips. Readers can search meanwhile."

    def handle(self, **options):
        progress = functools.partial(tqdm, unit="batch", file=sys.stderr, disable=not sys.stderr.isatty())
        try:
            tips = index.rebuild(progress)
        except DatabaseError as error:
            reason = " ".join(str(error).split())
            self.stderr.write(f"The search was not rebuilt, the database refused: {reason}. Is it migrated?")
            sys.exit(NOTHING_DONE)
        self.stdout.write(f"Tips indexed: {tips}.")
