"""Read what came back: from a pipe, from files and folders, or from the mailbox of BOUNCE_MAILBOX."""

import json
import sys
from collections import Counter
from contextlib import closing

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from desk.terminal import NOTHING_DONE, SOME_REFUSED, reason
from subscribers.bounces import mailboxes, reports
from subscribers.models import BounceReport


class Command(BaseCommand):
    help = "Act on delivery reports and complaints: in PATH, else in BOUNCE_MAILBOX, else on standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="*", metavar="PATH", help="A mail, an mbox file or a Maildir.")
        parser.add_argument("--to", default="", help="The address that the piped mail was sent to.")
        parser.add_argument("--json", action="store_true", help="Print the counts as one JSON object.")

    def handle(self, *, paths: list[str], to: str, json: bool, **options: object) -> None:
        counts, refused, name = Counter[str](), 0, ""
        for mails in _sources(paths, is_piped=bool(to)):
            try:
                # Closed here: a mailbox that is left to the end of the program complains of it.
                with closing(mails):
                    for name, raw, done in mails:
                        try:
                            report = reports.take(raw, source="mailbox", envelope=to)
                            done(report.kind == BounceReport.Kind.OTHER)
                            if report.is_repeated:
                                counts["repeated"] += 1
                            else:
                                counts.update({report.kind: 1, "acted": report.acted})
                        except DatabaseError:
                            raise
                        # One mail, which anybody may have sent, must not keep the others from being read.
                        except Exception as error:
                            refused += 1
                            kind = type(error).__name__
                            self.stderr.write(f"{name}: could not be read ({kind}); it is left.")
            except mailboxes.UnreadableError as error:
                refused += 1
                self.stderr.write(str(error))
            except DatabaseError as error:
                refused += 1
                self.stderr.write(f"{name}: the database refused: {reason(error)}")
                break
        self.stdout.write(as_json(counts) if json else as_text(counts))
        if refused:
            sys.exit(SOME_REFUSED if counts else NOTHING_DONE)


def _sources(paths: list[str], *, is_piped: bool) -> list[mailboxes.Mails]:
    """Return where mails are read from; ``is_piped``: from standard input, where no paths are given."""
    if paths:
        return [mailboxes.files(path) for path in paths]
    mailbox = "" if is_piped else settings.BOUNCE_MAILBOX
    return [mailboxes.server(mailbox) if mailbox else mailboxes.pipe(sys.stdin.buffer)]


def as_json(counts: Counter[str]) -> str:
    """Return the counts as one JSON object."""
    return json.dumps({name: counts[name] for name in [*BounceReport.Kind.values, "acted", "repeated"]})


def as_text(counts: Counter[str]) -> str:
    """Return the counts as a line for a person."""
    kinds = [f"{counts[kind]} {kind.label.lower()}" for kind in BounceReport.Kind if counts[kind]]
    known = f" Read before: {counts['repeated']}." if counts["repeated"] else ""
    return f"{', '.join(kinds) or 'Nothing new'}. People who get no more mail: {counts['acted']}.{known}"
