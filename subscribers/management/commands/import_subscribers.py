"""Bring a list of addresses into the site. It mails nobody."""

import csv
import json
import os
import stat
import sys

from django.core.management.base import BaseCommand
from django.db import DatabaseError
from tqdm import tqdm

from desk.files import UnusableFileError
from desk.terminal import NOTHING_DONE, SOME_REFUSED, printable, reason
from subscribers.exchange import columns, exports
from subscribers.exchange.address_list import AddressList
from subscribers.exchange.records import Outcome, Report
from subscribers.exchange.store import store

NO_SOURCE = (
    "No source of consent was stated, and none is recorded. Say with --source where these people agreed."
)


class Command(BaseCommand):
    help = "Bring a list of addresses (CSV or XLSX) into the site. It mails nobody."

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE", help="A .csv, .xlsx or plain text file.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be done; write nothing.")
        parser.add_argument("--json", action="store_true", help="Print the report as one JSON object.")
        parser.add_argument(
            "--source", default="", help="Where and how these people agreed; kept as part of their record."
        )
        parser.add_argument(
            "--report", metavar="FILE", help="Write a CSV of what became of each row. It holds addresses."
        )

    def handle(self, *, file, dry_run, json, source, report, **options):
        self.file, self.as_json = file, json
        try:
            found = AddressList(file)
        except UnusableFileError as error:
            self.give_up(str(error))
        if not source.strip() and found.format != columns.OWN:
            source = self.asked_for_source()
        try:
            with _Rows(report, unless=file) as rows:
                done = self.stored(found, source, dry_run, rows)
        except DatabaseError as error:
            self.give_up(f"The database refused: {reason(error)}. What was done is kept; run it again.")
        except UnusableFileError as error:
            self.give_up(str(error))
        except OSError as error:
            self.give_up(f"{report} cannot be written: {error.strerror}.")
        if not done.source and found.format != columns.OWN:
            done.warnings.append(NO_SOURCE)
        self.tell_of_refusals(done)
        self.stdout.write(dumped(done.as_dict()) if json else as_text(done))
        if done.outcomes[Outcome.REFUSED]:
            sys.exit(SOME_REFUSED if done.rows > done.outcomes[Outcome.REFUSED] else NOTHING_DONE)

    def stored(self, found, source, dry_run, rows):
        hidden = not self.stderr.isatty()
        with tqdm(total=len(found), file=sys.stderr, disable=hidden, leave=False, unit="row") as bar:
            return store(found, source=source, dry_run=dry_run, on_progress=bar.update, on_row=rows.on_row)

    def asked_for_source(self):
        """Return what somebody at a terminal says of where these people agreed."""
        if not (sys.stdin and sys.stdin.isatty() and self.stderr.isatty()):
            return ""
        self.stderr.write("Where and how did these people agree to get mail? (Enter leaves it unstated.)")
        return sys.stdin.readline().strip()

    def tell_of_refusals(self, done):
        for each in done.first_refused:
            self.stderr.write(f"{printable(self.file)}:{each['line']}: {printable(each['message'])}")
        more = done.outcomes[Outcome.REFUSED] - len(done.first_refused)
        if more:
            self.stderr.write(f"{printable(self.file)}: and {more} more refused; --report lists them all.")

    def give_up(self, message):
        self.stderr.write(f"{printable(self.file)}: {printable(message)}")
        if self.as_json:
            self.stdout.write(dumped({"error": message}))
        sys.exit(NOTHING_DONE)


class _Rows:
    """Writes what became of each row into a file that nobody else may read, or nowhere."""

    def __init__(self, path, unless):
        self.path, self.on_row = path, None
        if path and os.path.exists(path) and os.path.samefile(path, unless):
            raise UnusableFileError("The report would overwrite the file itself. Name another one.")

    def __enter__(self):
        if self.path:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                # It may have been there, for everybody to read.
                os.fchmod(descriptor, 0o600)
            self.file = open(descriptor, "w", encoding="utf-8", newline="")
            self.writer = csv.writer(self.file, quoting=csv.QUOTE_ALL)
            self.writer.writerow(["Line", "E-mail address", "Outcome", "Reason"])
            self.on_row = self.write
        return self

    def write(self, row):
        cells = [row.address, row.outcome, row.detail or row.reason]
        self.writer.writerow([row.line, *map(exports.guarded, cells)])

    def __exit__(self, *failed):
        if self.on_row:
            self.file.close()


def dumped(report):
    """Return a report as one JSON object, in ASCII, so that no file's name upsets a terminal."""
    return json.dumps(report)


def as_text(report: Report):
    """Return a report as lines for a person; the refusals are on standard error already."""
    counts = report.outcomes
    silenced = f"Addresses that get nothing from now on: {counts[Outcome.SUPPRESSED]}."
    lines = [
        *(f"warning: {printable(warning)}" for warning in report.warnings),
        *(f"note: {number} × {note}" for note, number in sorted(report.notes.items())),
        f"Rows read: {report.rows} ({report.format}).",
        f"Subscribers added: {counts[Outcome.ADDED]}, changed: {counts[Outcome.CHANGED]}. {silenced}",
        f"Rows kept as they are: {counts[Outcome.KEPT]}, skipped: {counts[Outcome.SKIPPED]},"
        f" refused: {counts[Outcome.REFUSED]}.",
    ]
    for outcome, reasons in report.reasons.items():
        lines += [f"  {outcome}: {number} × {reason}" for reason, number in sorted(reasons.items())]
    if report.dry_run:
        lines.append("This was a dry run: nothing was written.")
    return "\n".join(lines)
