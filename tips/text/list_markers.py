"""What the items of a list begin with in plain text: a bullet, a number, a letter."""

import re
from collections.abc import Iterator, Mapping
from itertools import count, repeat

BULLET = "• "
# A longer number would be refused by ``int``, or shown by nobody.
NUMBER = re.compile(r"-?[0-9]{1,4}")
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")),
    *((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)


def markers(tag: str, attributes: Mapping[str, str]) -> Iterator[str]:
    """Yield what the items of a list begin with, without an end.

    ``tag`` is "ul" or "ol"; ``attributes`` are those of the element: ``start``, and ``type`` for letters.
    """
    if tag != "ol":
        return repeat(BULLET)
    start, kind = attributes.get("start", ""), attributes.get("type", "")
    numbers = count(int(start) if NUMBER.fullmatch(start) else 1)
    return (f"{_written(number, kind)}. " for number in numbers)


def _written(number: int, kind: str) -> str:
    if number < 1 or kind not in ("a", "A", "i", "I"):
        return str(number)
    letters = _roman(number) if kind in "iI" else _letters(number)
    return letters.upper() if kind.isupper() else letters


def _roman(number: int) -> str:
    written = ""
    for value, letters in _ROMAN:
        written += letters * (number // value)
        number %= value
    return written


def _letters(number: int) -> str:
    written = ""
    while number:
        number, letter = divmod(number - 1, 26)
        written = chr(ord("a") + letter) + written
    return written
