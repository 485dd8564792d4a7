"""Where a passage that somebody quoted stands in a text, found again after the text was edited.

What counts are letters and signs: white space, what shows nothing, and the forms of quotation marks,
apostrophes and dashes make no difference. ``static/admin-desk/passages.js`` has the same rules.
"""

import re
from collections.abc import Iterable
from itertools import takewhile
from typing import NamedTuple

from tips.text import folding
from tips.text.html_tokens import tokens

_WITHOUT = re.compile(rf"[\s{folding.INVISIBLE}]+")
# In letters: a passage that is known by its own words, and how much of its surroundings a shorter one needs.
_LONG, _AROUND = 20, 8
# By so many letters an end of a passage is known whose inner words were changed.
_END = 8


class Passage(NamedTuple):
    """Words of a text (``quote``), with the end of what stands before and the beginning of what follows."""

    quote: str
    before: str = ""
    after: str = ""


def letters(text: str) -> str:
    """Return what of a plain text is compared."""
    return _WITHOUT.sub("", text).translate(folding.SAME_SIGNS)


def letters_of_html(source: str) -> str:
    """Return what of clean HTML is compared: its text, without bullets and what pictures show."""
    return letters("".join(token.text for token in tokens(source)))


def find(passage: Passage, whole: str) -> int | None:
    """Return where a passage begins in the ``letters`` of a text, or None where the text has it no more.

    Of several places it is the one whose surroundings are most like those that are known. A short passage is
    found only where enough of them are as they were: any text has an “and”.
    """
    quote, before, after = map(letters, passage)
    best, most = None, -1
    for at in _places(quote, whole):
        end = at + len(quote)
        alike = _alike(reversed(whole[:at]), reversed(before)) + _alike(whole[end : end + len(after)], after)
        if alike > most:
            best, most = at, alike
    enough = 0 if len(quote) >= _LONG else min(_AROUND, len(before) + len(after))
    return best if most >= enough else None


def nearest(passage: Passage, whole: str) -> int | None:
    """Return where a passage begins whose inner words were changed, or None where nothing tells.

    It stands between what is left of its two ends: each is its own first or last letters, or those of its
    surroundings. Of several stretches, the one whose length is most like the passage's.
    """
    quote, before, after = map(letters, passage)
    heads, tails = (quote[:_END], quote[-_END:]) if len(quote) >= 2 * _END else ("", "")
    before, after = before[-_END:], after[:_END]
    starts = {*_places(heads, whole)}
    ends = {at + len(tails) for at in _places(tails, whole)}
    if len(before) == _END:
        starts |= {at + _END for at in _places(before, whole)}
    if len(after) == _END:
        ends |= {*_places(after, whole)}
    longest = 2 * len(quote) + _END
    stretches = [(end - start, start) for start in starts for end in ends if 0 < end - start <= longest]
    return min(stretches, key=lambda each: (abs(each[0] - len(quote)), each[1]), default=(0, None))[1]


def _alike(one: Iterable[str], other: Iterable[str]) -> int:
    """Return how many letters two texts have in common from their beginnings."""
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return sum(1 for _ in pairs)


def _places(quote: str, whole: str) -> Iterable[int]:
    at = whole.find(quote) if quote else -1
    while at >= 0:
        yield at
        at = whole.find(quote, at + 1)
