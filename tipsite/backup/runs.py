"""What is known of the backups that were taken: the newest, and what is wrong with them.

Each run of ``backup`` leaves a row. A site that is younger than two days need not have a backup yet, nor one
with DEBUG.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Q, Value
from django.utils import timezone

from tips import dates
from tipsite.models import BackupRun

logger = logging.getLogger(__name__)

# How old the newest backup may be, and how old a site without one.
LONGEST_AGE = timedelta(days=2)
_KEEP = timedelta(days=400)
# A run that fails by itself says so within this time, before the service manager does.
_JUST_NOW = timedelta(minutes=5)


@dataclass(frozen=True)
class Standing:
    """How the backups stand: the newest that was ``verified``, and the last run if it ``failed``.

    ``is_overdue`` says that the newest is too old, or that there is none. On a site that need not have one,
    nothing has failed and nothing is overdue.
    """

    verified: BackupRun | None
    failed: BackupRun | None
    is_overdue: bool


def note(began_at: datetime, file: str | Path, *, size: int = 0, failure: str = "") -> None:
    """Keep a row about a run that has just ended, with its ``size`` in bytes or why it failed.

    Where the database cannot be written, a warning is logged instead: the disk that is full may be the reason
    for this backup.
    """
    now, words = timezone.now(), {"file": str(file)[:500], "failure": " ".join(failure.split())}
    try:
        BackupRun.objects.create(began_at=began_at, ended_at=now, size=size, **words)
        BackupRun.objects.filter(ended_at__lt=now - _KEEP).delete()
    except DatabaseError as error:
        logger.warning("The database cannot keep a row about this backup: %s", error)


def note_killed(file: str | Path, result: str) -> bool:
    """Keep a row about a run that could not say itself that it failed; return whether that was needed.

    ``result`` is the service manager's word for what became of the run. Raises DatabaseError.
    """
    now = timezone.now()
    last = BackupRun.objects.credible(now).first()
    if last and last.failure and last.ended_at > now - _JUST_NOW:
        return False
    failure = f"The run was ended from outside ({result})." if result else "The run was ended from outside."
    BackupRun.objects.create(began_at=now, ended_at=now, file=str(file)[:500], failure=failure)
    return True


def standing(now: datetime) -> Standing:
    """Return how the backups stand at a moment (an aware datetime), in one query."""
    runs, first = BackupRun.objects.credible(now), MigrationRecorder.Migration.objects.order_by("applied")
    newest = Q(pk__in=runs.values("pk")[:1]) | Q(pk__in=runs.verified().values("pk")[:1])
    fields = ("pk", "began_at", "ended_at", "file", "size", "failure")
    # The site began with its first migration: beside the runs it stands as one without a key.
    as_run = (Value(0), "applied", "applied", Value(""), Value(0), Value(""))
    site = MigrationRecorder.Migration.objects.filter(pk__in=first.values("pk")[:1]).values_list(*as_run)
    rows = list(runs.filter(newest).order_by().values_list(*fields).union(site.order_by(), all=True))
    found = [BackupRun(*row) for row in sorted(rows, key=itemgetter(1, 0), reverse=True) if row[0]]
    begun = next((row[1] for row in rows if not row[0]), None)
    verified = next((run for run in found if not run.failure), None)
    failed = found[0] if found and found[0].failure else None
    is_overdue = verified is None or verified.began_at < now - LONGEST_AGE
    is_young = begun is None or begun > now - LONGEST_AGE
    if (failed or is_overdue) and (settings.DEBUG or is_young):
        return Standing(verified, None, False)
    return Standing(verified, failed, is_overdue)


def age(verified: BackupRun | None, now: datetime) -> timedelta | None:
    """Return the age of a backup, never less than nothing; None without one."""
    return max(now - verified.began_at, timedelta()) if verified else None


def failure_in_words(run: BackupRun) -> str:
    """Return what happened to a run that failed, and what to do, in sentences."""
    when = dates.zoned(run.began_at)
    cause = run.failure.rstrip(".")
    return f"The last backup, {when}, failed: {cause}. See to the cause, then run manage.py backup again."


def overdue_in_words(verified: BackupRun | None) -> str:
    """Return that the newest backup is too old, or that there is none, and what to do, in sentences."""
    days = f"{LONGEST_AGE.days} days"
    if verified is None:
        fact = "No backup was ever taken and read back."
    else:
        fact = f"No backup was taken in the last {days}: the newest is of {dates.zoned(verified.began_at)}."
    return f"{fact} Run manage.py backup each night; docs/operations.md says how."
