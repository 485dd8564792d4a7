"""What a tip's text advertises at its end: a book, a podcast, the services or the site of a house.

The texts of an old archive end with such paragraphs, frozen as they were years ago.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

from tips.text import html_to_plain
from tips.text.bare_urls import DOMAIN, URL_OR_EMAIL

SORTS = BOOK, PODCAST, SERVICES, WEBSITE = "book", "podcast", "services", "website"

_MAYBE = re.compile(r"(Read our|Listen to|Interested in)\b", re.IGNORECASE)
_ALWAYS = re.compile(
    r"(?:Read our New Book|Interested in improving|Listen to our (?:\w+ ){0,5}(?:podcast|episode|show))\b",
    re.IGNORECASE,
)
_OF_A_WEBSITE = re.compile(r"\b(?:new|our) web ?site\b", re.IGNORECASE)
# The last paragraph of clean HTML, at its top level.
_LAST = re.compile(r"<p>((?:(?!</?p>).)*)</p>\s*\Z", re.DOTALL)


class Promotion(NamedTuple):
    """A paragraph that advertises something: of which sort, and its words."""

    sort: str
    words: str


def is_promotion(paragraph: str) -> bool:
    """Tell whether a paragraph at the end of a tip advertises a book, a podcast or a service."""
    if not _MAYBE.match(paragraph):
        return False
    return any(sign(paragraph) for sign in (_ALWAYS.match, URL_OR_EMAIL.search, DOMAIN.search))


def sort_of(paragraph: str) -> str:
    """Return what a promotion is for: BOOK, PODCAST, SERVICES or WEBSITE."""
    first = paragraph[:1].upper()
    if first == "R":
        return BOOK
    if first == "L":
        return PODCAST
    return WEBSITE if _OF_A_WEBSITE.search(paragraph) else SERVICES


def at_the_end(source: str) -> list[Promotion]:
    """Return the promotions at the end of clean HTML, in the order of the text."""
    return [promotion for promotion, _ in _split(source)[1]]


def without(source: str, sorts: Collection[str]) -> str:
    """Return clean HTML without the promotions of some sorts at its end."""
    if not sorts or not _MAYBE.search(source):
        return source
    rest, found = _split(source)
    kept = [html for promotion, html in found if promotion.sort not in sorts]
    return source if len(kept) == len(found) else rest + "".join(kept)


def _split(source: str) -> tuple[str, list[tuple[Promotion, str]]]:
    """Return clean HTML up to its promotions, and each of these with its HTML."""
    found: list[tuple[Promotion, str]] = []
    while last := _LAST.search(source):
        words = html_to_plain.one_line(html_to_plain.to_text(last[0]))
        if not is_promotion(words):
            break
        found.insert(0, (Promotion(sort_of(words), words), last[0]))
        source = source[: last.start()]
    return source, found
