"""Typing errors: which word of the public tips may have been meant by one that none of them has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Substr
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from tips.models import Word
from tips.search import labels
from tips.search.archive import Archive
from tips.search.postings import Postings, read
from tips.search.terms import Term
from tips.text import stems

# So many likely words are looked up for each wrong one.
MOST_CANDIDATES = 20


@dataclass(frozen=True)
class Candidate:
    """A word that may have been meant, with how many errors, and how unlike the typed one it looks."""

    word: str
    errors: int
    distance: float

    @property
    def term(self) -> Term:
        return Term(self.word, (stems.stem(self.word),))


def likely(wrong: Sequence[str]) -> list[list[Candidate]]:
    """Return for each wrong word the known words that it may have been meant as, likeliest first.

    Stems are compared as well as words, since the archive may know the word in another form only.
    """
    lengths = {length for word in wrong for length in range(len(stems.stem(word)) - 2, len(word) + 3)}
    # One of the two first letters is right: words without are not similar enough.
    letters = {letter for word in wrong for letter in word[:2]}
    words = Word.objects.annotate(first=Substr("word", 1, 1), second=Substr("word", 2, 1))
    near_words = words.filter(Q(first__in=letters) | Q(second__in=letters), length__in=lengths)
    rows = near_words.values_list("word", "stem", "tips")
    known = {word: (stem, tips) for word, stem, tips in rows}
    result = []
    for word in wrong:
        near = {each.word: each for each in _near(word, {other: other for other in known})}
        for each in _near(stems.stem(word), {other: stem for other, (stem, _) in known.items()}):
            near.setdefault(each.word, each)
        found = sorted(
            near.values(), key=lambda each: (each.errors, -known[each.word][1], each.distance, each.word)
        )
        result.append(found[:MOST_CANDIDATES])
    return result


def _near(typed: str, known: Mapping[str, str]) -> list[Candidate]:
    """Return those of some words, each with the form that is compared, that are near to a typed form."""
    near = process.extract(typed, known, scorer=OSA.distance, score_cutoff=labels.MOST_ERRORS, limit=None)
    found = [Candidate(word, int(errors), JaroWinkler.distance(typed, form)) for form, errors, word in near]
    return [each for each in found if 1 - each.distance >= labels.LEAST_SIMILARITY]


def correct(wrong: Sequence[Term], public: Archive) -> tuple[dict[Term, Term], Postings]:
    """Return {term: the term that was meant} of those where one is likely, and where tips hold those.

    Of words with as few errors, the one that more public tips hold is meant. Only words of public tips and
    of their labels are ever suggested: what is still to come cannot be guessed at.
    """
    candidates = likely([stems.fold_word(term.text) for term in wrong])
    wanted = {each.term.stems[0]: each.term for found in candidates for each in found}
    named = {stem: labels.holding(term, public.labels) for stem, term in wanted.items()}
    postings = read(wanted.keys(), labels={label for held in named.values() for label in held})
    counts = {
        stem: len(public.place.keys() & set[int]().union(*postings.stems.get(stem, {}).values()))
        for stem in wanted
    }
    meant = {}
    for term, found in zip(wrong, candidates, strict=True):
        known = [each for each in found if counts[each.term.stems[0]] or named[each.term.stems[0]]]
        if known:
            best = min(
                known, key=lambda each: (each.errors, -counts[each.term.stems[0]], each.distance, each.word)
            )
            meant[term] = Term(best.word, best.term.stems, place=term.place)
    return meant, postings
