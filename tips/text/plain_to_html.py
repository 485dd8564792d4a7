"""Plain text to clean HTML: its paragraphs, lists and headings."""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from tips.text import folding, list_lines
from tips.text.bare_urls import DOMAIN, inline
from tips.text.html_to_plain import one_line
from tips.text.sanitiser import clean

_LONGEST_HEADING = 60
# What may follow the full stop of a sentence.
_CLOSING = "”’»\"')]} "


def is_blank(line: str) -> bool:
    """Tell whether a line shows nothing: white space, no-break spaces, zero-width characters."""
    return not line or line.isspace() or not folding.visible(line)


def paragraphs(text: str) -> list[list[str]]:
    """Return the blocks of plain text, each as the list of its lines: blank lines separate them."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [list(block) for blank, block in groupby(lines, is_blank) if not blank]


class _PlainBlock(NamedTuple):
    """The tag of a block, its lines, whether it is a paragraph's only line, and the item that it is."""

    kind: str
    lines: list[str]
    is_alone: bool = False
    item: list_lines.Item | None = None


def from_text(text: str) -> str:
    """Return plain text as clean HTML with its paragraphs, lists and headings; no tag in it counts.

    Blank lines separate blocks. Items of lists (``list_lines``) keep their numbers, with or without blank
    lines between them; a line right under an item belongs to it. A short line alone between blocks that has
    no URL, ends as no sentence does and is followed by a paragraph or a list is a heading.
    """
    blocks = paragraphs(text)
    items = iter(list_lines.items([line for block in blocks for line in block]))
    parts: list[_PlainBlock] = []
    for block in blocks:
        for place, line in enumerate(block):
            if item := next(items):
                kind = "ul" if item.number is None else "ol"
                parts.append(_PlainBlock(kind, [item.rest], item=item))
            elif place:
                parts[-1].lines.append(line)
            else:
                parts.append(_PlainBlock("p", [line], is_alone=len(block) == 1))
    return clean("".join(_rendered(parts)))


def _rendered(parts: list[_PlainBlock]) -> Iterator[str]:
    inner = ["<br>".join(map(inline, part.lines)) for part in parts]
    kinds = [part.kind for part in parts]
    # From the end, since a heading is no block that another one could stand over.
    for place in range(len(parts) - 2, 0, -1):
        is_over_text = kinds[place] == "p" and kinds[place + 1] in ("p", "ul", "ol")
        if is_over_text and parts[place].is_alone and _could_head(parts[place].lines[0], inner[place]):
            kinds[place] = "h2"

    def run(place: int) -> tuple[str, str, int | None]:
        """Return what the items of one list have in common, and no two other blocks."""
        item = parts[place].item
        if item is None:
            return kinds[place], "", place
        return kinds[place], item.style, None if item.number is None else item.number - place

    for (kind, style, _), run_places in groupby(range(len(parts)), run):
        places = list(run_places)
        if item := parts[places[0]].item:
            start = f' start="{item.number}"' if item.number not in (None, 1) else ""
            yield f"<{kind}{start}>" if not style else f'<{kind}{start} type="{style}">'
            yield from (f"<li><p>{inner[place]}</p></li>" for place in places)
            yield f"</{kind}>"
        else:
            yield f"<{kind}>{inner[places[0]]}</{kind}>"


def _could_head(line: str, inner: str) -> bool:
    line = one_line(line)
    if len(line) > _LONGEST_HEADING or "<a " in inner or DOMAIN.search(line):
        return False
    return not line.rstrip(_CLOSING).endswith((".", "!", "?", ":", ";", "…"))
