"""What must survive the restore of a backup: who left, who is suppressed, who was erased.

A file of lines in STATE_DIR, outside the database, to which lines are only ever added. Each is one JSON
object with ``at`` (ISO 8601) and ``what``. The entries about people are "suppressed", "lifted", "erased" and
"moved": these have ``address_hash`` (keyed), the first two ``reason`` and the last one ``to`` (the hash of
the new address). They name nobody. Leaving is being suppressed as "unsubscribed". Between them
stand the guard's checkpoints ("checkpoint"), of which database this is and how far its mailings are; see
``guard``.

That somebody gets nothing, or has another address, is flushed to disk before the transaction that it tells of
commits, and so before the person gets an answer; that a reason was lifted, right after it. What a crash in
between leaves behind is a line too many that silences, or one too few that lifts. So the order of the lines
is not quite that of the events: ``at`` is, and ``replay`` goes by it.
"""

import fcntl
import json
import logging
import os
import re
from datetime import MAXYEAR, MINYEAR, datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

logger = logging.getLogger(__name__)

# What the guard's checkpoints say for ``what``, and how that stands in a line.
CHECKPOINT = "checkpoint"
_CHECKPOINT = f'"what": "{CHECKPOINT}"'.encode()
# What an entry has besides its moment and address.
_MORE = {"suppressed": ["reason"], "lifted": ["reason"], "erased": [], "moved": ["to"]}
# A reason may be one that only a later version of the program knows: it silences all the same.
_FORMS = {
    "address_hash": re.compile("[0-9a-f]{64}"),
    "to": re.compile("[0-9a-f]{64}"),
    "reason": re.compile("[a-z]{1,12}"),
}


def path():
    """Return where the journal lies."""
    return Path(settings.STATE_DIR) / "journal.jsonl"


def suppressed(address_hash, reason, at=None):
    """Return the entry that an address (its keyed hash) gets nothing, for a reason."""
    return _entry("suppressed", address_hash, at, reason=str(reason))


def lifted(address_hash, reason, at=None):
    """Return the entry that a reason holds no longer."""
    return _entry("lifted", address_hash, at, reason=str(reason))


def erased(address_hash, at=None):
    """Return the entry that whoever had this address was erased, and that it gets nothing."""
    return _entry("erased", address_hash, at)


def moved(address_hash, to, at=None):
    """Return the entry that a subscriber changed their address, from one keyed hash to another."""
    return _entry("moved", address_hash, at, to=to)


def _entry(what, address_hash, at, **more):
    return {"at": (at or timezone.now()).isoformat(), "what": what, "address_hash": address_hash, **more}


def append(entries):
    """Add entries and flush them to disk; return whether that was possible.

    A full disk must keep nobody on the list, so it raises nothing: it is logged, and what is marked as not
    journaled is written by a later ``suppressions.catch_up``.
    """
    return _add("".join(json.dumps(entry) + "\n" for entry in entries))


def append_nothing():
    """Do the work of ``append`` for an empty line, which says nothing.

    For an answer whose time must not tell whether there was anything to write.
    """
    return _add("\n")


def is_checkpoint(line):
    """Tell whether a line (bytes) is one of the guard's checkpoints, whole or cut short."""
    return _CHECKPOINT in line


def entries():
    """Yield the entries about people, oldest first. A line that is none, cut short perhaps, is logged."""
    try:
        file = path().open("rb")
    except FileNotFoundError:
        return
    with file:
        for number, line in enumerate(file, 1):
            if not line.strip() or is_checkpoint(line):
                continue
            entry = _parsed(line)
            if entry is None:
                logger.warning("%s, line %s: no entry, perhaps cut short; left out.", path(), number)
            else:
                yield entry


def _parsed(line):
    """Return the entry on a line, None where it is none, or holds what no database takes."""
    try:
        entry = json.loads(line)
        at = datetime.fromisoformat(entry["at"])
        right = at.tzinfo is not None and MINYEAR < at.year < MAXYEAR
        right = right and all(
            _FORMS[name].fullmatch(entry[name]) for name in ("address_hash", *_MORE[entry["what"]])
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return entry if right else None


def _add(lines):
    try:
        descriptor = _opened()
        try:
            # It is let go with the descriptor.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            _write(descriptor, _end_of_a_torn_line(descriptor) + lines.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        logger.critical("The journal %s cannot be written: %s. Make room, or mend its folder.", path(), error)
        return False
    return True


def _opened():
    """Return a descriptor of the journal. One that is made for it is known to the disk by its name, too."""
    flags = os.O_RDWR | os.O_APPEND
    try:
        return os.open(path(), flags)
    except FileNotFoundError:
        descriptor = os.open(path(), flags | os.O_CREAT, 0o600)
    folder = os.open(path().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return descriptor


def _end_of_a_torn_line(descriptor):
    size = os.fstat(descriptor).st_size
    return b"\n" if size and os.pread(descriptor, 1, size - 1) != b"\n" else b""


def _write(descriptor, data):
    while data:
        data = data[os.write(descriptor, data) :]
