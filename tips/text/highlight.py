"""Where a search matched: text with the reader's words marked, and the passage that has most of them."""

from django.utils.html import escape
from django.utils.safestring import mark_safe

from tips.text import stems as words

PASSAGE_WORDS = 38


def marked(text, stems):
    """Return plain text as safe HTML with each word of these stems in a ``mark``."""
    pieces, done = [], 0
    for start, end, word in words.split(text):
        if _meant(text, start, word, stems):
            pieces += [escape(text[done:start]), "<mark>", escape(text[start:end]), "</mark>"]
            done = end
    pieces.append(escape(text[done:]))
    return mark_safe("".join(pieces))  # noqa: S308  every piece of text is escaped above


def passage(text, stems):
    """Return the stretch of plain text that holds most of the stems, as one line, with ellipses where cut."""
    text = " ".join(text.split())
    spans = list(words.split(text))
    hits = [n for n, (start, _, word) in enumerate(spans) if _meant(text, start, word, stems)]
    if len(spans) <= PASSAGE_WORDS:
        return text
    first = _best_start(spans, hits)
    last = min(first + PASSAGE_WORDS, len(spans)) - 1
    begin = 0 if first == 0 else spans[first][0]
    end = len(text) if last == len(spans) - 1 else spans[last][1]
    return ("… " if begin else "") + text[begin:end] + ("" if end == len(text) else " …")


def _best_start(spans, hits):
    """Return the number of the word to begin at: a few before the hits that stand closest together."""
    best, best_count = 0, 0
    for n, hit in enumerate(hits):
        # No more words than these can stand in the passage.
        near = hits[n : n + PASSAGE_WORDS]
        within = {words.stem(spans[other][2]) for other in near if other < hit + PASSAGE_WORDS - 8}
        if len(within) > best_count:
            best, best_count = hit, len(within)
    return max(0, min(best - 8, len(spans) - PASSAGE_WORDS))


def _meant(text, start, word, stems):
    if words.stem(word) in stems:
        return True
    # The "mail" of "e-mail", which the index knows as "email".
    return start > 1 and text[start - 1] in "-‐‑" and words.stem(text[start - 2] + word) in stems
