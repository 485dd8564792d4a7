"""Who has figures to tell: functions that are asked at each look, and numbers that web processes count."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sample:
    """One figure: its name without the prefix, what it is (one line), its labels, and its value.

    A name that ends in ``_total`` is of something that only grows. A value of None is not told.
    """

    name: str
    words: str
    value: float | None
    labels: dict[str, str] = field(default_factory=dict)


Source = Callable[[], Iterable[Sample]]
_SOURCES: dict[Source, None] = {}
_COUNTED: dict[str, tuple[str, Callable[[], int]]] = {}


def register(source: Source) -> None:
    """Add a function that is asked at each look, and must be quick; adding it twice is the same."""
    _SOURCES[source] = None


def sources() -> list[Source]:
    """Return the functions that were added, in their order."""
    return list(_SOURCES)


def register_count(name: str, words: str, read: Callable[[], int]) -> None:
    """Add a number that each web process counts up for itself, read after each request; all are summed.

    ``name`` ends in ``_total``. It must be added in ``AppConfig.ready``, before web processes part.
    """
    _COUNTED[name] = words, read


def counted() -> dict[str, tuple[str, Callable[[], int]]]:
    """Return {name: (what it is, the function that reads it)}, in order."""
    return dict(_COUNTED)
