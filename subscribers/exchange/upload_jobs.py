"""Lists of addresses that staff upload: kept as files until they are done, rehearsed and imported apart.

A list lies in the storage "lists" under a random name: in a folder that only the program's own user may
read, or in the bucket of MEDIA_STORAGE_URL, where the worker of another machine finds it. Beside it lies what
became of the list and of each of its rows, which names nobody. The list is deleted as soon as it is imported
or refused, and after a day at the latest; what became of each row is kept for two weeks, the report for two
years. A background task does the work; the task carries the random name.
"""

import contextlib
import csv
import fcntl
import json
import logging
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import IO

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from desk.files import UnusableFileError
from desk.log import log
from subscribers import outages
from subscribers.exchange import upload_claims
from subscribers.exchange.address_list import AddressList
from subscribers.exchange.records import Fields, Outcome, RowResult
from subscribers.exchange.store import store
from subscribers.models import Subscriber, SubscriberAction

logger = logging.getLogger(__name__)

KEEP_LIST, KEEP_ROWS, KEEP_REPORT = timedelta(days=1), timedelta(days=14), timedelta(days=730)
# So long a list that is worked on is never silent.
STALLED = timedelta(minutes=15)
# In bytes.
LARGEST = 100_000_000
STOPPED = "It stopped before its end. What was done is kept: press the button again to go on."
UNREADABLE = "It could not be read to its end. Save it as CSV and upload it again."
GONE = "The list is no longer here. Upload it again."
_NAME = re.compile(r"[A-Za-z0-9_-]{16}")
# What lies in STATE_DIR while a task works, and stays there if the task is killed.
_AT_WORK = re.compile(rf"\.{_NAME.pattern}\.(?:list|csv|lock)")
# After so many rows the number of rows read is written down.
_EVERY = 2000


class Stage(StrEnum):
    """How far a list has come. REHEARSED waits for a person; at DONE and REFUSED the list is deleted."""

    WAITING = "waiting"
    REHEARSED = "rehearsed"
    BEGUN = "begun"
    DONE = "done"
    REFUSED = "refused"


_FINAL = (Stage.DONE, Stage.REFUSED)


@dataclass
class Upload:
    """A list, and what became of it. ``by`` is the key of who uploaded it; ``at`` is aware."""

    name: str
    file: str
    source: str
    by: int
    at: datetime
    stage: Stage = Stage.WAITING
    rows: int = 0
    read: int = 0
    error: str = ""
    # As Report.as_dict returns it.
    report: Fields = field(default_factory=dict)

    @property
    def is_at_work(self) -> bool:
        """Whether a background task has it in hand, or should."""
        return self.stage in (Stage.WAITING, Stage.BEGUN)

    def called(self, kind: str) -> str:
        """Return the name of the "list" itself, of its state ("json"), or of its rows' outcomes ("csv")."""
        return f"{self.name}.{kind}"

    def open(self, kind: str) -> File[bytes]:
        """Open one of these to read. Raises FileNotFoundError."""
        return _storage().open(self.called(kind))

    def save(self, stage: Stage | None = None, error: str = "") -> None:
        """Write down what became of it, whole or not at all; ``error`` belongs to a new ``stage``."""
        if stage:
            self.stage, self.error = stage, error
        _storage().save(self.called("json"), ContentFile(json.dumps(vars(self), default=str).encode()))
        if self.stage in _FINAL:
            _storage().delete(self.called("list"))


def keep(uploaded: UploadedFile, source: str, by: User) -> Upload:
    """Keep a file that ``by`` uploaded until it is done; return the Upload, which waits for its rehearsal."""
    file_name = Path(str(uploaded.name)).name[:150]
    upload = Upload(secrets.token_urlsafe(12), file_name, source, by.pk, timezone.now())
    _storage().save(upload.called("list"), uploaded)
    upload.save()
    return upload


def find(name: str) -> Upload | None:
    """Return the Upload of a name, or None."""
    if not _NAME.fullmatch(name):
        return None
    try:
        with _storage().open(f"{name}.json") as file:
            stated = json.loads(file.read())
    except FileNotFoundError:
        return None
    stated |= {"stage": Stage(stated["stage"]), "at": datetime.fromisoformat(stated["at"])}
    upload = Upload(**stated)
    if upload.stage not in _FINAL and not _storage().exists(upload.called("list")):
        upload.stage, upload.error = Stage.REFUSED, GONE
    return upload


def past(most: int) -> list[Upload]:
    """Return the lists that were uploaded last, the newest first, at most so many."""
    found = (find(stem) for stem, kind in map(_split, _names()) if kind == "json")
    return sorted(filter(None, found), key=lambda upload: upload.at, reverse=True)[:most]


def stalled(now: datetime) -> list[str]:
    """Return the names of lists that a task should have in hand, and that have not moved for STALLED."""
    found = []
    # The list itself is there until all is done with it: few are.
    for stem in (stem for stem, kind in map(_split, _names()) if kind == "list"):
        # Another task may just have deleted it.
        with contextlib.suppress(FileNotFoundError):
            is_silent = _storage().get_modified_time(f"{stem}.json") < now - STALLED
            if is_silent and (upload := find(stem)) and upload.is_at_work:
                found.append(stem)
    return found


