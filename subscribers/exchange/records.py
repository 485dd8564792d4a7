"""What the import of addresses hands on: records that a reader yields, and the report of a run."""

import enum
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime


class RefusedError(Exception):
    """Nothing can be taken from a file; the text says why and what would help."""


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
class Own:
    """What only a table of our own states; dictionaries hold the fields of the rows to be."""

    source: str
    left_at: datetime | None
    paused_until: date | None
    consents: list = field(default_factory=list)
    suppressions: list = field(default_factory=list)


@dataclass(slots=True)
class Record:
    """One person of a list. ``line`` is counted from 1; ``ended_at`` is when they left, or mail came back."""

    line: int
    address: str
    standing: Standing
    first_name: str = ""
    asked_at: datetime | None = None
    joined_at: datetime | None = None
    ended_at: datetime | None = None
    region: str = ""
    notes: tuple[str, ...] = ()
    own: Own | None = None


@dataclass(slots=True)
class Row:
    """What became of a row and why. ``reason`` names nobody and is counted; ``detail`` is of this row."""

    line: int
    address: str
    outcome: Outcome
    reason: str = ""
    detail: str = ""


@dataclass
class Report:
    """What a run did, or with ``dry_run`` would do. ``refused`` has the first of the rows refused."""

    FIRST = 50

    file: str
    format: str = ""
    rows: int = 0
    outcomes: Counter = field(default_factory=Counter)
    # {outcome: {reason: how many}}
    reasons: dict = field(default_factory=dict)
    notes: Counter = field(default_factory=Counter)
    warnings: list = field(default_factory=list)
    refused: list = field(default_factory=list)
    source: str = ""
    dry_run: bool = False

    def count(self, row, notes=()):
        """Take in what became of a row."""
        self.rows += 1
        self.outcomes[row.outcome] += 1
        if row.reason:
            self.reasons.setdefault(str(row.outcome), Counter())[row.reason] += 1
        if row.outcome == Outcome.REFUSED and len(self.refused) < self.FIRST:
            self.refused.append({"line": row.line, "message": row.detail or row.reason})
        self.notes.update(notes)

    def as_dict(self):
        """Return the report as plain values, without anything that names a person."""
        return {
            "file": self.file,
            "format": self.format,
            "rows": self.rows,
            **{str(outcome): self.outcomes[outcome] for outcome in Outcome},
            "reasons": {outcome: dict(reasons) for outcome, reasons in self.reasons.items()},
            "notes": dict(self.notes),
            "warnings": list(self.warnings),
            "first_refused": list(self.refused),
            "source": self.source,
            "dry_run": self.dry_run,
        }
