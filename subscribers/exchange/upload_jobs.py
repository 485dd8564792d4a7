"""Lists of addresses that staff upload: kept as files until they are done, rehearsed and imported apart.

A list lies in STATE_DIR under a random name, and only the program's own user may read it. Beside it lies what
became of the list and of each of its rows, which names nobody. The list is deleted as soon as it is imported
or refused, and after a day at the latest; what became of each row is kept for two weeks, the report for two
years. A background task does the work; the task carries the random name.
"""

import contextlib
import csv
import fcntl
import io
import json
import logging
import os
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from desk.files import UnusableFileError
from desk.log import log
from subscribers.exchange.address_list import AddressList
from subscribers.exchange.records import Fields, Outcome, RowResult
from subscribers.exchange.store import store
from subscribers.models import Subscriber, SubscriberAction

logger = logging.getLogger(__name__)

KEEP_LIST, KEEP_ROWS, KEEP_REPORT = timedelta(days=1), timedelta(days=14), timedelta(days=730)
# In bytes.
LARGEST = 100_000_000
STOPPED = "It stopped before its end. What was done is kept: press the button again to go on."
UNREADABLE = "It could not be read to its end. Save it as CSV and upload it again."
GONE = "The list is no longer here. Upload it again."
_NAME = re.compile(r"[A-Za-z0-9_-]{16}")
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

    def path(self, kind: str) -> Path:
        """Return the path of the "list" itself, of its state ("json"), or of its rows' outcomes ("csv")."""
        return _folder() / f"{self.name}.{kind}"

    def save(self, stage: Stage | None = None, error: str = "") -> None:
        """Write down what became of it, whole or not at all; ``error`` belongs to a new ``stage``."""
        if stage:
            self.stage, self.error = stage, error
        draft = self.path(f"{secrets.token_hex(4)}.draft")
        with _private(draft) as file:
            file.write(json.dumps(vars(self), default=str).encode())
        draft.replace(self.path("json"))
        if self.stage in _FINAL:
            self.path("list").unlink(missing_ok=True)


def keep(uploaded: UploadedFile, source: str, by: User) -> Upload:
    """Keep a file that ``by`` uploaded until it is done; return the Upload, which waits for its rehearsal."""
    file_name = Path(str(uploaded.name)).name[:150]
    upload = Upload(secrets.token_urlsafe(12), file_name, source, by.pk, timezone.now())
    with _private(upload.path("list")) as file:
        for chunk in uploaded.chunks():
            file.write(chunk)
    upload.save()
    return upload


def find(name: str) -> Upload | None:
    """Return the Upload of a name, or None."""
    if not _NAME.fullmatch(name):
        return None
    try:
        stated = json.loads((_folder() / f"{name}.json").read_bytes())
    except FileNotFoundError:
        return None
    stated |= {"stage": Stage(stated["stage"]), "at": datetime.fromisoformat(stated["at"])}
    upload = Upload(**stated)
    if upload.stage not in _FINAL and not upload.path("list").exists():
        upload.stage, upload.error = Stage.REFUSED, GONE
    return upload


def past(most: int) -> list[Upload]:
    """Return the lists that were uploaded last, the newest first, at most so many."""
    found = (find(path.stem) for path in _folder().glob("*.json"))
    return sorted(filter(None, found), key=lambda upload: upload.at, reverse=True)[:most]


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
        upload.path(kind).unlink(missing_ok=True)


def work_on(name: str) -> None:
    """Rehearse a list, or import it, as its stage says. Safe to repeat: a list that is done is left alone.

    Nothing is raised for what is wrong with a list: the text of an error might hold an address.
    """
    try:
        with (_folder() / f"{name}.list").open("rb") as file:
            # The lock keeps a second task from the same list; the stage counts that is found behind it.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if (upload := find(name)) and upload.is_at_work:
                _work_on(upload)
    except (FileNotFoundError, BlockingIOError) as error:
        logger.info("Upload %s is gone, or in another task's hands: %s.", name, error.strerror)


def _work_on(upload: Upload) -> None:
    is_rehearsal = upload.stage == Stage.WAITING
    try:
        address_list = AddressList(upload.path("list"), upload.file)
        upload.rows = address_list.length
        upload.path("csv").unlink(missing_ok=True)
        with io.TextIOWrapper(_private(upload.path("csv")), encoding="utf-8", newline="") as file:
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
    for path in _folder().iterdir():
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < (now - _kept_for(path)).timestamp():
                path.unlink()


def _kept_for(path: Path) -> timedelta:
    """Return how long a file is kept: the report of what was imported the longest."""
    if path.suffix == ".json":
        upload = find(path.stem)
        return KEEP_REPORT if upload and upload.stage == Stage.DONE else KEEP_ROWS
    return KEEP_ROWS if path.suffix == ".csv" else KEEP_LIST


def _folder() -> Path:
    folder = Path(settings.STATE_DIR) / "uploads"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
