"""Lists of addresses that staff upload: kept as files until they are done, looked at and imported apart.

A list lies in STATE_DIR under a random name that only its owner may read, and beside it what has become of
it and of each of its rows, which names nobody. The list is deleted as soon as it is imported or refused, and
after a day at the latest; what has become of it is kept for two weeks. The work is a background task's, which
carries the name.
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
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from desk.log import log
from subscribers.exchange.address_list import AddressList
from subscribers.exchange.records import Outcome, RefusedError
from subscribers.exchange.store import store
from subscribers.models import Subscriber, SubscriberAction

logger = logging.getLogger(__name__)

KEEP_LIST, KEEP_OUTCOME = timedelta(days=1), timedelta(days=14)
LARGEST = 100_000_000
STOPPED = "It stopped before its end. What was done is kept: press the button again to go on."
UNREADABLE = "It could not be read to its end. Save it as CSV and upload it again."
GONE = "The list is no longer here. Upload it again."
_NAME = re.compile(r"[A-Za-z0-9_-]{16}")
# As often is written down how far a list has come.
_EVERY = 2000


class Stage(StrEnum):
    """How far a list has come. REHEARSED waits for a person; at DONE and REFUSED the list is deleted."""

    WAITING = "waiting"
    REHEARSED = "rehearsed"
    BEGUN = "begun"
    DONE = "done"
    REFUSED = "refused"


_NEEDS_ITS_LIST = (Stage.WAITING, Stage.REHEARSED, Stage.BEGUN)


@dataclass
class Upload:
    """A list and what has become of it. ``by`` is the primary key of who uploaded it, ``at`` ISO 8601."""

    name: str
    file: str
    source: str
    by: int
    at: str
    stage: Stage = Stage.WAITING
    rows: int = 0
    read: int = 0
    error: str = ""
    report: dict = field(default_factory=dict)

    @property
    def is_at_work(self):
        """Whether a background task has it in hand, or should."""
        return self.stage in (Stage.WAITING, Stage.BEGUN)

    @property
    def uploaded_at(self):
        """When it was uploaded, as a datetime."""
        return datetime.fromisoformat(self.at)

    @property
    def list(self):
        """The path of the list itself."""
        return _folder() / f"{self.name}.list"

    @property
    def outcomes(self):
        """The path of a CSV that says by its line what became, or would become, of each row."""
        return _folder() / f"{self.name}.csv"

    def save(self):
        """Write down what has become of it, whole or not at all."""
        path = _folder() / f"{self.name}.json"
        draft = path.with_suffix(f".{secrets.token_hex(4)}.draft")
        with _private(draft) as file:
            file.write(json.dumps(asdict(self)).encode())
        draft.replace(path)


def keep(uploaded, source, by):
    """Keep an uploaded file (Django's) for a user until it is done; return the Upload, to be looked at."""
    name = secrets.token_urlsafe(12)
    upload = Upload(name, Path(uploaded.name).name[:150], source, by.pk, timezone.now().isoformat())
    with _private(upload.list) as file:
        for chunk in uploaded.chunks():
            file.write(chunk)
    upload.save()
    return upload


def find(name):
    """Return the Upload of a name, or None."""
    if not _NAME.fullmatch(name):
        return None
    try:
        stated = json.loads((_folder() / f"{name}.json").read_bytes())
    except FileNotFoundError:
        return None
    upload = Upload(**stated | {"stage": Stage(stated["stage"])})
    if upload.stage in _NEEDS_ITS_LIST and not upload.list.exists():
        upload.stage, upload.error = Stage.REFUSED, GONE
    return upload


def begin(upload):
    """Let a list that was rehearsed be imported; return whether it was at that stage."""
    if upload.stage != Stage.REHEARSED:
        return False
    upload.stage, upload.read, upload.error = Stage.BEGUN, 0, ""
    upload.save()
    return True


def discard(upload):
    """Delete a list, and all that is known of it."""
    upload.list.unlink(missing_ok=True)
    upload.outcomes.unlink(missing_ok=True)
    (_folder() / f"{upload.name}.json").unlink(missing_ok=True)


def work_on(name):
    """Rehearse a list, or import it, whichever is its turn. Safe to repeat: at its end there is no turn.

    Nothing is raised for what is wrong with a list: the text of an error might hold an address.
    """
    upload = find(name)
    if upload is None or not upload.is_at_work:
        return
    try:
        with upload.list.open("rb") as file:
            # Whoever has it holds it; two tasks for one list are one too many.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _work_on(upload)
    except FileNotFoundError:
        logger.info("Upload %s is gone.", name)
    except BlockingIOError:
        logger.info("Upload %s is in another task's hands.", name)


def _work_on(upload):
    is_rehearsal = upload.stage == Stage.WAITING
    try:
        found = AddressList(upload.list, upload.file)
        upload.rows = len(found)
        with _outcomes(upload) as on_row:
            report = store(
                found, source=upload.source, dry_run=is_rehearsal, progress=_progress(upload), on_row=on_row
            )
    except RefusedError as error:
        _settle(upload, Stage.REFUSED, str(error))
    except Exception as error:
        logger.error("Upload %s stopped: %s", upload.name, type(error).__name__)
        if is_rehearsal:
            _settle(upload, Stage.REFUSED, UNREADABLE)
        else:
            _settle(upload, Stage.REHEARSED, STOPPED)
    else:
        upload.report = report.as_dict()
        _settle(upload, Stage.REHEARSED if is_rehearsal else Stage.DONE)
        if not is_rehearsal:
            sentence = f"Imported a list: {in_numbers(upload.report)}."
            log(User(pk=upload.by), Subscriber, SubscriberAction.IMPORTED, sentence)


@contextlib.contextmanager
def _outcomes(upload):
    """Give what writes down a Row. An address is left out: whoever has the list finds it by its line."""
    upload.outcomes.unlink(missing_ok=True)
    with io.TextIOWrapper(_private(upload.outcomes), encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["Line", "Outcome", "Reason"])
        yield lambda row: lines.writerow([row.line, row.outcome, row.detail or row.reason])


def _progress(upload):
    def advance(rows):
        before = upload.read
        upload.read += rows
        if upload.read // _EVERY > before // _EVERY:
            upload.save()

    return advance


def _settle(upload, stage, error=""):
    upload.stage, upload.error = stage, error
    upload.save()
    if stage in (Stage.DONE, Stage.REFUSED):
        upload.list.unlink(missing_ok=True)


def in_numbers(report):
    """Return the outcomes of a report in words, without those of none."""
    counts = [f"{report[outcome]} {outcome}" for outcome in Outcome if report[outcome]]
    return ", ".join(counts) or "no rows"


def forget_old(now):
    """Delete lists that nobody came back to, and outcomes that are old. Safe to run at any time."""
    for path in _folder().iterdir():
        keep_for = KEEP_OUTCOME if path.suffix in (".json", ".csv") else KEEP_LIST
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < (now - keep_for).timestamp():
                path.unlink()


def _folder():
    folder = Path(settings.STATE_DIR) / "uploads"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _private(path):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    return os.fdopen(descriptor, "wb")
