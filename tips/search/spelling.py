"""Typing errors: which word may have been meant by one that no public tip has.

Words of public tips and of their labels may be meant, and words of synonym groups by which a public tip is
found. What is still to come cannot be guessed at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import IntegerField, Q, Value
from django.db.models.functions import Length
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from tips.models import Synonym, Word
from tips.search import labels
from tips.search.archive import Archive
from tips.search.postings import Postings, read
from tips.search.terms import Term
from tips.text import stems

# So many likely words are looked up for each wrong one.
MOST_CANDIDATES = 20
# Of a shorter word without an ending, the stem is not compared: "blond" is no "blinks".
LEAST_COMPARED = 6


@dataclass(frozen=True)
class Candidate:
    """A word that may have been meant, with how many errors, and how unlike the typed one it looks.

    ``synonyms`` has the keys of the group that it is in, if any.
    """

    word: str
    errors: int
    distance: float
    synonyms: tuple[str, ...] = ()

    @property
    def term(self) -> Term:
        return Term(self.word, (stems.stem(self.word),))


def likely(wrong: Sequence[str]) -> list[list[Candidate]]:
    """Return for each wrong word the known words that it may have been meant as, likeliest first.

    A word of a synonym, alone or with others, is no typing error: there are none for it. Stems are compared,
    too, since the archive may know the word in another form only.
    """
    known, groups = _known(wrong)
    keys = {part for group in groups.values() for key in group for part in key.split()}
    result: list[list[Candidate]] = []
    for word in wrong:
        stem = stems.stem(word)
        if stem in keys:
            result.append([])
            continue
        near = _near(word, {other: other for other in known})
        if stem != word or len(word) >= LEAST_COMPARED:
            near = _near(stem, {other: stem for other, (stem, *_) in known.items()}) | near
        found = [
            Candidate(other, *measures, tuple(groups.get(known[other][2], ())))
            for other, measures in near.items()
        ]
        found.sort(key=lambda each: (each.errors, -known[each.word][1], each.distance, each.word))
        result.append(found[:MOST_CANDIDATES])
    return result


def _known(wrong: Sequence[str]) -> tuple[dict[str, tuple[str, int, int]], dict[int, list[str]]]:
    """Return {word: (stem, in how many tips, id of its group or 0)} and {id of a group: keys}.

    Those that may come near to some words, and the groups that hold one of these words. In one statement.
    """
    lengths = {length for word in wrong for length in range(len(stems.stem(word)) - 2, len(word) + 3)}
    words, single, holding = Q(), Q(), Q()
    for word in wrong:
        words |= Q(word__startswith=word[0])
        single |= Q(text__istartswith=word[0])
        holding |= Q(key__contains=stems.stem(word))
    near = Synonym.objects.alias(length=Length("text")).filter(single, length__in=lengths)
    grouped = Synonym.objects.filter(Q(group__in=near.values("group")) | holding).order_by()
    archive = Word.objects.filter(words, length__in=lengths).order_by()
    rows = archive.values_list("word", "stem", "tips", Value(0, output_field=IntegerField())).union(
        grouped.values_list("text", "key", Value(0), "group"), all=True
    )
    known: dict[str, tuple[str, int, int]] = {}
    groups: dict[int, list[str]] = {}
    for text, key, tips, group in rows:
        if not group:
            # Folded already.
            known[text] = (key, tips, known.get(text, ("", 0, 0))[2])
            continue
        groups.setdefault(group, []).append(key)
        if text.isalpha():
            word = stems.fold_word(text)
            known[word] = (key, known.get(word, ("", 0, 0))[1], group)
    return known, groups


def _near(typed: str, known: Mapping[str, str]) -> dict[str, tuple[int, float]]:
    """Return {word: (errors, distance)} of those words whose form is near to a typed one."""
    close = process.extract(typed, known, scorer=OSA.distance, score_cutoff=labels.MOST_ERRORS, limit=None)
    found = ((word, form, labels.errors(typed, form)) for form, _, word in close)
    return {
        word: (errors, JaroWinkler.distance(typed, form))
        for word, form, errors in found
        if errors is not None
    }


def correct(wrong: Sequence[Term], public: Archive) -> tuple[dict[Term, Term], Postings]:
    """Return {term: the term that was meant} of those where one is likely, and where tips hold those.

    Of words with as few errors, the one that more public tips hold is meant.
    """
    candidates = likely([stems.fold_word(term.text) for term in wrong])
    wanted = {each.term.stems[0]: each.term for found in candidates for each in found}
    kin = {key for found in candidates for each in found for key in each.synonyms}
    named = {stem: labels.holding(term, public.labels) for stem, term in wanted.items()}
    postings = read(
        sorted({*wanted, *(key for key in kin if " " not in key)}),
        sorted(tuple(key.split()) for key in kin if " " in key),
        {label for held in named.values() for label in held},
    )
    counts = {stem: _public(postings, (stem,), public) for stem in wanted}
    meant = {}
    for term, found in zip(wrong, candidates, strict=True):
        known = [
            each
            for each in found
            if counts[each.term.stems[0]]
            or named[each.term.stems[0]]
            or any(_public(postings, tuple(key.split()), public) for key in each.synonyms)
        ]
        if known:
            best = min(
                known, key=lambda each: (each.errors, -counts[each.term.stems[0]], each.distance, each.word)
            )
            meant[term] = Term(best.word, best.term.stems, place=term.place)
    return meant, postings


def _public(postings: Postings, run: tuple[str, ...], public: Archive) -> int:
    """Return how many public tips hold a word or a phrase."""
    held = postings.stems.get(run[0], {}).values() if len(run) == 1 else [postings.phrases.get(run, [])]
    return len(public.place.keys() & set[int]().union(*held))
