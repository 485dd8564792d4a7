"""Where a search matched: text with the words in ``mark``, and the sentences that have most of them."""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from html import escape
from operator import itemgetter

from django.utils.safestring import SafeString, mark_safe

from tips.text.stems import Token, tokens

# A word, or words that must stand in a row, as stems.
Run = tuple[str, ...]
# The number of the word at which a run stands in a text, and the run.
Match = tuple[int, Run]

PASSAGE_WORDS = 38
# How many words stand before the first one that matched, where its sentence is too long to begin with.
_BEFORE = 8
_SENTENCE_END = re.compile(r"[.!?…]['\"”’)\]]*\s")


def marked(text: str, runs: Collection[Run]) -> SafeString:
    """Return plain text as safe HTML with each of these runs of stems in a ``mark``, word by word."""
    found = list(tokens(text))
    return mark_safe(_marked(text, found, _matches(found, runs)))  # noqa: S308  every piece is escaped


def passage(text: str, *choices: Collection[Run]) -> SafeString:
    """Return the stretch of plain text that fits best, as safe HTML in one line, its words in ``mark``.

    Of the collections of runs of stems, the first that has one in the text counts. The stretch begins with
    the sentence in which, and after which, most of the runs stand. Ellipses say where the text goes on.
    """
    text = " ".join(text.split())
    found = list(tokens(text))
    matches: Sequence[Match] = next(filter(None, (_matches(found, runs) for runs in choices)), ())
    first, stop = 0, len(found)
    if stop > PASSAGE_WORDS:
        first = _best_start(matches, _beginnings(text, found), stop)
        stop = min(first + PASSAGE_WORDS, stop)
    begin = found[first].start if first else 0
    end = found[stop - 1].end if stop < len(found) else len(text)
    shown = _marked(text, found, _within(matches, first, stop), begin, end)
    return mark_safe(f"{'… ' if begin else ''}{shown}{' …' if end < len(text) else ''}")  # noqa: S308  as above


def _marked(
    text: str, found: Sequence[Token], matches: Iterable[Match], begin: int = 0, end: int | None = None
) -> str:
    """Return a stretch of text as HTML, every piece of it escaped, with the words that matched marked."""
    pieces, done = [], begin
    for number in sorted({place for start, run in matches for place in range(start, start + len(run))}):
        word = found[number]
        pieces += [escape(text[done : word.start]), f"<mark>{escape(text[word.start : word.end])}</mark>"]
        done = word.end
    return "".join([*pieces, escape(text[done:end])])


def _matches(found: Sequence[Token], runs: Collection[Run]) -> list[Match]:
    """Return where which of the runs stand, in the order of the words."""
    single = {run[0]: run for run in runs if len(run) == 1}
    result: list[Match] = []
    for number, (_, _, stem, also) in enumerate(found):
        if stem in single:
            result.append((number, single[stem]))
        elif also:
            result += [(number, single[other]) for other in also if other in single][:1]
    longer = [run for run in runs if len(run) > 1]
    if longer:
        stems = tuple(token.stem for token in found)
        for run in longer:
            place = -1
            for _ in range(stems.count(run[0])):
                place = stems.index(run[0], place + 1)
                if stems[place : place + len(run)] == run:
                    result.append((place, run))
        result.sort()
    return result


def _within(matches: Sequence[Match], first: int, stop: int) -> list[Match]:
    """Return the matches that stand whole from one word to before another."""
    low, high = (bisect_left(matches, place, key=itemgetter(0)) for place in (first, stop))
    return [(start, run) for start, run in matches[low:high] if start + len(run) <= stop]


def _beginnings(text: str, found: Sequence[Token]) -> list[int]:
    """Return the numbers of the words that begin a sentence."""
    starts = [token.start for token in found]
    result = [0]
    for end in _SENTENCE_END.finditer(text):
        number = bisect_left(starts, end.end())
        # A full stop may belong to a word: "U.S.".
        if result[-1] < number < len(found) and found[number - 1].end <= end.start():
            result.append(number)
    return result


def _best_start(matches: Sequence[Match], beginnings: Sequence[int], count: int) -> int:
    """Return the number of the word to begin at, of so many; ``beginnings`` are those of the sentences."""

    def fit(start: int) -> tuple[int, int, int]:
        """How many different runs stand in the passage, and whether they begin in its first sentence."""
        shown = _within(matches, start, start + PASSAGE_WORDS)
        return len({run for _, run in shown}), start - shown[0][0] if shown else 0, -start

    best = max(beginnings, key=fit)
    if matches and not fit(best)[0]:
        # The sentence is longer than a passage.
        best = max(0, matches[0][0] - _BEFORE)
    return max(0, min(best, count - PASSAGE_WORDS // 2))
