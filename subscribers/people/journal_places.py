"""What the journal asks of whatever it lies in: a file, or a second database."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol


class Place(NamedTuple):
    """How far a reader has come: in which journal, behind how many bytes or which row, and the last line."""

    identity: str
    offset: int
    line: bytes


class Journal(Protocol):
    """Lines to which lines are only ever added; ``str`` says where. All but the questions raise OSError."""

    advice: str

    def append(self, lines: bytes) -> None:
        """Add whole lines, so that they outlive a failure of power."""

    def why_unwritable(self) -> str:
        """Return why nothing could be added now, or ""."""

    def is_short_of_room(self) -> bool:
        """Tell whether soon nothing may be added."""

    def lines(self) -> Iterator[bytes]:
        """Yield all lines, each with its end."""

    def go_on(self, place: Place | None) -> Iterator[tuple[Place, bytes] | None]:
        """Yield the lines after a Place; where the journal is another one, None and then all lines."""

    def put_before(self, old: bytes) -> None:
        """Let the journal have all lines of an older one, before its own."""
