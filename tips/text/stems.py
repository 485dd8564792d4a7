"""Words as the search sees them: folded, cut to their stems, and free of anything an engine would parse.

Both databases index the output of this module with their plainest tokeniser, so that they agree on what
is a word and which words are the same. No engine's own stemmer or stop list takes part.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from snowballstemmer.english_stemmer import EnglishStemmer

# Words that say nothing about a reader's situation; dropped from what a reader asks, never from the index.
STOP_WORDS = frozenset(
    "a about after all also am an and any are as at be been but by can could did do does for from get had"
    " has have he her him his how i if in into is it its just me my no nor not of on or our out she should"
    " so some that the their them then there these they this those to too up us was we were what when"
    " where which who why will with would you your".split()
)

# In characters.
LONGEST_INDEXED = 200_000
LONGEST_STEM = 120

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*['’]?")
_LETTER_HYPHEN = re.compile(r"(?<![^\W_])([^\W\d_])[-\u2010\u2011](?=[^\W\d_]{3})")
# By its class: asked for by the language, the library takes PyStemmer where that is installed, whose version
# may know other stems than those in the rows.
_stemmer = EnglishStemmer()
# The stemmer keeps the word that it works on in itself: of two threads at once, both would get nonsense.
_stemmer_lock = threading.Lock()


def fold(text: str) -> str:
    """Return text without case, accents and ligatures: what a reader types and what a writer wrote agree."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in text if not unicodedata.combining(char))
    return text.casefold()


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return the index form of one word: its English stem, in ASCII letters or digits; "" for no word.

    A word of other letters, or of letters and digits mixed, is written as "u" and the hexadecimal of its
    UTF-8, since the two engines disagree on what a letter is, and on what "2e10x" is.
    """
    folded = fold(word).replace("’", "'").removesuffix("'s").replace("'", "")
    if not folded.isascii() or not (folded.isalpha() or folded.isdigit()):
        folded = folded.encode().hex()[:LONGEST_STEM]
        return f"u{folded}" if folded else ""
    with _stemmer_lock:
        return _stemmer.stemWord(folded)[:LONGEST_STEM]


def split(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, word) of each word in text, where start and end are offsets of characters.

    A single letter before a hyphen belongs to its word: "e-mail" and "email" are one.
    """
    for match in _WORD.finditer(text):
        yield match.start(), match.end(), match.group()


def joined(text: str) -> str:
    """Return text with "e-mail" written as "email", so that both spellings meet."""
    return _LETTER_HYPHEN.sub(r"\1", text)


def stems(text: str) -> list[str]:
    """Return the stems of all words of text, in order."""
    return list(filter(None, map(stem, _WORD.findall(joined(text)))))


def indexed(text: str) -> str:
    """Return text as it goes into the index: its stems, separated by spaces.

    Of a text that is a book, only the beginning: PostgreSQL refuses a row whose index entry is over 1 MB.
    """
    return " ".join(stems(text[:LONGEST_INDEXED]))[:LONGEST_INDEXED]


def vocabulary(text: str, longest: int) -> set[str]:
    """Return the set of different words of text, folded, that a typing error may be corrected to."""
    words = _WORD.findall(joined(text[:LONGEST_INDEXED]))
    folded = {fold(word).replace("’", "'").removesuffix("'s") for word in words}
    return {word for word in folded if 3 <= len(word) <= longest and word.isalpha()}
