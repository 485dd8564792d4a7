"""Which lines of plain text are items of lists, by what they begin with and by their neighbours."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

# The signs that begin nothing but an item; word processors leave those of their symbol fonts behind.
_BULLET = re.compile(r"\s*(?:[•▪■▫□●○◦‣⁃➢➤❖◆\uf0a7\uf0b7\uf0d8\uf0fc]\s*|[·∙]\s+)(?P<rest>\S.*)", re.DOTALL)
# These begin much else: an utterance, a signature, a footnote. The letter is the hollow bullet of Word.
_DASH = re.compile(r"\s*(?P<sign>[-–−*]|o(?=\s))\s+(?P<rest>\S.*)", re.DOTALL)
_NUMBER = re.compile(r"\s*(?P<number>0|[1-9][0-9]{0,2})[.)]\s+(?P<rest>\S.*)", re.DOTALL)
# A number or letter in parentheses, or a letter with one behind it; small letters also with a full stop: that
# behind a capital letter is more often a name's.
_LABEL = re.compile(
    r"\s*(?:(?P<both>\()(?P<inner>[1-9][0-9]{0,2}|[A-Za-z]|[ivx]{2,5})\)"
    r"|(?P<letter>[A-Za-z]|[ivx]{2,5})(?P<end>\))"
    r"|(?P<small>[a-z]|[ivx]{2,5})(?P<stop>\.))\s+(?P<rest>\S.*)",
    re.DOTALL,
)
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}


class Item(NamedTuple):
    """What a line is as an item: its text, its number in a list that has any, and how the list is counted.

    ``style`` is the ``type`` of an ``ol``: "" for numbers, "a" and "A" for letters, "i" for Roman numerals.
    """

    rest: str
    number: int | None = None
    style: str = ""


def certain(line: str) -> Item | None:
    """Return the item that a line is whatever stands around it: with a bullet or with a plain number."""
    if match := _BULLET.match(line):
        return Item(match["rest"])
    if match := _NUMBER.match(line):
        return Item(match["rest"], int(match["number"]))
    return None


def items(lines: Sequence[str]) -> list[Item | None]:
    """Return for each line of a text, blank ones left out, the item that it is, or None.

    A dash, an asterisk or Word's "o" begins an item only if a line next to it begins alike; "a)", "(1)" and
    the like only in a row that begins with the first and has the second.
    """
    found = [certain(line) for line in lines]
    for place, item in (*_dashed(lines), *_labelled(lines)):
        found[place] = found[place] or item
    return found


def _dashed(lines: Sequence[str]) -> Iterator[tuple[int, Item]]:
    """Yield (place, item) of the lines in runs that begin with one sign; indented lines in between go on."""
    before: tuple[int, str, Item] | None = None
    is_run = False
    for place, line in enumerate(lines):
        match = _DASH.match(line)
        if not match or not any(map(str.isalnum, match["rest"])):
            if not line.startswith(("  ", "\t", "\u00a0")):
                before = None
            continue
        item = Item(match["rest"])
        is_run = before is not None and before[1] == match["sign"]
        if before is not None and is_run:
            yield before[0], before[2]
            yield place, item
        before = place, match["sign"], item


def _labelled(lines: Sequence[str]) -> Iterator[tuple[int, Item]]:
    """Yield (place, item) of the lines in rows that are numbered or lettered from the first on."""
    labels = []
    for place, line in enumerate(lines):
        if match := _LABEL.match(line):
            form = match["both"] or match["end"] or match["stop"]
            label = match["inner"] or match["letter"] or match["small"]
            labels.append((place, form, _readings(label), match["rest"]))
    taken: set[int] = set()
    for index, (first, form, readings, _) in enumerate(labels):
        for style in [style for style, number in readings.items() if number == 1 and first not in taken]:
            row: list[tuple[int, Item]] = []
            for place, other_form, other_readings, rest in labels[index:]:
                if other_form != form or place in taken:
                    continue
                if other_readings.get(style) != len(row) + 1:
                    break
                row.append((place, Item(rest, len(row) + 1, style)))
            if len(row) > 1:
                taken.update(place for place, _ in row)
                yield from row


def _readings(label: str) -> dict[str, int]:
    """Return {style: number} of what a label may mean: "i" is the ninth letter and the first numeral."""
    if label.isdecimal():
        return {"": int(label)}
    letter = {("A" if label.isupper() else "a"): ord(label.lower()) - ord("a") + 1} if len(label) == 1 else {}
    return letter | ({"i": _ROMAN[label]} if label in _ROMAN else {})
