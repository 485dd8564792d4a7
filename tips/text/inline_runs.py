"""A line of a body: runs of text with their marks (bold, a link, …), written as the editor writes them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tips.text import links
from tips.text.folding import without_controls
from tips.text.html_tree import Element
from tips.text.no_break_spaces import loosened

# From the outermost to the innermost, as the editor nests them.
MARKS = ("a", "strong", "em", "code", "sup", "sub", "del", "cite", "abbr")
# Other names of the same.
_SYNONYMS = {"b": "strong", "i": "em", "s": "del", "strike": "del", "acronym": "abbr"}
_SYNONYMS |= dict.fromkeys(["tt", "kbd", "samp"], "code")
# What marks text by its style: so write shared documents, and wrap the whole in a bold that is switched off.
_STYLES = (
    ("strong", re.compile(r"font-weight\s*:\s*(?:(?P<on>bold|[5-9]00)|normal|[1-4]00)\b", re.IGNORECASE)),
    ("em", re.compile(r"font-style\s*:\s*(?:(?P<on>italic|oblique)|normal)\b", re.IGNORECASE)),
)
STYLED = ("b", "strong", "i", "em", "span")
_SPACES = re.compile(r"[ \t\r\n\f]+")

Mark = tuple[str, str]
Marks = tuple[Mark, ...]


class Run(NamedTuple):
    """Text with its marks. A line break is the text ``BREAK``; where an unknown element ends, ``BORDER``."""

    text: str
    marks: Marks


# No text holds them: ``without_controls`` takes them out.
BORDER, BREAK = "\x00", "\x01"


def marked(element: Element, marks: Marks) -> Marks:
    """Return the marks of what stands in an element that itself has these marks."""
    tag = _SYNONYMS.get(element.tag, element.tag)
    found, value = {**dict(marks)}, ""
    if tag == "a":
        value = links.allowed(element.attributes.get("href", "")) or ""
    elif tag == "abbr":
        value = _SPACES.sub(" ", loosened(without_controls(element.attributes.get("title", "")))).strip()
    if tag in MARKS and (value or tag not in ("a", "abbr")):
        found[tag] = value
    for mark, style in _STYLES:
        if stated := style.search(element.attributes.get("style", "")):
            found.pop(mark, None)
            if stated["on"]:
                found[mark] = ""
    return tuple((mark, found[mark]) for mark in MARKS if mark in found)


def line(runs: Iterable[Run]) -> str:
    """Return runs as HTML: spaces collapsed, no-break spaces loosened, marks open as long as they go on."""
    return "".join(_written(list(_collapsed(_bordered(list(runs))))))


def _bordered(runs: Sequence[Run]) -> Iterator[Run]:
    """Yield the runs without borders; between two words, a border becomes a space."""
    texts = loosened("".join(text for text, _ in runs if text != BORDER))
    begin, is_border = 0, False
    for text, marks in runs:
        if text == BORDER:
            is_border = True
        elif text:
            end = begin + len(text)
            if is_border and begin and texts[begin - 1].isalnum() and texts[begin].isalnum():
                yield Run(" ", ())
            yield Run(texts[begin:end], marks)
            begin, is_border = end, False


def _collapsed(runs: Iterable[Run]) -> Iterator[Run]:
    """Yield the runs with each stretch of spaces as one, and none at the ends of a line."""
    after_space, pending = True, None
    for text, marks in runs:
        if text == BREAK:
            # The space before a line break shows nothing.
            after_space, pending = True, None
            yield Run(text, marks)
            continue
        text = _SPACES.sub(" ", text)
        if text.startswith(" "):
            text = text[1:]
            if not after_space:
                pending = pending or marks
        if not text:
            continue
        if pending is not None:
            yield Run(" ", pending)
        pending, after_space = None, False
        if text.endswith(" "):
            text, pending = text[:-1], marks
        if text:
            yield Run(text, marks)


def _written(runs: Sequence[Run]) -> Iterator[str]:
    active: list[Mark] = []
    for text, marks in runs:
        kept = 0
        while kept < min(len(active), len(marks)) and active[kept] == marks[kept]:
            kept += 1
        yield from (f"</{tag}>" for tag, _ in reversed(active[kept:]))
        del active[kept:]
        for tag, value in marks[kept:]:
            attribute = {"a": "href", "abbr": "title"}.get(tag)
            yield f'<{tag} {attribute}="{quoted(value)}">' if attribute else f"<{tag}>"
            active.append((tag, value))
        yield "<br>" if text == BREAK else quoted(text, in_attribute=False)
    yield from (f"</{tag}>" for tag, _ in reversed(active))


def quoted(text: str, *, in_attribute: bool = True) -> str:
    """Return text as the sanitiser writes it, in an attribute or between tags."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\u00a0", "&nbsp;")
    return text.replace('"', "&quot;") if in_attribute else text
