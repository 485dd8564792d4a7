"""A reader's query in words: what is looked for, and how the words stand beside each other."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise

from tips.models import Word
from tips.text import stems as words

LONGEST_QUERY = 200
MOST_TERMS = 10

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″", '"'))
_CHUNK = re.compile(r'"([^"]*)"?|([^"]+)')


@dataclass(frozen=True)
class Term:
    """One word to search for, or several in quotes, which must stand in a row.

    ``text`` is as it was typed. ``joined`` has the stems of the words that it makes with its neighbours: for
    the two of "help desk", that of "helpdesk". ``place`` is its place among the words of the query.
    """

    text: str
    stems: tuple[str, ...]
    joined: tuple[str, ...] = ()
    place: int = 0
    quoted: bool = False

    @property
    def is_stop_word(self) -> bool:
        """Whether it only holds the sentence together."""
        return not self.quoted and self.stems[0] in words.STOP_STEMS

    @property
    def correctable(self) -> bool:
        """Whether a typing error may be looked for in it."""
        return len(self.stems) == 1 and not self.quoted and 4 <= len(self.text) <= Word.LONGEST


@dataclass(frozen=True)
class Query:
    """The terms that are looked for, and the stems of all words in their order, "" beside what is quoted."""

    terms: tuple[Term, ...] = ()
    sequence: tuple[str, ...] = ()

    @property
    def pairs(self) -> list[tuple[Term, Term]]:
        """The terms that stand side by side."""
        single = [term for term in self.terms if len(term.stems) == 1 and not term.quoted]
        return [(one, other) for one, other in pairwise(single) if other.place == one.place + 1]

    def runs(self, longest: int) -> Iterator[tuple[int, int, str]]:
        """Yield (start, stop, key) of each run of at most so many words."""
        for start in range(len(self.sequence)):
            for stop in range(start + 1, min(start + longest, len(self.sequence)) + 1):
                if "" not in self.sequence[start:stop]:
                    yield start, stop, " ".join(self.sequence[start:stop])

    def wording_without(self, lost: Collection[Term]) -> str:
        """Return the terms but some as they would be typed."""
        kept = (term for term in self.terms if term not in lost)
        return " ".join(f'"{term.text}"' if term.quoted else term.text for term in kept)


def parse(query: str) -> Query:
    """Return a reader's query in words.

    Text in quotes is a phrase. Words that only hold a sentence together ("the", "how") are dropped unless
    there are no others. What is beyond the longest query is not looked at.
    """
    sequence: list[str] = []
    terms: dict[tuple[str, ...], Term] = {}
    for quoted, bare in _CHUNK.findall(query[:LONGEST_QUERY].translate(_QUOTES)):
        found = list(words.tokens(quoted or bare))
        if quoted:
            if stems := tuple(token.stem for token in found):
                sequence += ["", stems[0] if len(stems) == 1 else "", ""]
                text = " ".join(quoted.split())
                terms.setdefault(stems, Term(text, stems, place=len(sequence) - 2, quoted=True))
            continue
        typed = [bare[token.start : token.end] for token in found]
        for number, token in enumerate(found):
            joined = _joined(typed, number)
            terms.setdefault((token.stem,), Term(typed[number], (token.stem,), joined, len(sequence)))
            sequence.append(token.stem)
    telling = [term for term in terms.values() if not term.is_stop_word]
    return Query(tuple(telling or terms.values())[:MOST_TERMS], tuple(sequence))


def _joined(typed: list[str], number: int) -> tuple[str, ...]:
    """Return the stems that a word makes when it is joined with the one before, and with the one after."""
    both = (typed[start : start + 2] for start in (number - 1, number) if start >= 0)
    return tuple(
        words.stem("".join(pair))
        for pair in both
        if len(pair) == 2 and all(words.stem(word) not in words.STOP_STEMS for word in pair)
    )
