"""Is Tuesday safe?"""

import json
import sys

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from tips import dates
from tipsite.safety import verdict

NOT_SAFE, UNKNOWN = 1, 2


class Command(BaseCommand):
    help = "Say whether the next tip will reach its readers on time, and if not, why. Exit status 1 if not."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *, json: bool, **options):
        try:
            row, reasons = verdict.next_slot(), verdict.reasons()
        except DatabaseError as error:
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            self.stderr.write(f"Nobody can tell: the database does not answer ({reason}).")
            sys.exit(UNKNOWN)
        if json:
            self.stdout.write(as_json(row, reasons))
        else:
            self.stdout.write("\n".join(as_lines(row, reasons)))
        if reasons:
            sys.exit(NOT_SAFE)


def as_lines(row, reasons):
    """Return the verdict as lines for a person; ``row`` is the next slot's, or None."""
    if reasons:
        return ["Not safe.", *(f"- {reason.words}" for reason in reasons)]
    return [f"Safe: {dates.in_words(row.slot.at)}. {row.sentence}"]


def as_json(row, reasons):
    """Return the verdict as one JSON object."""
    return json.dumps(
        {
            "safe": not reasons,
            "next": row.slot.at.isoformat() if row else None,
            "reasons": [{"name": reason.name, "words": reason.words} for reason in reasons],
        }
    )
