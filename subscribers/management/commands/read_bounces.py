"""Read what came back: from a pipe, from files and folders, or from the mailbox of BOUNCE_MAILBOX."""

import json
import sys
from collections import Counter
from contextlib import closing

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError

from subscribers.bounces import mailboxes, reports
from subscribers.models import BounceReport

SOME_REFUSED, NOTHING_DONE = 1, 2


class Command(BaseCommand):
    help = (
        "Read delivery reports and complaints, and act on them. Without PATH: the mailbox of BOUNCE_MAILBOX,"
        " or else one mail from standard input."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "paths", nargs="*", metavar="PATH", help="A mail, an mbox file or a Maildir folder."
        )
        parser.add_argument("--to", default="", help="The address that the piped mail was sent to.")
        parser.add_argument("--json", action="store_true", help="Print the counts as one JSON object.")

    def handle(self, *, paths, to, json, **options):
        counts, refused = Counter(), 0
        where = ""
        for place in self.places(paths, piped=bool(to)):
            try:
                # Closed here: a mailbox that is left to the end of the program complains of it.
                with closing(place):
                    for where, raw, done in place:
                        try:
                            row = reports.take(raw, source="mailbox", envelope=to)
                            done(row.kind == BounceReport.Kind.OTHER)
                        except DatabaseError:
                            raise
                        # One mail, which anybody may have sent, must not keep the others from being read.
                        except Exception as error:
                            refused += 1
                            self.stderr.write(
                                f"{where}: could not be read ({type(error).__name__}); it is left."
                            )
                            continue
                        counts[row.kind] += 1
                        counts["acted on"] += row.acted
            except mailboxes.UnreadableError as error:
                refused += 1
                self.stderr.write(str(error))
            except DatabaseError as error:
                refused += 1
                self.stderr.write(f"{where}: the database refused: {' '.join(str(error).split())}")
                break
        self.stdout.write(as_json(counts) if json else as_text(counts))
        if refused:
            sys.exit(SOME_REFUSED if counts else NOTHING_DONE)

    def places(self, paths, piped):
        """Return what is to be read, each place as an iterator of mails; ``piped``: from standard input."""
        if paths:
            return [mailboxes.files(path) for path in paths]
        if settings.BOUNCE_MAILBOX and not piped:
            return [mailboxes.server(settings.BOUNCE_MAILBOX)]
        return [mailboxes.pipe(sys.stdin.buffer)]


def as_json(counts):
    """Return the counts as one JSON object."""
    return json.dumps(
        {kind.value: counts[kind.value] for kind in BounceReport.Kind} | {"acted": counts["acted on"]}
    )


def as_text(counts):
    """Return the counts as a line for a person."""
    kinds = [f"{counts[kind.value]} {kind.label.lower()}" for kind in BounceReport.Kind if counts[kind.value]]
    return f"{', '.join(kinds) or 'Nothing was read'}. People who get no more mail: {counts['acted on']}."