def begin(upload: Upload) -> bool:
    """Let a rehearsed list be imported; return whether it was at that stage."""
    if upload.stage != Stage.REHEARSED:
        return False
    upload.read = 0
    upload.save(Stage.BEGUN)
    return True


def discard(upload: Upload) -> None:
    """Delete a list, and all that is known of it."""
    for kind in ("list", "csv", "json"):
        _storage().delete(upload.called(kind))


def work_on(name: str, worker_id: str) -> None:
    """Rehearse a list, or import it, as its stage says. Safe to repeat: a list that is done is left alone.

    So is one that another worker has in hand than ``worker_id``. Nothing is raised for what is wrong with a
    list: the text of an error might hold an address.
    """
    with upload_claims.claimed(name, worker_id) as is_ours:
        if is_ours:
            _work_alone(name)


def _work_alone(name: str) -> None:
    lock = Path(settings.STATE_DIR) / f".{name}.lock"
    try:
        with lock.open("wb") as file:
            # Whoever has no heartbeat is kept from the same list by the lock, on this machine. The stage
            # counts that is found behind it.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            try:
                if (upload := find(name)) and upload.is_at_work:
                    with upload.open("list") as stored, _at_work(upload, "list") as copy:
                        with copy.open("wb") as written:
                            shutil.copyfileobj(stored, written)
                        _work_on(upload, copy)
            finally:
                lock.unlink(missing_ok=True)
    except (FileNotFoundError, BlockingIOError) as error:
        logger.info("Upload %s is gone, or in another task's hands: %s.", name, error.strerror)


def _work_on(upload: Upload, copy: Path) -> None:
    is_rehearsal = upload.stage == Stage.WAITING
    try:
        address_list = AddressList(copy, upload.file)
        upload.rows = address_list.length
        _storage().delete(upload.called("csv"))
        with _outcomes_of(upload) as file:
            outcomes = csv.writer(file)
            outcomes.writerow(["Line", "Outcome", "Reason"])

            def on_row(row: RowResult) -> None:
                # No address: whoever has the list finds the row by its line.
                outcomes.writerow([row.line, row.outcome, row.detail or row.reason])
                upload.read += 1
                if upload.read % _EVERY == 0:
                    upload.save()

            report = store(address_list, source=upload.source, dry_run=is_rehearsal, on_row=on_row)
    except UnusableFileError as error:
        upload.save(Stage.REFUSED, str(error))
    except outages.AWAY as error:
        # Its stage stays as it is, by which the work is asked for again.
        logger.warning("Upload %s waits for the database (%s).", upload.name, type(error).__name__)
    except Exception as error:
        logger.error("Upload %s stopped: %s", upload.name, type(error).__name__)
        upload.save(*((Stage.REFUSED, UNREADABLE) if is_rehearsal else (Stage.REHEARSED, STOPPED)))
    else:
        upload.report = report.as_dict()
        upload.save(Stage.REHEARSED if is_rehearsal else Stage.DONE)
        if not is_rehearsal:
            sentence = f"Imported a list: {in_numbers(upload.report)}."
            log(User(pk=upload.by), Subscriber, SubscriberAction.IMPORTED, sentence)


def in_numbers(report: Fields) -> str:
    """Return the outcomes of a report (see ``Report.as_dict``) in words, without those that number none."""
    return ", ".join(f"{report[outcome]} {outcome}" for outcome in Outcome if report[outcome]) or "no rows"


def forget_old(now: datetime) -> None:
    """Delete lists that nobody came back to, and outcomes that are old. Safe to run at any time."""
    for name in _names():
        with contextlib.suppress(FileNotFoundError):
            if _storage().get_modified_time(name) < now - _kept_for(name):
                _storage().delete(name)
    upload_claims.forget_dead()
    # What a task left that was killed, and that no other task took up.
    for path in Path(settings.STATE_DIR).glob(".*.*"):
        if _AT_WORK.fullmatch(path.name):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < (now - KEEP_LIST).timestamp():
                    path.unlink()


def _kept_for(name: str) -> timedelta:
    """Return how long a file is kept: the report of what was imported the longest."""
    stem, kind = _split(name)
    if kind == "json":
        upload = find(stem)
        return KEEP_REPORT if upload and upload.stage == Stage.DONE else KEEP_ROWS
    return KEEP_ROWS if kind == "csv" else KEEP_LIST


def _split(name: str) -> tuple[str, str]:
    stem, _, kind = name.rpartition(".")
    return stem, kind


def _storage() -> Storage:
    return storages["lists"]


def _names() -> list[str]:
    try:
        return _storage().listdir("")[1]
    except FileNotFoundError:
        return []


@contextlib.contextmanager
def _outcomes_of(upload: Upload) -> Iterator[IO[str]]:
    """Give a file to write the rows' outcomes into, and keep what was written, however the work ends."""
    with _at_work(upload, "csv") as path:
        try:
            with path.open("w", encoding="utf-8", newline="") as file:
                yield file
        finally:
            with path.open("rb") as written:
                _storage().save(upload.called("csv"), File(written))


@contextlib.contextmanager
def _at_work(upload: Upload, kind: str) -> Iterator[Path]:
    """Give a file of this machine that nobody else may read, for as long as a list is worked on.

    Its name is always the same: what a task left that was killed is taken up by the next one.
    """
    path = Path(settings.STATE_DIR) / f".{upload.called(kind)}"
    path.touch(mode=0o600)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
