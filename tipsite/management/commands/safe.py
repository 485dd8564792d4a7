"""Is Tuesday safe?"""

import json
import sys

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from desk.terminal import reason
from tips import dates
from tipsite.backup import runs
from tipsite.safety import reasons

NOT_SAFE, UNKNOWN = 1, 2


class Command(BaseCommand):
    help = "Say whether the next tip will reach its readers on time, and if not, why. Exit status 1 if not."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="Print one JSON object.")

    def handle(self, *, as_json: bool, **options: object) -> None:
        try:
            row, against = reasons.next_slot(), reasons.against_next_tip()
        except DatabaseError as error:
            self.stderr.write(f"Nobody can tell: the database does not answer ({reason(error)}).")
            sys.exit(UNKNOWN)
        if as_json:
            why = [{"name": reason.code, "words": reason.words} for reason in against]
            following = row.slot.at.isoformat() if row else None
            answer = {"safe": not against, "next": following, "reasons": why, "backup": newest_backup()}
            self.stdout.write(json.dumps(answer))
        elif against or row is None:
            self.stdout.write("\n".join(["Not safe.", *(f"- {reason.words}" for reason in against)]))
        else:
            self.stdout.write(f"Safe: {dates.in_words(row.slot.at)}. {row.sentence}")
        if against:
            sys.exit(NOT_SAFE)


def newest_backup() -> str | None:
    """Return when the newest backup was taken that was read back, as ISO 8601; None without any."""
    verified = runs.standing(timezone.now()).verified
    return verified.began_at.isoformat() if verified else None
