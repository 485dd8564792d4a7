"""What the import of addresses hands on: records of a list, results of its rows, the report of a run."""

import enum
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from subscribers.models import Subscriber

# Fields of a row of the database, or members of an object of JSON; their values are of all types.
Fields = dict[str, Any]


class Standing(enum.IntEnum):
    """How a person stands with whoever kept the list; of two for one person, the higher one counts."""

    SUBSCRIBED = 0
    UNSTATED = 1
    INACTIVE = 2
    PENDING = 3
    DELETED = 4
    UNSUBSCRIBED = 5
    BOUNCED = 6
    COMPLAINED = 7


class Outcome(enum.StrEnum):
    """What became of a row. ADDED and CHANGED are of subscribers, SUPPRESSED of addresses without one."""

    ADDED = "added"
    CHANGED = "changed"
    KEPT = "kept"
    SUPPRESSED = "suppressed"
    SKIPPED = "skipped"
    REFUSED = "refused"


@dataclass(slots=True)
class Record:
    """One person of a list.

    ``line`` is counted from 1; ``ended_at`` is when they left, or mail came back. The store fills in
    ``address_hash``. Only a table of our own, ``is_own``, states what follows that: ``consents`` and
    ``suppressions`` have the fields of ConsentEvents and Suppressions.
    """

    line: int
    address: str
    standing: Standing
    address_hash: str = ""
    first_name: str = ""
    asked_at: datetime | None = None
    joined_at: datetime | None = None
    ended_at: datetime | None = None
    region: str = ""
    notes: tuple[str, ...] = ()
    is_own: bool = False
    source: str = Subscriber.Source.IMPORT
    paused_until: date | None = None
    consents: Sequence[Fields] = ()
    suppressions: Sequence[Fields] = ()


@dataclass(slots=True)
class RowResult:
    """What became of a row and why. ``reason`` names nobody and is counted; ``detail`` is of this row.

    A row that is refused may say all the same that somebody left: ``left`` has a Record of each such address.
    """

    line: int
    address: str
    outcome: Outcome
    reason: str = ""
    detail: str = ""
    left: tuple[Record, ...] = ()


@dataclass
class Report:
    """What a run did, or with ``dry_run`` would do. ``reasons`` is {outcome: {reason: how many}}.

    ``left_by_refused`` is the number of addresses that get nothing because of rows that were refused.
    """

    MOST_REFUSALS = 50

    file: str
    format: str = ""
    rows: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
    first_refused: list[dict[str, object]] = field(default_factory=list)
    left_by_refused: int = 0
    source: str = ""
    dry_run: bool = False

    def count(self, result: RowResult, notes: Iterable[str] = ()) -> None:
        """Take in what became of a row."""
        self.rows += 1
        self.outcomes[result.outcome] += 1
        self.left_by_refused += len(result.left)
        if result.reason:
            self.reasons.setdefault(str(result.outcome), Counter())[result.reason] += 1
        if result.outcome == Outcome.REFUSED and len(self.first_refused) < self.MOST_REFUSALS:
            self.first_refused.append({"line": result.line, "message": result.detail or result.reason})
        self.notes.update(notes)

    def as_dict(self) -> Fields:
        """Return the report as plain values, without anything that names a person."""
        values = vars(self) | {str(outcome): self.outcomes[outcome] for outcome in Outcome}
        del values["outcomes"]
        return values
