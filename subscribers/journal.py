"""What must survive the restore of a backup: who left, who is suppressed, who was erased.

A file of lines in STATE_DIR, outside the database, to which lines are only ever added. Each is one JSON
object: ``at`` (ISO 8601), ``what`` ("suppressed", "lifted" or "erased"), ``key`` (the keyed hash of the
address) and, but for an erasure, ``reason``. It names nobody.

A line is flushed to disk before the transaction that it tells of commits, and so before the person gets an
answer. Rows of one address are locked there, so its lines stand in their true order; and what a crash in
between leaves behind is a line too many that silences, never one too few.
"""

import fcntl
import json
import logging
import os
from pathlib import Path

from django.conf import settings
from django.utils import timezone

logger = logging.getLogger(__name__)


def path():
    """Return where the journal lies."""
    return Path(settings.STATE_DIR) / "journal.jsonl"


def suppressed(key, reason, at=None):
    """Return the entry that an address (its keyed hash) gets nothing, for a reason."""
    return _entry("suppressed", key, at, reason=str(reason))


def lifted(key, reason, at=None):
    """Return the entry that a reason holds no longer."""
    return _entry("lifted", key, at, reason=str(reason))


def erased(key, at=None):
    """Return the entry that whoever had this address was erased."""
    return _entry("erased", key, at)


def _entry(what, key, at, **more):
    return {"at": (at or timezone.now()).isoformat(), "what": what, "key": key, **more}


def append(entries):
    """Add entries and flush them to disk; return whether that was possible.

    A full disk must keep nobody on the list, so it raises nothing: it is logged, and what is marked as not
    journaled is written by a later ``catch_up``.
    """
    lines = "".join(json.dumps(entry) + "\n" for entry in entries).encode()
    try:
        descriptor = os.open(path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            _end_a_torn_line(descriptor)
            _write(descriptor, lines)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        logger.critical("The journal %s cannot be written: %s. Make room, or mend its folder.", path(), error)
        return False
    return True


def entries():
    """Yield the journal's entries, oldest first. A line that a crash cut short is left out, and logged."""
    try:
        file = path().open("rb")
    except FileNotFoundError:
        return
    with file:
        for number, line in enumerate(file, 1):
            try:
                yield json.loads(line)
            except ValueError:
                logger.warning("%s, line %s: cut short, left out.", path(), number)


def _end_a_torn_line(descriptor):
    size = os.fstat(descriptor).st_size
    if size:
        with path().open("rb") as file:
            file.seek(size - 1)
            torn = file.read(1) != b"\n"
        if torn:
            _write(descriptor, b"\n")


def _write(descriptor, data):
    while data:
        data = data[os.write(descriptor, data) :]
