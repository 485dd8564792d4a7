"""Bring an archive of text pages into the site."""

import dataclasses
import sys
from json import dumps

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from desk.terminal import NOTHING_DONE, SOME_REFUSED, printable, progress_bar, reason
from tips.importers import pages, store
from tips.importers.records import Report

GO_ON = "run the same command again to go on."


class Command(BaseCommand):
    help = "Read archive pages (text files, or folders of them) and bring their tips into the site."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH", help="A .txt file, or a folder of them.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be done; write nothing.")
        parser.add_argument("--json", action="store_true", help="Print the report as one JSON object.")

    def handle(self, *, paths: list[str], dry_run: bool, json: bool, **options: object) -> None:
        stopped = ""
        try:
            report = store.write(pages.read(paths, progress_bar), dry_run=dry_run, progress=progress_bar)
        except store.StoppedError as error:
            # Ctrl-C has no words of its own.
            why = (
                f"the database refused ({reason(error.__cause__)})" if str(error.__cause__) else "interrupted"
            )
            report = error.report
            stopped = f"Stopped: {why}. {report.tips} tips are done and {error.left} are left; {GO_ON}"
            self.stderr.write(stopped)
        except DatabaseError as error:
            message = f"Nothing was written, the database refused: {reason(error)}. Is it migrated, and idle?"
            self.stderr.write(message)
            if json:
                self.stdout.write(dumps({"error": message}))
            sys.exit(NOTHING_DONE)
        for refusal in report.refused:
            self.stderr.write(f"{printable(refusal.file)}: {refusal.message}")
        # In ASCII, so that no title or file name upsets a terminal.
        as_object = dataclasses.asdict(report) | ({"error": stopped} if stopped else {})
        self.stdout.write(dumps(as_object) if json else as_text(report))
        if stopped:
            sys.exit(SOME_REFUSED)
        if report.refused:
            sys.exit(SOME_REFUSED if report.files else NOTHING_DONE)


def as_text(report: Report) -> str:
    """Return a report as lines for a person; the refusals are on standard error already."""
    lines = [
        *(f"{printable(w.file)}:{w.line}: warning: {printable(w.message)}" for w in report.warnings),
        f"Files read: {report.files}, refused: {len(report.refused)}.",
        f"Tips created: {report.created}, updated: {report.updated}, unchanged: {report.unchanged}.",
        f"Among them teasers: {report.teasers}, undated: {report.undated}.",
        f"Warnings: {len(report.warnings)}.",
    ]
    if report.dry_run:
        lines.append("This was a dry run: nothing was written.")
    return "\n".join(lines)
