"""What the bench tells: the machine, the memory taken, figures in columns, and verdicts."""

import os
import platform
import resource
import sys


def machine():
    """Return a line about where the figures come from: they mean little without."""
    load = " ".join(f"{each:.2f}" for each in os.getloadavg())
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load}"


def peak_megabytes():
    """Return the most memory that this process has taken so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in kibibytes, macOS in bytes.
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def table(head, rows):
    """Print rows of texts in columns, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for first, *others in (head, *rows):
        cells = [text.rjust(width) for text, width in zip(others, widths[1:], strict=True)]
        print("  ".join([first.ljust(widths[0]), *cells]).rstrip())
    print(flush=True)


class Verdicts:
    """Judges figures against their bounds and prints each; ``failed`` counts those out of bounds."""

    def __init__(self):
        self.failed = 0

    def at_most(self, what, figure, bound):
        """Judge a figure that may not be above its bound."""
        self._say(figure <= bound, f"{what}: {_short(figure)} (at most {_short(bound)})")

    def at_least(self, what, figure, bound):
        """Judge a figure that may not be below its bound."""
        self._say(figure >= bound, f"{what}: {_short(figure)} (at least {_short(bound)})")

    def same(self, what, one, other):
        """Judge two figures that must be equal."""
        self._say(one == other, f"{what}: {one} and {other} (the same)")

    def _say(self, passed, line):
        self.failed += not passed
        print(f"{'ok  ' if passed else 'FAIL'} {line}", flush=True)


def _short(figure):
    return str(figure) if isinstance(figure, int) else f"{figure:.2f}"
