"""Build the search anew."""

import functools
import sys

from django.core.management.base import BaseCommand
from tqdm import tqdm

from tips import search
from tips.models import Tip


class Command(BaseCommand):
    help = "Build the search's index and vocabulary anew from the tips. Readers can search meanwhile."

    def handle(self, **options):
        progress = functools.partial(
            tqdm, total=Tip.objects.count(), unit="tip", file=sys.stderr, disable=not sys.stderr.isatty()
        )
        self.stdout.write(f"Tips indexed: {search.rebuild(progress)}.")
