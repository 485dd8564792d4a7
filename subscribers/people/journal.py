"""What must survive the restore of a backup: who left, who is suppressed, who was erased, who moved.

The journal lies outside the database, in a file in STATE_DIR or in a second database (JOURNAL_URL), and lines
are only ever added to it. Each line is one JSON object with ``at`` (ISO 8601) and ``what``. The entries about
people are "suppressed", "lifted", "erased" and "moved". They have ``address_hash`` (keyed); the first two
have ``reason``, and the last one has ``to``, the hash of the new address. Entries name nobody. Leaving is
being suppressed as "unsubscribed". Between the entries stand the guard's checkpoints ("checkpoint");
``subscribers.recovery`` explains these.

An entry that silences or moves an address is flushed to disk before its transaction commits, and so before
the person gets an answer. An entry that lifts a reason is written right after the commit. A crash in between
leaves a line too many that silences, or a line too few that lifts. So the order of the lines is not quite the
order of the events. ``replay`` goes by ``at``.
"""

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import MAXYEAR, MINYEAR, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from subscribers.people import journal_database
from subscribers.people.journal_file import JournalFile
from subscribers.people.journal_places import Journal

# An entry or a checkpoint. The values of a JSON object have all types.
Entry = dict[str, Any]

logger = logging.getLogger(__name__)

# The ``what`` of the guard's checkpoints, and how it stands in a line.
CHECKPOINT = "checkpoint"
_CHECKPOINT = f'"what": "{CHECKPOINT}"'.encode()
# The fields of an entry besides its moment and address.
_MORE = {"suppressed": ["reason"], "lifted": ["reason"], "erased": [], "moved": ["to"]}
_HASH = re.compile("[0-9a-f]{64}")
# A reason that only a later version of the program knows silences all the same.
_FORMS = {"address_hash": _HASH, "to": _HASH, "reason": re.compile("[a-z]{1,12}")}


def path() -> Path:
    """Return where the journal lies that is a file."""
    return Path(settings.STATE_DIR) / "journal.jsonl"


def store() -> Journal:
    """Return what the journal lies in: a file in STATE_DIR, or the database that JOURNAL_URL names."""
    if settings.JOURNAL_URL:
        return journal_database.of_url(settings.JOURNAL_URL, path())
    return JournalFile(path())


def new_entry(what: str, address_hash: str, at: datetime | None = None, **more: str) -> Entry:
    """Return an entry about an address (its keyed hash), of a moment (now, unless given).

    "suppressed" (the address gets nothing) and "lifted" (that holds no longer) need a ``reason``; "moved" (a
    subscriber changed their address) needs ``to``, the new keyed hash; "erased" needs neither.
    """
    return {"at": (at or timezone.now()).isoformat(), "what": what, "address_hash": address_hash, **more}


def append(entries: Iterable[Entry]) -> bool:
    """Add entries and flush them to disk; return whether that was possible.

    Without entries it is the same work for an empty line, which says nothing: for an answer whose time must
    not tell whether there was anything to write.

    A full disk must keep nobody on the list, so the failure is logged and nothing is raised. Suppressions
    that are marked as not journaled are written by a later ``suppressions.catch_up``.
    """
    lines = "".join(json.dumps(entry) + "\n" for entry in entries) or "\n"
    journal = store()
    try:
        journal.append(lines.encode())
    except OSError as error:
        logger.critical("The journal %s cannot be written: %s. %s", journal, error, journal.advice)
        return False
    return True


def why_unwritable() -> str:
    """Return why nothing could be added to the journal now, in a few words, or "" where it could."""
    return store().why_unwritable()


def is_short_of_room() -> bool:
    """Tell whether the journal's disk is nearly full: soon nothing may be added, nor to a database there."""
    return store().is_short_of_room()


def numbered_lines() -> Iterator[tuple[int, bytes]]:
    """Yield the lines of the journal with their numbers, from 1; none where there is no journal."""
    yield from enumerate(store().lines(), 1)


def is_checkpoint(line: bytes) -> bool:
    """Tell whether a line is one of the guard's checkpoints, whole or cut short."""
    return _CHECKPOINT in line


def parsed(line: bytes, is_right: Callable[[Entry], bool]) -> Entry | None:
    """Return the JSON object on a line; None for another line, and where ``is_right`` is false or fails."""
    try:
        entry = json.loads(line)
        return entry if is_right(entry) else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def entries() -> Iterator[Entry]:
    """Yield the entries about people, oldest first. A line that is none, cut short perhaps, is logged."""
    for number, line in numbered_lines():
        if not line.strip() or is_checkpoint(line):
            continue
        if (entry := parsed(line, _is_entry)) is None:
            logger.warning("%s, line %s: no entry, perhaps cut short; left out.", store(), number)
        else:
            yield entry


def _is_entry(entry: Entry) -> bool:
    """Tell whether a JSON value is an entry about a person, and holds only what every database takes."""
    at = datetime.fromisoformat(entry["at"])
    names = ["address_hash", *_MORE[entry["what"]]]
    is_moment = at.tzinfo is not None and MINYEAR < at.year < MAXYEAR
    return is_moment and all(_FORMS[name].fullmatch(entry[name]) for name in names)
