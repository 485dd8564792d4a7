"""Typing errors: which word may have been meant, and whether a reader's words name a category or a tag.

This module knows words and letters only; ``queries`` asks which tips hold a word.
"""

from collections.abc import Iterable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from tips.models import Category, Tag, Word
from tips.search.index import Term
from tips.text import stems

# One word is a likely typing error for another with at most so many letters wrong, left out or swapped, and
# at least this Jaro-Winkler similarity: "recovry" for "recover", not for "record".
MOST_ERRORS = 2
LEAST_SIMILARITY = 0.92


def likely(wrong: Sequence[str]) -> list[list[str]]:
    """Return for each wrong word at most five known words it may have been meant as, likeliest first."""
    lengths = {length for word in wrong for length in range(len(word) - 2, len(word) + 3)}
    known = list(Word.objects.filter(length__in=lengths).values_list("word", flat=True))
    result = []
    for word in wrong:
        near = process.extract(word, known, scorer=OSA.distance, score_cutoff=MOST_ERRORS, limit=None)
        ranked = sorted((errors, JaroWinkler.distance(word, other), other) for other, errors, _ in near)
        result.append([other for _, distance, other in ranked if 1 - distance >= LEAST_SIMILARITY][:5])
    return result


def named(terms: Iterable[Term], groups: Iterable[Category | Tag]) -> list[Category | Tag]:
    """Return those of some categories or tags that a reader's words name, a typing error forgiven."""
    typed = [stems.fold(word) for term in terms for _, _, word in stems.split(term.text)]
    return [group for group in groups if typed and all(_names(word, group.name) for word in typed)]


def _names(word: str, name: str) -> bool:
    known = [stems.fold(part) for _, _, part in stems.split(stems.joined(name))]
    if stems.stem(word) in map(stems.stem, known):
        return True
    return len(word) > 3 and any(
        OSA.distance(word, part) <= MOST_ERRORS and JaroWinkler.similarity(word, part) >= LEAST_SIMILARITY
        for part in known
    )
