"""Typing errors: which word may have been meant by one that no public tip has.

Words of public tips and of their labels may be meant, and words of synonym groups by which a public tip is
found. What is still to come cannot be guessed at.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.db import connection
from rapidfuzz.distance import JaroWinkler

from tips.search import labels
from tips.search.archive import Archive
from tips.search.postings import Param, Postings, Sql, read, union
from tips.search.ranking import is_telling
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


@dataclass
class _Known:
    """What is known of a word: its stem, in how many tips it stands, the keys of its group of synonyms."""

    stem: str
    tips: int = 0
    synonyms: tuple[str, ...] = ()


def likely(wrong: Sequence[str]) -> list[list[Candidate]]:
    """Return for each wrong word the known words that it may have been meant as, likeliest first.

    A word of a synonym, alone or with others, is no typing error: there are none for it. Stems are compared,
    too, since the archive may know the word in another form only.
    """
    result: list[list[Candidate]] = []
    for word, known in zip(wrong, _known(wrong), strict=True):
        stem = stems.stem(word)
        near = _near(word, ((other, other) for other in known))
        if stem != word or len(word) >= LEAST_COMPARED:
            near = _near(stem, ((other, each.stem) for other, each in known.items())) | near
        found = [Candidate(other, *measures, known[other].synonyms) for other, measures in near.items()]
        found.sort(key=lambda each: (each.errors, -known[each.word].tips, each.distance, each.word))
        result.append(found[:MOST_CANDIDATES])
    return result


def _known(wrong: Sequence[str]) -> list[dict[str, _Known]]:
    """Return for each wrong word {word: what is known of it} of the words that may come near.

    There are none where the wrong word is in a group of synonyms itself. In one statement.
    """
    parts = [part for number, word in enumerate(wrong) for part in _statements(number, word)]
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(*union(parts))
        rows = cursor.fetchall()
    result: list[dict[str, _Known]] = [{} for _ in wrong]
    for number, text, stem, tips, group in rows:
        if not group:
            # Folded already.
            result[number].setdefault(text, _Known(stem)).tips = tips
        elif text.isalpha():
            known = result[number].setdefault(stems.fold_word(text), _Known(stem))
            known.stem, known.synonyms = stem, tuple(group.split(","))
    for number, text, *_ in rows:
        if not text:
            result[number] = {}
    return result


def _statements(number: int, word: str) -> Iterator[Sql]:
    """Yield statements for (number, word, stem, tips, keys of its group) of the words that may come near one.

    The word is empty where a synonym holds the wrong one.
    """
    stem, listed = stems.stem(word), "string_agg(m.key, ',')"
    # On SQLite, GLOB alone uses an index, and LIKE alone overlooks case.
    exact, any_case, anything = "LIKE", "ILIKE", "%"
    if connection.vendor == "sqlite":
        exact, any_case, anything, listed = "GLOB", "LIKE", "*", "group_concat(m.key)"
    shortest, longest = len(stem) - labels.MOST_ERRORS, len(word) + labels.MOST_ERRORS
    forms = list(patterns(word, labels.most_errors(word)))
    of_stem = [anything.join(pattern) for pattern in patterns(stem, labels.most_errors(stem))]
    by_stem = " OR ".join([f"{{}} {exact} %s"] * len(of_stem))
    for columns, table, operator, sign in (
        ("word, stem, tips, ''", "tips_word", exact, anything),
        (
            f"text, key, 0, (SELECT {listed} FROM tips_synonym m WHERE m.group_id = s.group_id)",
            "tips_synonym s",
            any_case,
            "%",
        ),
    ):
        name, key = columns.split(", ")[:2]
        of_word = [sign.join(pattern) for pattern in forms]
        near = " OR ".join([f"{name} {operator} %s"] * len(of_word) + [by_stem.replace("{}", key)])
        params: list[Param] = [f"{word[0]}{sign}", shortest, longest, *of_word, *of_stem]
        yield (
            f"SELECT {number}, {columns} FROM {table}"
            f" WHERE {name} {operator} %s AND length({name}) BETWEEN %s AND %s AND ({near})",
            params,
        )
    held = "SELECT 1 FROM tips_synonym WHERE key LIKE %s AND ' ' || key || ' ' LIKE %s"
    yield f"SELECT {number}, '', '', 0, '' WHERE EXISTS ({held})", [f"%{stem}%", f"% {stem} %"]


def patterns(word: str, errors: int) -> Iterator[Sequence[str]]:
    """Yield patterns, of which one fits each word that may be meant by another with so many errors at most.

    A pattern is what stands around "anything". The word that is meant has the same first letter.
    """
    # Of one part more than there are errors, one is whole …
    cuts = [len(word) * number // (errors + 1) for number in range(errors + 2)]
    for start, stop in pairwise(cuts):
        yield [""] * (start > 0) + [word[start:stop]] + [""] * (stop < len(word))
    # … unless two letters have changed places where two parts meet.
    for cut in cuts[1:-1]:
        if cut:
            swapped = word[: cut - 1] + word[cut] + word[cut - 1] + word[cut + 1 :]
            yield from patterns(swapped, errors - 1)


def _near(typed: str, known: Iterable[tuple[str, str]]) -> dict[str, tuple[int, float]]:
    """Return {word: (errors, distance)} of those (word, form) whose form is near to a typed one."""
    found = ((word, form, labels.errors(typed, form)) for word, form in known)
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
        {label for held in named.values() for label in held if is_telling(label, public)},
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
