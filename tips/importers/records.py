"""What the importers hand to one another: posts that a parser found, and the report of a run."""

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

# The category of every entry of a strip, and of the tips whose last paragraph is a takeaway.
TIP_OF_THE_WEEK = "Customer Service Tip of the Week"
LONGEST_TITLE = 200


@dataclass(frozen=True)
class Post:
    """One post as one page states it: a full post, or an entry of a strip with an excerpt alone.

    ``title`` is whole, but without its date unless that date is impossible. ``body`` is clean
    HTML without the takeaway. ``file`` and ``line`` say where its title stands, lines counted from 1.
    """

    title: str
    file: str
    line: int
    day: date | None = None
    impossible: bool = False
    full: bool = False
    excerpt: str = ""
    body: str = ""
    takeaway: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class LineWarning:
    """A line that a person should look at; the import went on."""

    file: str
    line: int
    message: str


@dataclass(frozen=True, order=True)
class Refusal:
    """A file, or a path, of which nothing was taken, and why."""

    file: str
    message: str


@dataclass
class Archive:
    """All that a run read, before any of it is written."""

    files: int = 0
    posts: list[Post] = field(default_factory=list)
    warnings: list[LineWarning] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


@dataclass
class Report:
    """What a run did, or with ``dry_run`` would do.

    ``created``, ``updated`` and ``unchanged`` count tips, each once; of these, ``teasers`` have no text yet
    and ``undated`` no day.
    """

    COUNTS: ClassVar = ("created", "updated", "unchanged", "teasers", "undated")

    files: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    teasers: int = 0
    undated: int = 0
    warnings: list[LineWarning] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    dry_run: bool = False

    @property
    def tips(self) -> int:
        """The number of tips that the run came to."""
        return self.created + self.updated + self.unchanged

    def add(self, done: "Report") -> None:
        """Add what was done with some more tips."""
        for name in self.COUNTS:
            setattr(self, name, getattr(self, name) + getattr(done, name))
        self.warnings += done.warnings
