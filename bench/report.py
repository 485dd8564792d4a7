"""What the bench tells: the machine, the memory taken, figures in columns, and verdicts."""

import os
import platform
import resource
import sys
from collections.abc import Sequence


def machine() -> str:
    """Return a line about where the figures come from: they mean little without."""
    load = " ".join(f"{average:.2f}" for average in os.getloadavg())
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load}"


def peak_megabytes() -> float:
    """Return the most memory that this process has taken so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in kibibytes, macOS in bytes.
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows of texts in columns, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for first, *others in (head, *rows):
        cells = [text.rjust(width) for text, width in zip(others, widths[1:], strict=True)]
        print("  ".join([first.ljust(widths[0]), *cells]).rstrip())
    print(flush=True)


class Verdicts:
    """Judges figures against their bounds and prints each; ``failed`` counts those out of bounds."""

    def __init__(self) -> None:
        self.failed = 0

    def at_most(self, name: str, figure: float, bound: float) -> None:
        """Judge a figure that may not be above its bound."""
        self._say(figure <= bound, f"{name}: {_short(figure)} (at most {_short(bound)})")

    def at_least(self, name: str, figure: float, bound: float) -> None:
        """Judge a figure that may not be below its bound."""
        self._say(figure >= bound, f"{name}: {_short(figure)} (at least {_short(bound)})")

    def same(self, name: str, one: int, other: int) -> None:
        """Judge two figures that must be equal."""
        self._say(one == other, f"{name}: {one} and {other} (the same)")

    def _say(self, passed: bool, line: str) -> None:
        self.failed += not passed
        print(f"{'ok  ' if passed else 'FAIL'} {line}", flush=True)


def _short(figure: float) -> str:
    return str(figure) if isinstance(figure, int) else f"{figure:.2f}"
