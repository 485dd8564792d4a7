"""Is Tuesday safe?"""

import json
import sys

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from desk.terminal import reason
from tips import dates
from tips.schedule.calendar import SlotRow
from tipsite.safety import verdict

NOT_SAFE, UNKNOWN = 1, 2


class Command(BaseCommand):
    help = "Say whether the next tip will reach its readers on time, and if not, why. Exit status 1 if not."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *, json: bool, **options: object) -> None:
        try:
            row, reasons = verdict.next_slot(), verdict.reasons()
        except DatabaseError as error:
            self.stderr.write(f"Nobody can tell: the database does not answer ({reason(error)}).")
            sys.exit(UNKNOWN)
        self.stdout.write((_as_json if json else _as_lines)(row, reasons))
        if reasons:
            sys.exit(NOT_SAFE)


def _as_lines(row: SlotRow | None, reasons: list[verdict.Reason]) -> str:
    if reasons or row is None:
        return "\n".join(["Not safe.", *(f"- {reason.words}" for reason in reasons)])
    return f"Safe: {dates.in_words(row.slot.at)}. {row.sentence}"


def _as_json(row: SlotRow | None, reasons: list[verdict.Reason]) -> str:
    return json.dumps(
        {
            "safe": not reasons,
            "next": row.slot.at.isoformat() if row else None,
            "reasons": [{"name": reason.code, "words": reason.words} for reason in reasons],
        }
    )
