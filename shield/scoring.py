"""What speaks for a text from a machine or a swindler: points, each with its reason in words.

The points fold a text away from those that people read first. They never delete one, and a person decides.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from shield.request_origin import Origin

# From so many points on, a text looks like spam; from so many, it is taken for spam until a person looks.
SUSPICIOUS, SPAM = 3, 6
# Nobody reads what they wrote in less time, in seconds.
_SHORTEST_READING = 3
# A link, as machines of many kinds of site write it.
_LINK = re.compile(r"https?://|\bwww\.|\[(?:url|link)\b|<a\s", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2,}")
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK")


class Signal(NamedTuple):
    """Some points, and why."""

    points: int
    reason: str


def total(signals: Iterable[Signal]) -> tuple[int, list[str]]:
    """Return the sum of the points, and the reasons, the weightiest first."""
    ordered = sorted(signals, key=lambda signal: -signal.points)
    return sum(signal.points for signal in ordered), [signal.reason for signal in ordered]


def of_sending(origin: Origin, seconds: float) -> Iterator[Signal]:
    """Yield what speaks against how a text was sent, ``seconds`` after it was shown to be read over."""
    if seconds < _SHORTEST_READING:
        yield Signal(3, "It was sent less than three seconds after it was shown to be read over.")
    if origin is Origin.UNKNOWN:
        yield Signal(1, "The browser did not say from which page it came.")


def of_text(text: str) -> Iterator[Signal]:
    """Yield what speaks against a text itself."""
    links = len(_LINK.findall(text))
    if links == 1:
        yield Signal(1, "It has a link.")
    elif links:
        yield Signal(3 * min(links, 3), f"It has {links} links.")
    if word := next(filter(_is_mixed, _WORD.findall(text)), None):
        yield Signal(3, f"The word “{word[:40]}” mixes letters of two alphabets.")


def _is_mixed(word: str) -> bool:
    if word.isascii():
        return False
    names = {unicodedata.name(letter, "").partition(" ")[0] for letter in word}
    return len(names.intersection(_SCRIPTS)) > 1
