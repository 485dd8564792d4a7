"""Clean HTML to plain text: its blocks, its lines, its words."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tips.text.html_tokens import tokens
from tips.text.list_markers import markers

_SPACES = re.compile(r"[^\S\n]+")
_BLOCKS = frozenset(
    "p h2 h3 h4 li blockquote ul ol pre hr img figure figcaption table thead tbody tr td th".split()
)
_NOT_PROSE = frozenset(["h2", "h3", "h4", "pre", "figcaption"])


def one_line(text: str) -> str:
    """Return text with each run of white space (no-break spaces and line ends too) as one space."""
    return " ".join(text.split())


class Block(NamedTuple):
    """A block as plain text; what it is part of ("list", "table", or nothing); and its tag.

    An image that stands alone has the tag "img", a row of a table "tr".
    """

    text: str
    part_of: str = ""
    tag: str = "p"


def blocks(source: str) -> list[str]:
    """Return the blocks of clean HTML as plain text, in order: paragraphs, headings, items, rows of tables.

    Items carry their bullet, number or letter; the cells of a row are parted by " | ". An image stands as its
    alternative text.
    """
    return [block.text for block in read(source)]


def to_text(source: str) -> str:
    """Return clean HTML as plain text: blocks parted by an empty line, items and rows by a line end."""
    text, before = "", ""
    for block in read(source):
        is_close = block.part_of and block.part_of == before
        text += (("\n" if is_close else "\n\n") if text else "") + block.text
        before = block.part_of
    return text


def read(source: str) -> Iterator[Block]:
    """Yield the blocks of clean HTML, in order."""
    # The bullets or numbers of the next items of each open list.
    lists: list[Iterator[str]] = []
    cells: list[str] | None = None
    text = marker = ""
    is_verbatim, kind = False, "p"
    for token in tokens(f"{source}<p>"):
        text += token.text if is_verbatim else token.text.replace("\n", " ")
        tag = token.tag
        if tag == "br":
            text += "\n"
            continue
        if tag not in _BLOCKS:
            continue
        if tag == "img":
            # An image in the old form stands in its line.
            kind = kind if text.strip() else "img"
            text += token.attributes.get("alt", "")
            continue
        if cells is None:
            if stripped := _stripped(text, is_verbatim):
                yield Block(marker + stripped, "list" if marker else "", kind)
                marker = ""
            text, kind = "", "p" if token.closes or tag not in _NOT_PROSE else tag
        else:
            text += " "
            if tag in ("td", "th") and token.closes:
                cells.append(one_line(text))
                text = ""
            elif tag in ("tr", "table") and any(cells):
                yield Block(" | ".join(cells), "table", "tr")
                cells = []
        if tag == "table":
            cells = None if token.closes else []
        elif tag == "pre":
            is_verbatim = not token.closes
        elif tag in ("ul", "ol"):
            lists[-1:] = [] if token.closes else [*lists[-1:], markers(tag, token.attributes)]
        elif tag == "li" and cells is None:
            marker = next(lists[-1]) if lists and not token.closes else ""


def _stripped(text: str, is_verbatim: bool) -> str:
    if is_verbatim:
        return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n") if text.strip() else ""
    return "\n".join(_SPACES.sub(" ", line).strip() for line in text.split("\n")).strip()
