"""Plain text to clean HTML: its paragraphs, lists and headings."""

import re
from collections.abc import Iterator
from itertools import groupby

from tips.text import folding
from tips.text.bare_urls import DOMAIN, inline
from tips.text.html_to_plain import one_line
from tips.text.sanitiser import clean

_ITEM = re.compile(r"\s*(?:•\s*|(?P<number>0|[1-9][0-9]{0,2})[.)]\s+)(?P<rest>\S.*)", re.DOTALL)
_LONGEST_HEADING = 60
# What may follow the full stop of a sentence.
_CLOSING = "”’»\"')]} "


def is_blank(line: str) -> bool:
    """Tell whether a line shows nothing: white space, no-break spaces, zero-width characters."""
    return not line or line.isspace() or not folding.visible(line)


def is_item(line: str) -> bool:
    """Tell whether a line of plain text is an item of a list: it begins with a bullet or a number."""
    return _ITEM.match(line) is not None


def paragraphs(text: str) -> list[list[str]]:
    """Return the blocks of plain text, each as the list of its lines: blank lines separate them."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [list(block) for blank, block in groupby(lines, is_blank) if not blank]


# The tag of a block, the number of an item of a numbered list, and the lines.
_PlainBlock = tuple[str, int | None, list[str]]


def from_text(text: str) -> str:
    """Return plain text as clean HTML with its paragraphs, lists and headings; no tag in it counts.

    Blank lines separate blocks. Lines that begin with "•", or with "1." or "1)", are items of lists and keep
    their numbers, with or without blank lines between them; a line right under an item belongs to it. A
    short line alone between blocks that has no URL, ends as no sentence does and is followed by a
    paragraph is a heading.
    """
    parts: list[_PlainBlock] = []
    for paragraph in paragraphs(text):
        for place, line in enumerate(paragraph):
            if item := _ITEM.match(line):
                number = int(item["number"]) if item["number"] else None
                parts.append(("ul" if number is None else "ol", number, [item["rest"]]))
            elif place:
                parts[-1][2].append(line)
            else:
                parts.append(("p", None, [line]))
    return clean("".join(_rendered(parts)))


def _rendered(parts: list[_PlainBlock]) -> Iterator[str]:
    inner = ["<br>".join(map(inline, lines)) for _, _, lines in parts]
    kinds = [kind for kind, _, _ in parts]
    # From the end, since a heading is no paragraph that another one could stand over.
    for place in range(len(parts) - 2, 0, -1):
        if kinds[place] == kinds[place + 1] == "p" and _could_head(parts[place][2], inner[place]):
            kinds[place] = "h2"

    def run(place: int) -> tuple[str, int | None]:
        """Return what the items of one list have in common, and no two other blocks."""
        kind, number = kinds[place], parts[place][1]
        if kind not in ("ul", "ol"):
            return kind, place
        return kind, None if number is None else number - place

    for (kind, _), run_places in groupby(range(len(parts)), run):
        places = list(run_places)
        if kind in ("ul", "ol"):
            start = parts[places[0]][1]
            yield f"<{kind}>" if start in (None, 1) else f'<ol start="{start}">'
            yield from (f"<li><p>{inner[place]}</p></li>" for place in places)
            yield f"</{kind}>"
        else:
            yield f"<{kind}>{inner[places[0]]}</{kind}>"


def _could_head(lines: list[str], inner: str) -> bool:
    line = one_line(lines[0])
    if len(lines) > 1 or len(line) > _LONGEST_HEADING or "<a " in inner or DOMAIN.search(line):
        return False
    return not line.rstrip(_CLOSING).endswith((".", "!", "?", ":", ";", "…"))
