"""Words as the search sees them: folded, cut to their stems, and free of anything an engine would parse.

Both databases index the output of this module with their plainest tokeniser, so that they agree on what
is a word and which words are the same. No engine's own stemmer or stop list takes part.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from snowballstemmer.english_stemmer import EnglishStemmer

from tips.text import folding, spellings

# Words that only hold a sentence together. They are not looked for beside others, and never left out of the
# index. What changes the meaning of a query ("no", "not", "without", "after", "out") is none of them.
STOP_WORDS = frozenset(
    "a also am an and are as at be been being but by can could did do does for from had has have having"
    " he her hers him his how i if im in into is it its ive just me my of on or our ours she should so"
    " some than that the their theirs them then there these they this those to too us was we were what"
    " when where which who whom whose why will with would you your yours get one".split()
)

# Words that say little beside others, but may be what a query is about.
WEAK_WORDS = frozenset(
    "about all always another any back best bad between come day deal do during each even ever every first"
    " give go good handle just keep let let's long make many more most much need new only other out over own"
    " people really same somebody someone something still such take thing through time two until up use very"
    " want way whether while without i'm i've they're we're we've what's who's".split()
)

# In characters.
LONGEST_INDEXED = 200_000
LONGEST_STEM = 120

# Stands in an index entry between the words of a text, in their order, and what else the text is found by.
BOUNDARY = "fieldboundary"

_MARKS = "".join(chr(code) for code in range(0x300, 0x10000) if unicodedata.category(chr(code))[0] == "M")
_LETTERS = rf"[^\W_]+(?:[{_MARKS}{folding.INVISIBLE}]+[^\W_]*)*"
_APOSTROPHE = "['’‘ʼ′`´]"
# U.S. and a.m., then 1,000, then words with the apostrophes in them.
_ANY_WORD = (
    r"(?<![^\W_])[^\W\d_](?:\.[^\W\d_])+\.?(?![^\W_])|(?<![\d,])\d{1,3}(?:,\d{3})+(?!\d)"
    rf"|{_LETTERS}(?:{_APOSTROPHE}{_LETTERS})*{_APOSTROPHE}?"
)
# First what most words are. The rest finds these, too, three times slower; a test holds the two equal.
_TOKEN = re.compile(rf"[A-Za-z]++(?=[ \n,;:!?-])|[A-Za-z]{{2,}}+(?=\.)|{_ANY_WORD}")
_HYPHENS = "-‐‑"
_TIES = f"{_HYPHENS}/"
_BETWEEN = re.compile(rf"[\s{_HYPHENS[1:]}-]+")
# By its class: asked for by the language, the library takes PyStemmer where that is installed, whose version
# may know other stems than those in the rows.
_stemmer = EnglishStemmer()
# The stemmer keeps the word that it works on in itself: of two threads at once, both would get nonsense.
_stemmer_lock = threading.Lock()


class Token(NamedTuple):
    """A word of a text: text[start:end]. ``also`` has further stems that it is found by.

    Words tied by a hyphen are also found as one ("face-to-face" as "faceto"), and two words that are one word
    when joined ("follow up") are one, also found by its parts.
    """

    start: int
    end: int
    stem: str
    also: tuple[str, ...] = ()


def fold(text: str) -> str:
    """Return text without case, accents and ligatures: what a reader types and what a writer wrote agree."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", folding.without_invisible(text))
        text = "".join(char for char in text if not unicodedata.combining(char))
    return text.casefold()


