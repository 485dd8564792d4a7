"""Bring a list of addresses into the site. It mails nobody."""

import csv
import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError
from tqdm import tqdm

from desk.files import UnusableFileError
from desk.terminal import NOTHING_DONE, SOME_REFUSED, printable, reason
from subscribers.exchange import columns, exports
from subscribers.exchange.address_list import AddressList
from subscribers.exchange.records import Outcome, Report, RowResult
from subscribers.exchange.store import store

NO_SOURCE = "No source of consent was stated or is recorded. Say with --source where these people agreed."


class Command(BaseCommand):
    help = "Bring a list of addresses (CSV or XLSX) into the site. It mails nobody."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="A .csv, .xlsx or plain text file.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be done; write nothing.")
        parser.add_argument("--json", action="store_true", help="Print the report as one JSON object.")
        parser.add_argument("--source", default="", help="Where and how these people agreed; it is recorded.")
        parser.add_argument("--report", metavar="FILE", help="Write a CSV of each row's outcome and address.")

    def handle(
        self, *, file: str, dry_run: bool, json: bool, source: str, report: str | None, **options: object
    ) -> None:
        self.prefix, self.is_json = printable(file), json
        try:
            address_list = AddressList(file)
            has_own_source = address_list.format == columns.OWN
            if not has_own_source and not source.strip():
                source = self.ask_for_source()
            # No bar is shown where standard error is no terminal.
            bar = tqdm(total=address_list.length, file=sys.stderr, disable=None, leave=False, unit="row")
            with bar, _row_writer(report, file) as write:

                def on_row(result: RowResult) -> None:
                    write(result)
                    bar.update()

                done = store(address_list, source=source, dry_run=dry_run, on_row=on_row)
        except UnusableFileError as error:
            self.give_up(str(error))
        except DatabaseError as error:
            self.give_up(f"The database refused: {reason(error)}. What was done is kept; run it again.")
        except OSError as error:
            self.give_up(f"{report} cannot be written: {error.strerror}.")
        if not done.source and not has_own_source:
            done.warnings.append(NO_SOURCE)
        for refused in done.first_refused:
            self.stderr.write(f"{self.prefix}:{refused['line']}: {printable(str(refused['message']))}")
        count = done.outcomes[Outcome.REFUSED]
        if more := count - len(done.first_refused):
            self.stderr.write(f"{self.prefix}: and {more} more refused; --report lists them all.")
        self.stdout.write(as_json(done.as_dict()) if json else as_text(done))
        if count:
            sys.exit(SOME_REFUSED if done.rows > count or done.left_by_refused else NOTHING_DONE)

    def ask_for_source(self) -> str:
        """Return what somebody at a terminal says of where these people agreed."""
        if not (sys.stdin and sys.stdin.isatty() and self.stderr.isatty()):
            return ""
        self.stderr.write("Where and how did these people agree to get mail? (Enter leaves it unstated.)")
        return sys.stdin.readline().strip()

    def give_up(self, message: str) -> NoReturn:
        self.stderr.write(f"{self.prefix}: {printable(message)}")
        if self.is_json:
            self.stdout.write(as_json({"error": message}))
        sys.exit(NOTHING_DONE)


@contextmanager
def _row_writer(path: str | None, source: str) -> Iterator[Callable[[RowResult], object]]:
    """Give a function that writes what became of a row into a file that nobody else may read, if any."""
    if not path:
        yield lambda result: None
        return
    if os.path.exists(path) and os.path.samefile(path, source):
        raise UnusableFileError("The report would overwrite the file itself. Name another one.")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8", newline="") as file:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            # The file may have been there, for everybody to read.
            os.fchmod(descriptor, 0o600)
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["Line", "E-mail address", "Outcome", "Reason"])
        yield lambda row: writer.writerow(
            [row.line, *map(exports.guarded, [row.address, row.outcome, row.detail or row.reason])]
        )


def as_json(report: dict[str, object]) -> str:
    """Return a report as one JSON object, in ASCII, so that no file's name upsets a terminal."""
    return json.dumps(report)


def as_text(report: Report) -> str:
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
    if report.left_by_refused:
        lines.append(
            f"Addresses that get nothing since a refused row says that they left: {report.left_by_refused}."
        )
    if report.dry_run:
        lines.append("This was a dry run: nothing was written.")
    return "\n".join(lines)
