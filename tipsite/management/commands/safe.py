"""Is Tuesday safe?"""

import json
import sys

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from desk.terminal import reason
from tips import dates
from tips.schedule import verdict
from tips.schedule.reasons import Severity
from tipsite.backup import runs

NOT_SAFE, UNKNOWN = 1, 2


class Command(BaseCommand):
    help = "Say whether the next tip will reach its readers on time, and if not, why. Exit status 1 if not."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="Print one JSON object.")

    def handle(self, *, as_json: bool, **options: object) -> None:
        try:
            following = verdict.of_next()
        except DatabaseError as error:
            self.stderr.write(f"Nobody can tell: the database does not answer ({reason(error)}).")
            sys.exit(UNKNOWN)
        if as_json:
            self.stdout.write(json.dumps(_as_json(following)))
        else:
            self.stdout.write(_as_text(following))
        if not following.is_safe:
            sys.exit(NOT_SAFE)


def _as_json(following: verdict.Verdict) -> dict[str, object]:
    """Return what a monitor reads; ``notes`` keep nothing from being safe."""
    against, notes = following.against, following.told[len(following.against) :]
    return {
        "safe": following.is_safe,
        "next": following.row.slot.at.isoformat() if following.row else None,
        "reasons": [{"name": each.code, "words": str(each)} for each in against],
        "notes": [{"name": each.code, "words": str(each)} for each in notes],
        "backup": newest_backup(),
    }


def _as_text(following: verdict.Verdict) -> str:
    """Return the verdict for people, a line for each reason."""
    first = "Not safe."
    if following.row and following.is_safe:
        goes_to = " ".join(each.words for each in following.facts if each.severity == Severity.GOOD)
        first = f"Safe: {dates.zoned(following.row.slot.at)}. {following.row.sentence} {goes_to}".rstrip()
    return "\n".join([first, *(f"- {each}" for each in following.told)])


def newest_backup() -> str | None:
    """Return when the newest backup was taken that was read back, as ISO 8601; None without any."""
    verified = runs.standing(timezone.now()).verified
    return verified.began_at.isoformat() if verified else None