def fold_word(word: str) -> str:
    """Return one word folded, with plain apostrophes and without a possessive's ending."""
    return fold(word).translate(folding.SAME_SIGNS).rstrip("'").removesuffix("'s")


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return the index form of one word: its English stem, in ASCII letters or digits; "" for no word.

    A word of other letters, or of letters and digits mixed, is written as "u" and the hexadecimal of its
    UTF-8, since the two engines disagree on what a letter is, and on what "2e10x" is.
    """
    if word == "US" or re.fullmatch(r"U\.S\.(A\.)?|U\.S(\.A)?", word):
        return "usa"
    folded = fold_word(word).replace("'", "").replace(".", "").replace(",", "")
    if not folded.isascii() or not (folded.isalpha() or folded.isdigit()):
        folded = folded.encode().hex()[:LONGEST_STEM]
        return f"u{folded}" if folded else ""
    folded = spellings.standard(folded)
    with _stemmer_lock:
        return _stemmer.stemWord(folded)[:LONGEST_STEM]


@lru_cache(maxsize=1)
def _pairs() -> dict[str, dict[str, str]]:
    """Return {stem of the first: {stem of the second: stem of both as one word}}."""
    result: dict[str, dict[str, str]] = {}
    for first, second in spellings.PAIRS:
        result.setdefault(stem(first), {})[stem(second)] = stem(first + second)
    return result


def tokens(text: str) -> Iterator[Token]:
    """Yield the words of text, in order."""
    words = [match.span() for match in _TOKEN.finditer(text)]
    count, place, pairs = len(words), 0, _pairs()
    # The word before, where a hyphen ties it to the one that is read.
    before = ""
    while place < count:
        start, end = words[place]
        word = text[start:end]
        own = stem(word)
        if not before and own not in pairs and text[end : end + 1] not in _TIES:
            # Nothing ties it to its neighbours, as with most words.
            place += 1
            if own:
                yield Token(start, end, own)
            continue
        also: tuple[str, ...] = (stem(before + word),) if before else ()
        before = ""
        place += 1
        tied = place < count and _tied(text, end, words[place][0])
        if tied or (own in pairs and place < count):
            following = text[slice(*words[place])]
            if tied and len(word) == 1 and word.isalpha() and len(following) > 2 and following.isalpha():
                own = stem(word + following)
                one = own
            elif tied or text[end : words[place][0]].isspace():
                one = pairs.get(own, {}).get(stem(following), "")
                also += (own, stem(following)) if one else ()
            else:
                one = ""
            if one:
                own, end, word = one, words[place][1], word + following
                place += 1
                tied = place < count and _tied(text, end, words[place][0])
            if tied:
                also += (stem(word + text[slice(*words[place])]),)
                before = word
        if own:
            yield Token(start, end, own, also)


def _tied(text: str, end: int, start: int) -> bool:
    """Tell whether a hyphen, or the slash of "24/7", is all that stands between two words."""
    if start != end + 1:
        return False
    return text[end] in _HYPHENS or (text[end] == "/" and text[end - 1].isdigit() and text[start].isdigit())


def stems(text: str) -> list[str]:
    """Return the stems of all words of text, in order."""
    return [token.stem for token in tokens(text)]


def pair(first: str, second: str) -> str:
    """Return the index form of two stems side by side, which no word has."""
    return f"{first}0{second}"


def pairs(sequence: Sequence[str]) -> list[str]:
    """Return the index form of each two neighbours in a sequence of stems."""
    return [pair(*two) for two in pairwise(sequence)]


def indexed(text: str, with_pairs: bool = False) -> str:
    """Return text as it goes into the index: its stems in order, a boundary, and what else it is found by.

    ``with_pairs`` says whether two words side by side are indexed as such; it is meant for short texts. Of a
    text that is a book, only the beginning: PostgreSQL refuses a row whose index entry is over 1 MB.
    """
    found = list(tokens(text[:LONGEST_INDEXED]))
    sequence = [token.stem for token in found]
    more = dict.fromkeys(each for token in found for each in token.also)
    if with_pairs:
        more |= dict.fromkeys(pairs(sequence))
    entry = " ".join(sequence)[:LONGEST_INDEXED]
    return f"{entry} {BOUNDARY} {' '.join(more)}"[: LONGEST_INDEXED + LONGEST_INDEXED // 2] if more else entry


def in_order(entry: str) -> list[str]:
    """Return the stems of an index entry in the order of the text, without what follows the boundary."""
    return entry.partition(f" {BOUNDARY} ")[0].split()


def vocabulary(text: str, longest: int) -> set[str]:
    """Return the set of different words of text, folded, that a typing error may be corrected to."""
    words = set()
    for token in tokens(text[:LONGEST_INDEXED]):
        parts = _BETWEEN.split(fold_word(text[token.start : token.end]))
        words |= {*parts, "".join(parts)}
    return {word for word in words if 3 <= len(word) <= longest and word.isalpha()}


STOP_STEMS = frozenset(map(stem, STOP_WORDS))
WEAK_STEMS = frozenset(map(stem, WEAK_WORDS))
