"""The beginning of a tip for lists and feeds, and its text without promotions for the search."""

import re
from itertools import takewhile

from tips.text import folding
from tips.text.html_to_plain import Block, read
from tips.text.promotions import is_promotion

_ENDS_SENTENCE = re.compile(r"[.!?…][”\"’')\]]*$")
# Their full stop ends no sentence: "Mr.", "e.g.", a person's initial.
_ABBREVIATION = re.compile(r"[(“\"]?(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Jr|Sr|vs|etc|e\.g|i\.e|a\.m|p\.m)\.")


def searchable_text(source: str) -> str:
    """Return the plain text of clean HTML without the promotions at its end.

    Excerpts, search and related tips are made from this, never from the body itself.
    """
    return "\n\n".join(block.text for block in _without_promotions(source))


def excerpt(source: str, words: int = 50) -> str:
    """Return the beginning of clean HTML in at most so many words of plain text, as one line.

    It is made of paragraphs. It ends before the first list or table, where enough stands before it, and with
    a whole sentence where one ends in the second half of the words, else with an ellipsis. Items of lists are
    taken where the paragraphs alone say too little, and anything else where there is neither. No sign in it
    is invisible: a list shows it beside other text, which a bidi override would turn around.
    """
    kept = _without_promotions(source)
    prose = [block for block in kept if block.tag == "p"]
    first = list(
        takewhile(lambda block: not block.part_of, (block for block in kept if block.tag in ("p", "tr")))
    )
    paragraphs = [block for block in prose if not block.part_of]
    choices = (first, paragraphs, prose)
    enough = next((choice for choice in choices if _count(choice) >= words // 4), prose or kept)
    text = " ".join(block.text for block in enough)
    return _shortened(folding.without_invisible(text).split(), words)


def _count(blocks: list[Block]) -> int:
    return sum(len(block.text.split()) for block in blocks)


def _without_promotions(source: str) -> list[Block]:
    kept = list(read(source))
    while kept and is_promotion(kept[-1].text):
        kept.pop()
    return kept


def _shortened(all_words: list[str], words: int) -> str:
    if len(all_words) <= words:
        return " ".join(all_words)
    kept = all_words[:words]
    for end in range(words, words // 2, -1):
        if _ENDS_SENTENCE.search(kept[end - 1]) and not _ABBREVIATION.fullmatch(kept[end - 1]):
            return " ".join(kept[:end])
    return " ".join(kept).rstrip(",;:–—-") + "…"
