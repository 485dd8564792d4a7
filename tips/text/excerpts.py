"""The beginning of a tip for lists and feeds, and its text without promotions for the search."""

import re
from itertools import takewhile

from tips.text.bare_urls import DOMAIN, URL_OR_EMAIL
from tips.text.html_to_plain import blocks
from tips.text.plain_to_html import is_item

_ENDS_SENTENCE = re.compile(r"[.!?…][”\"’')\]]*$")
# Their full stop ends no sentence: "Mr.", "e.g.", a person's initial.
_ABBREVIATION = re.compile(r"[(“\"]?(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Jr|Sr|vs|etc|e\.g|i\.e|a\.m|p\.m)\.")

_MAYBE_PROMOTION = re.compile(r"(Read our|Listen to|Interested in)\b", re.IGNORECASE)
_ALWAYS_PROMOTION = re.compile(
    r"(?:Read our New Book|Interested in improving|Listen to our (?:\w+ ){0,5}(?:podcast|episode|show))\b",
    re.IGNORECASE,
)


def is_promotion(paragraph: str) -> bool:
    """Tell whether a paragraph at the end of a tip advertises a book, a podcast or a service."""
    if not _MAYBE_PROMOTION.match(paragraph):
        return False
    signs = (_ALWAYS_PROMOTION.match, URL_OR_EMAIL.search, DOMAIN.search)
    return any(sign(paragraph) for sign in signs)


def searchable_text(source: str) -> str:
    """Return the plain text of clean HTML without the promotions at its end.

    Excerpts, search and related tips are made from this, never from the body itself.
    """
    kept = blocks(source)
    while kept and is_promotion(kept[-1]):
        kept.pop()
    return "\n\n".join(kept)


def excerpt(text: str, words: int = 50) -> str:
    """Return the beginning of plain text in at most so many words, as one line.

    It ends before the first list, and with a whole sentence where one ends in the second half of the words,
    else with an ellipsis.
    """
    before_list = list(takewhile(lambda block: not is_item(block), text.split("\n\n")))
    if sum(len(block.split()) for block in before_list) >= words // 4:
        text = "\n\n".join(before_list)
    all_words = text.split()
    if len(all_words) <= words:
        return " ".join(all_words)
    kept = all_words[:words]
    for end in range(words, words // 2, -1):
        if _ENDS_SENTENCE.search(kept[end - 1]) and not _ABBREVIATION.fullmatch(kept[end - 1]):
            return " ".join(kept[:end])
    return " ".join(kept).rstrip(",;:–—-") + "…"
