"""Words that touch what a query is about without meaning the same.

Each line of ``related_words.txt`` is a situation of the trade, "words > wider words", and a word may be in
many lines. A search for one of the first words also looks for the rest of its lines; a wider word leads
nowhere, so that a search for "anxious" finds "calm", and one for "calm" is not about anxiety. Such words
weigh little, and help where few tips hold what was typed. What means the same is ``synonyms``, which staff
keep; this list is the program's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

from tips.search.terms import Query, Term
from tips.text import stems

LINES = Path(__file__).parent / "related_words.txt"
# In words.
LONGEST = 5


@dataclass(frozen=True)
class RelatedWord:
    """A word or a phrase: as it is written in the list, and its stems."""

    text: str
    stems: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        return cls(text, tuple(stems.stems(text)))

    @property
    def sought(self) -> tuple[str, ...]:
        """The stems by which titles and takeaways hold it: of a phrase, all its pairs."""
        return self.stems if len(self.stems) == 1 else tuple(stems.pairs(self.stems))


@lru_cache(maxsize=1)
def _lines() -> Mapping[tuple[str, ...], Mapping[tuple[str, ...], RelatedWord]]:
    """Return {stems of a word: {stems: word} of those that it leads to}."""
    result: dict[tuple[str, ...], dict[tuple[str, ...], RelatedWord]] = {}
    for line in LINES.read_text(encoding="utf-8").splitlines():
        first, wider = (list(map(RelatedWord.of, half.split(", "))) for half in line.split(" > "))
        for word in first:
            others = {other.stems: other for other in first + wider if other.stems != word.stems}
            result[word.stems] = others | result.get(word.stems, {})
    return result


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(stem for word, others in _lines().items() for run in (word, *others) for stem in run)


def knows(term: Term) -> bool:
    """Tell whether a term stands in the list, alone or in a phrase: then it is no typing error."""
    return _known().issuperset(term.stems)


def widened(query: Query) -> dict[Term, list[RelatedWord]]:
    """Return what the terms of a query lead to, alone or as a part of a phrase in it."""
    lines = _lines()
    found: dict[Term, dict[tuple[str, ...], RelatedWord]] = {term: {} for term in query.terms}
    for start, stop, key in query.runs(LONGEST):
        for term in query.terms:
            if start <= term.place < stop:
                found[term] |= lines.get(tuple(key.split()), {})
    typed = {term.stems for term in query.terms}
    return {
        term: [word for word in words.values() if word.stems not in typed] for term, words in found.items()
    }
