"""Clean HTML to plain text: its blocks, its lines, its words."""

import re
from collections.abc import Iterator
from itertools import count, repeat

from tips.text.html_tokens import tokens

_SPACES = re.compile(r"[^\S\n]+")
# A longer number would be refused by ``int``, or shown by nobody.
_START = re.compile(r"-?[0-9]{1,9}")
# What an item begins with in the output of ``blocks``.
_MARKER = re.compile(r"• |-?\d+\. ")
_BLOCKS = {"p", "h2", "h3", "li", "blockquote", "ul", "ol"}


def one_line(text: str) -> str:
    """Return text with each run of white space (no-break spaces and line ends too) as one space."""
    return " ".join(text.split())


def blocks(source: str) -> list[str]:
    """Return the blocks of clean HTML as plain text, in order: paragraphs, headings and list items.

    Items carry their bullet or number. An image stands as its alternative text.
    """
    result: list[str] = []
    # The bullets or numbers of the next items of each open list.
    lists: list[Iterator[str]] = []
    text = marker = ""
    for token in tokens(f"{source}<p>"):
        text += token.text.replace("\n", " ") or token.attributes.get("alt", "")
        if token.tag == "br":
            text += "\n"
        elif token.tag in _BLOCKS:
            if text := "\n".join(_SPACES.sub(" ", line).strip() for line in text.split("\n")).strip():
                result.append(marker + text)
                text = marker = ""
            if token.tag in ("ul", "ol") and token.closes:
                lists[-1:] = []
            elif token.tag == "ul":
                lists.append(repeat("• "))
            elif token.tag == "ol":
                start = token.attributes.get("start", "")
                lists.append(f"{number}. " for number in count(int(start) if _START.fullmatch(start) else 1))
            elif token.tag == "li":
                marker = next(lists[-1]) if lists and not token.closes else ""
    return result


def to_text(source: str) -> str:
    """Return clean HTML as plain text: blocks separated by an empty line, list items by a line end."""
    text = before = ""
    for block in blocks(source):
        both_items = _MARKER.match(before) and _MARKER.match(block)
        text += (("\n" if both_items else "\n\n") if text else "") + block
        before = block
    return text


def count_words(source: str) -> int:
    """Return how many words clean HTML has, as its writer counts: without bullets, numbers and pictures."""
    parts = (" " if token.tag in {*_BLOCKS, "br"} else token.text for token in tokens(source))
    return len("".join(parts).split())
