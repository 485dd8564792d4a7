"""Where a search matched: text with the reader's words in ``mark``, and the passage that has most of them."""

from collections.abc import Collection, Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from tips.text.stems import split, stem

PASSAGE_WORDS = 38
# How many words of the passage stand before the first one that matched.
_BEFORE = 8


def marked(text: str, stems: Collection[str]) -> SafeString:
    """Return plain text as safe HTML with each word of these stems in a ``mark``."""
    pieces, done = [], 0
    for start, end, word in split(text):
        if _matches(text, start, word, stems):
            pieces += [escape(text[done:start]), "<mark>", escape(text[start:end]), "</mark>"]
            done = end
    pieces.append(escape(text[done:]))
    return mark_safe("".join(pieces))  # noqa: S308  every piece of text is escaped above


def passage(text: str, stems: Collection[str]) -> str:
    """Return the stretch of plain text that holds most of the stems, as one line, with ellipses where cut."""
    text = " ".join(text.split())
    spans = list(split(text))
    if len(spans) <= PASSAGE_WORDS:
        return text
    hits = [place for place, (start, _, word) in enumerate(spans) if _matches(text, start, word, stems)]
    first = _best_start(spans, hits)
    last = first + PASSAGE_WORDS - 1
    begin = 0 if first == 0 else spans[first][0]
    end = len(text) if last == len(spans) - 1 else spans[last][1]
    return ("… " if begin else "") + text[begin:end] + ("" if end == len(text) else " …")


def _best_start(spans: Sequence[tuple[int, int, str]], hits: Sequence[int]) -> int:
    """Return the number of the word to begin at: a few before the hits that stand closest together."""

    def stems_near(place: int) -> int:
        # No more words than these can stand in the passage.
        near = hits[place : place + PASSAGE_WORDS]
        return len({stem(spans[hit][2]) for hit in near if hit < near[0] + PASSAGE_WORDS - _BEFORE})

    best = hits[max(range(len(hits)), key=stems_near)] if hits else 0
    return max(0, min(best - _BEFORE, len(spans) - PASSAGE_WORDS))


def _matches(text: str, start: int, word: str, stems: Collection[str]) -> bool:
    if stem(word) in stems:
        return True
    # The "mail" of "e-mail", which the index knows as "email".
    return start > 1 and text[start - 1] in "-‐‑" and stem(text[start - 2] + word) in stems
