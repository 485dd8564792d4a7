"""Records to rows: what an archive states is written batch by batch, beside what staff wrote.

A batch is one transaction and has whole tips, so that a run that is killed leaves no half tip, and the next
run of the same archive does what is left. Between two batches anybody else may write; what was read of the
rows is then read anew.
"""

from collections.abc import Sequence

from django.db import DatabaseError, IntegrityError, OperationalError
from django.utils import timezone

from desk.batches import Batches
from desk.storage_errors import COME_AGAIN_SOON, retry_after
from desk.terminal import Progress, no_progress
from tips.importers import deduplication
from tips.importers.batch_writer import Writer, seen
from tips.importers.deduplication import StatedTip
from tips.importers.records import Archive, Report
from tips.models import ImportRun
from tips.schedule import queue_lock
from tips.search import index

# How often a batch is tried where others write at the same time; the last time, others wait from the start.
TRIES = 3


class StoppedError(Exception):
    """An import ended before its end; its cause says why.

    ``report`` has what is written, each tip of it whole, and ``left`` is the number of tips that are not. The
    same import goes on where this one stopped.
    """

    def __init__(self, report: Report, left: int) -> None:
        super().__init__(report, left)
        self.report, self.left = report, left


def write(
    archive: Archive, *, dry_run: bool = False, source: str = "pages", progress: Progress = no_progress
) -> Report:
    """Bring the rows up to what an Archive states, and return a Report; a dry run writes nothing.

    Tips are written in short transactions, each tip with all that belongs to it in one; a run that stopped
    is completed by another one of the same archive. Raises StoppedError where the database refuses, or
    somebody presses Ctrl-C, after some tips were written. ``source`` is kept with each tip that is new.
    """
    stated_tips, warnings = deduplication.merge(archive.posts)
    report = Report(archive.files, refused=sorted(archive.refused), warnings=warnings, dry_run=dry_run)
    try:
        if stated_tips:
            _Run(stated_tips, report, source).write(progress)
    except (DatabaseError, KeyboardInterrupt) as error:
        if not report.tips or dry_run:
            raise
        raise StoppedError(report, len(stated_tips) - report.tips) from error
    finally:
        report.warnings = sorted({*archive.warnings, *report.warnings})
    return report


class _OvertakenError(Exception):
    """Somebody else wrote since it was read what there is."""


class _Run:
    """One run: what an archive states, written batch by batch; ``row`` says how far it is."""

    def __init__(self, stated_tips: Sequence[StatedTip], report: Report, source: str) -> None:
        self.stated_tips, self.report, self.source = stated_tips, report, source
        self.writer: Writer | None = None
        files, refused = report.files, len(report.refused)
        self.row = ImportRun(at=timezone.now(), source=source, files=files, refused=refused)
        self.row.stated = len(stated_tips)

    def write(self, progress: Progress) -> None:
        batches = Batches(progress(range(len(self.stated_tips)), desc="Writing", unit="tip"))
        for batch in batches:
            if self.report.dry_run:
                self.report.add(self.known().batch(batch))
            else:
                self.report.add(self.written(batch, batches))
        if not self.report.dry_run and (self.report.created or self.report.updated):
            index.count_words()

    def known(self) -> Writer:
        """Return what writes the next batch, with what it knows of the rows."""
        if self.writer is None:
            self.writer = Writer(self.stated_tips, self.source, dry_run=self.report.dry_run)
        return self.writer

    def written(self, batch: Sequence[int], batches: Batches[int]) -> Report:
        """Write a batch; return what that did."""
        tries_left = TRIES
        while True:
            tries_left -= 1
            if tries_left:
                # It is read before the lock is taken, for as long as nobody comes in between.
                self.known()
            try:
                with batches.transaction():
                    return self.write_batch(batch)
            except (_OvertakenError, IntegrityError, OperationalError) as error:
                self.writer = None
                is_passing = not isinstance(error, OperationalError) or retry_after(error) == COME_AGAIN_SOON
                if not tries_left or not is_passing:
                    raise

    def write_batch(self, batch: Sequence[int]) -> Report:
        # Before any tip: the verbs of the queue lock tips in another order than an archive has them.
        # Another import waits here, too.
        version = queue_lock.lock()
        if self.writer and self.writer.seen != seen():
            raise _OvertakenError
        writer = self.known()
        done = writer.batch(batch)
        if writer.plans_anything:
            writer.plans_anything = False
            version.note("imported drafts that are planned")
        writer.seen = seen()
        for name in ("created", "updated", "unchanged"):
            setattr(self.row, name, getattr(self.report, name) + getattr(done, name))
        self.row.save()
        return done
