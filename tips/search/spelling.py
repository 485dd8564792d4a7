"""Typing errors: which word may have been meant, and whether somebody's words name a thing.

It knows words and letters only; which tips hold a word is asked of ``search``.
"""

from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from tips.models import Word
from tips.text import stems

# A word is a likely slip for another with at most so many letters wrong, left out or swapped, and at least
# this Jaro-Winkler likeness: "recovry" for "recover", not for "record".
MOST_ERRORS = 2
ALIKE = 0.92


def likely(wrong):
    """Return for each wrong word at most five known ones it may have been meant as, likeliest first."""
    lengths = {length for word in wrong for length in range(len(word) - 2, len(word) + 3)}
    known = list(Word.objects.filter(length__in=lengths).values_list("word", flat=True))
    result = []
    for word in wrong:
        near = process.extract(word, known, scorer=OSA.distance, score_cutoff=MOST_ERRORS, limit=None)
        nearest = [(distance, -JaroWinkler.similarity(word, other), other) for other, distance, _ in near]
        result.append([other for _, likeness, other in sorted(nearest) if -likeness >= ALIKE][:5])
    return result


def named(terms, ways):
    """Return those of some categories or tags that a reader's words name, a typing error forgiven.

    ``terms`` is what was typed; ``ways`` are things with a ``name``.
    """
    wanted = [stems.fold(word) for term in terms for _, _, word in stems.split(term.text)]
    return [way for way in ways if wanted and all(_names(word, way.name) for word in wanted)]


def _names(word, name):
    known = [stems.fold(part) for _, _, part in stems.split(stems.joined(name))]
    if stems.stem(word) in map(stems.stem, known):
        return True
    return len(word) > 3 and any(
        OSA.distance(word, part) <= MOST_ERRORS and JaroWinkler.similarity(word, part) >= ALIKE
        for part in known
    )
