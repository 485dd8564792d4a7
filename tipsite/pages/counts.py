"""What this process has counted of its kept pages, for a monitor."""

from dataclasses import dataclass


@dataclass
class Counts:
    """Requests that a kept page answered, that built a page, and that waited for another to build one.

    Whoever counts holds a lock.
    """

    hits: int = 0
    builds: int = 0
    waits: int = 0


# Of the store that serves this process.
COUNTS = Counts()
