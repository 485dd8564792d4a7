"""Read what came back: from a pipe, from files and folders, or from the mailbox of BOUNCE_MAILBOX."""

import json
import sys
from collections import Counter
from contextlib import closing

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from desk.terminal import NOTHING_DONE, SOME_REFUSED, nothing_done, printable, reason
from subscribers.bounces import mailboxes, reports
from subscribers.bounces.reading import Reading, read
from subscribers.models import BounceReport

# Of a single report. A refusal that "counts" suppresses with those of two more mailings in a row.
_FOLLOWS = {BounceReport.Kind.BOUNCED: "suppressed", BounceReport.Kind.COMPLAINED: "off the list"}


class Command(BaseCommand):
    help = "Act on delivery reports and complaints: in PATH, else in BOUNCE_MAILBOX, else on standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="*", metavar="PATH", help="A mail, an mbox file or a Maildir.")
        parser.add_argument("--to", default="", help="The address that the piped mail was sent to.")
        parser.add_argument("--json", action="store_true", help="Print the result as one JSON object.")
        judge = "Only say how each mail in the files of this folder is judged; nothing is kept or changed."
        parser.add_argument("--judge", metavar="FOLDER", help=judge)

    def handle(self, *, paths: list[str], to: str, json: bool, judge: str | None, **options: object) -> None:
        if judge is not None:
            if paths or to:
                raise nothing_done("--judge has a folder of its own; leave the other paths and --to out.")
            self.stdout.write(judged_as_json(_judged(judge)) if json else judged_as_text(_judged(judge)))
            return
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


def _judged(folder: str) -> list[tuple[str, Reading]]:
    """Return (where it lies, what it says) for each mail in a folder, as if all were about mails of ours."""
    try:
        with closing(mailboxes.folder(folder)) as mails:
            return [(name, read(raw, is_ours=True)) for name, raw, _ in mails]
    except mailboxes.UnreadableError as error:
        raise nothing_done(str(error)) from None


def judged_as_json(judged: list[tuple[str, Reading]]) -> str:
    """Return how mails are judged as one JSON object."""
    return json.dumps({"mails": [_as_row(*each) for each in judged], "counts": _counted(judged)})


def judged_as_text(judged: list[tuple[str, Reading]]) -> str:
    """Return how mails are judged as a table for a person, with a last line of counts."""
    rows = [["kind", "cause", "status", "what follows", "mail"]]
    rows += [[printable(str(cell)) for cell in _as_row(*each).values()] for each in judged]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    lines = ["  ".join([*map(str.ljust, row, widths), row[-1]]) for row in rows]
    counts = [f"{count} {kind}" for kind, count in _counted(judged).items()]
    return "\n".join([*lines, "", f"{len(judged)} mails: {', '.join(counts)}."])


def _as_row(name: str, reading: Reading) -> dict[str, str]:
    judged = reading.judged
    is_counted = reading.kind == BounceReport.Kind.REFUSED and judged is not None and judged.refusal
    return {
        "kind": reading.sort.value,
        "cause": judged.cause.value if judged else "",
        "status": reading.status,
        "follows": _FOLLOWS.get(reading.kind, "counts" if is_counted else ""),
        "mail": name,
    }


def _counted(judged: list[tuple[str, Reading]]) -> dict[str, int]:
    return dict(Counter(reading.sort.value for _, reading in judged).most_common())


def as_json(counts: Counter[str]) -> str:
    """Return the counts as one JSON object."""
    return json.dumps({name: counts[name] for name in [*BounceReport.Kind.values, "acted", "repeated"]})


def as_text(counts: Counter[str]) -> str:
    """Return the counts as a line for a person."""
    kinds = [f"{counts[kind]} {kind.label.lower()}" for kind in BounceReport.Kind if counts[kind]]
    known = f" Read before: {counts['repeated']}." if counts["repeated"] else ""
    return f"{', '.join(kinds) or 'Nothing new'}. People who get no more mail: {counts['acted']}.{known}"
