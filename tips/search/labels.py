"""The categories and tags of public tips: which of them a reader's words name, and which come near."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler

from tips.search.archive import Label
from tips.search.terms import Query, Term
from tips.text import stems

# One word is a likely typing error for another with one letter wrong, left out or swapped (two in a long
# word), the same first letter and at least this Jaro-Winkler similarity: "recovry" for "recover", not for
# "record".
LONG_WORD, MOST_ERRORS = 8, 2
LEAST_SIMILARITY = 0.92
# What is offered where nothing was found may be further off.
LEAST_NEARNESS = 0.8


def holding(term: Term, labels: Iterable[Label]) -> list[Label]:
    """Return the labels whose name holds a term."""
    if len(term.stems) == 1:
        wanted = {*term.stems, *term.joined}
        return [label for label in labels if not wanted.isdisjoint(_stems(label.name))]
    run = f" {' '.join(term.stems)} "
    return [label for label in labels if run in f" {' '.join(stems.stems(label.name))} "]


def named(query: Query, labels: Iterable[Label]) -> list[Label]:
    """Return those labels that all words of a query name, a typing error forgiven."""
    return [label for label in labels if all_name(query, label.name)]


def all_name(query: Query, name: str) -> bool:
    """Tell whether all words of a query, and one at least, stand in a name, a typing error forgiven."""
    typed = [stems.fold_word(word) for term in query.terms for word in term.text.split()]
    return bool(typed) and all(_names(word, name) for word in typed)


def nearest(query: Query, labels: Iterable[Label], most: int = 8) -> list[Label]:
    """Return the labels whose names come nearest to a word of a query, the nearest first."""
    typed = [stems.fold_word(word) for term in query.terms for word in term.text.split()]
    ranked = []
    for place, label in enumerate(labels):
        known = _words(label.name)
        near = max((JaroWinkler.similarity(word, part) for word in typed for part in known), default=0.0)
        if near >= LEAST_NEARNESS:
            ranked.append((-near, place, label))
    return [label for *_, label in sorted(ranked, key=lambda each: each[:2])[:most]]


def most_errors(typed: str) -> int:
    """Return how many letters may be wrong in a word."""
    return MOST_ERRORS if len(typed) >= LONG_WORD else 1


def errors(typed: str, known: str) -> int | None:
    """Return how many letters are wrong in a word if another was meant; None if that is not likely.

    A word that only goes on further than the other is none of its typing errors: "property" of "proper".
    """
    most = most_errors(typed)
    found = OSA.distance(typed, known, score_cutoff=most)
    longer = found > 1 and (typed.startswith(known) or known.startswith(typed))
    if found > most or longer or typed[:1] != known[:1]:
        return None
    return int(found) if JaroWinkler.similarity(typed, known) >= LEAST_SIMILARITY else None


def _names(word: str, name: str) -> bool:
    if stems.stem(word) in _stems(name):
        return True
    return len(word) > 3 and any(errors(word, part) is not None for part in _words(name))


@lru_cache(maxsize=10_000)
def _stems(name: str) -> frozenset[str]:
    tokens = list(stems.tokens(name))
    return frozenset(stem for token in tokens for stem in (token.stem, *token.also))


@lru_cache(maxsize=10_000)
def _words(name: str) -> Sequence[str]:
    return [stems.fold_word(name[token.start : token.end]) for token in stems.tokens(name)]
