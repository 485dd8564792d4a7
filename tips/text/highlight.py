"""Where a search matched: text with the words in ``mark``, and the sentences that have most of them."""

import re
from collections.abc import Collection, Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from tips.text.stems import Token, tokens

# A word, or words that must stand in a row, as stems.
Run = tuple[str, ...]

PASSAGE_WORDS = 38
# How many words stand before the first one that matched, where its sentence is too long to begin with.
_BEFORE = 8
_SENTENCE_END = re.compile(r"[.!?…]['\"”’)\]]*\s")


def marked(text: str, runs: Collection[Run]) -> SafeString:
    """Return plain text as safe HTML with each of these runs of stems in a ``mark``, word by word."""
    found = list(tokens(text))
    pieces, done = [], 0
    for token, matched in zip(found, _matches(found, runs), strict=True):
        if matched:
            start, end = token.start, token.end
            pieces += [escape(text[done:start]), "<mark>", escape(text[start:end]), "</mark>"]
            done = end
    pieces.append(escape(text[done:]))
    return mark_safe("".join(pieces))  # noqa: S308  every piece of text is escaped above


def passage(text: str, runs: Collection[Run]) -> str:
    """Return the stretch of plain text that fits best, as one line, with ellipses where cut.

    It begins with the sentence in which, and after which, most of the runs of stems stand.
    """
    text = " ".join(text.split())
    found = list(tokens(text))
    if len(found) <= PASSAGE_WORDS:
        return text
    matches = _matches(found, runs)
    first = _best_start(found, matches, _beginnings(text, found))
    last = min(first + PASSAGE_WORDS, len(found)) - 1
    begin = 0 if first == 0 else found[first].start
    end = len(text) if last == len(found) - 1 else found[last].end
    return ("… " if begin else "") + text[begin:end] + ("" if end == len(text) else " …")


def _matches(found: Sequence[Token], runs: Collection[Run]) -> list[Run]:
    """Return for each word the run that it belongs to, or an empty one."""
    single = {run[0]: run for run in runs if len(run) == 1}
    longer = [run for run in runs if len(run) > 1]
    nothing: Run = ()
    result = [
        single.get(token.stem) or next((single[stem] for stem in token.also if stem in single), nothing)
        for token in found
    ]
    if longer:
        stems = tuple(token.stem for token in found)
        for run in longer:
            for place in range(len(stems) - len(run) + 1):
                if stems[place : place + len(run)] == run:
                    result[place : place + len(run)] = [run] * len(run)
    return result


def _beginnings(text: str, found: Sequence[Token]) -> list[int]:
    """Return the numbers of the words that begin a sentence."""
    return [0] + [
        number
        for number in range(1, len(found))
        if _SENTENCE_END.search(text, found[number - 1].end, found[number].start)
    ]


def _best_start(found: Sequence[Token], matches: Sequence[Run], beginnings: Sequence[int]) -> int:
    """Return the number of the word to begin at."""

    def fit(start: int) -> tuple[int, int]:
        """How many different runs stand in the passage, and whether they begin in its first sentence."""
        window = matches[start : start + PASSAGE_WORDS]
        return len({run for run in window if run}), -next((n for n, run in enumerate(window) if run), 0)

    best = max(beginnings, key=lambda start: (*fit(start), -start))
    if not any(matches[best : best + PASSAGE_WORDS]) and any(matches):
        # The sentence is longer than a passage.
        best = max(0, next(number for number, run in enumerate(matches) if run) - _BEFORE)
    return max(0, min(best, len(found) - PASSAGE_WORDS // 2))
