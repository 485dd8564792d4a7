"""Words in lines: how large a text may be written so that it fits, and where its lines end."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import font_source_serif_pro as typeface
from PIL import ImageFont

from tips.text import shortening

REGULAR = typeface.font_files_ttf["SourceSerifPro"]
SEMIBOLD = typeface.font_files_ttf["SourceSerifProSemibold"]
# What is written otherwise where the typeface lacks it, without a change in meaning.
_SAME = str.maketrans({"\u2011": "-"})
# No card holds more, in characters; and lines are of the same width within so many pixels.
_LONGEST = 500
_NEARLY = 8


class Written(NamedTuple):
    """A text in lines of one size, in pixels; ``height`` is that of one line."""

    lines: list[str]
    font: ImageFont.FreeTypeFont
    height: int


def cleaned(text: str) -> str:
    """Return a text as one line, without what is invisible in it."""
    composed = unicodedata.normalize("NFC", text).translate(_SAME)
    visible = (char for char in composed if unicodedata.category(char) != "Cf")
    return " ".join("".join(visible).split())


def can_write(*texts: str) -> bool:
    """Tell whether the typeface has every letter and sign of cleaned texts; of emoji it has none."""
    return all(ord(char) in _signs() for text in texts for char in text)


def fitted(text: str, file: str, sizes: Sequence[tuple[int, int]], width: int, line_height: float) -> Written:
    """Return a text in the first of ``sizes`` in which it fits, as lines of nearly the same width.

    Each size is (height of the letters in pixels, most lines). What does not fit in the last one is cut
    after a word, with an ellipsis.
    """
    text = shortening.at_word(text, _LONGEST)
    for size, most in sizes:
        measured = _Measured(text, _font(file, size), width)
        lines = measured.lines(width)
        if len(lines) <= most:
            return Written(measured.balanced(len(lines)), measured.font, round(size * line_height))
    lines = [*lines[: most - 1], measured.cut(lines[most - 1])]
    return Written(lines, measured.font, round(size * line_height))


class _Measured:
    """The words of a text with their widths in a font, each no wider than a line."""

    def __init__(self, text: str, font: ImageFont.FreeTypeFont, width: int) -> None:
        self.font, self._width = font, width
        self._space = font.getlength(" ")
        self._words = [
            (piece, font.getlength(piece)) for word in text.split() for piece in _pieces(word, font, width)
        ]

    def lines(self, width: float) -> list[str]:
        """Return the text as lines of at most a width, or of one word."""
        lines: list[list[str]] = []
        taken = width
        for word, length in self._words:
            if taken + self._space + length > width:
                lines.append([word])
                taken = length
            else:
                lines[-1].append(word)
                taken += self._space + length
        return [" ".join(line) for line in lines]

    def balanced(self, count: int) -> list[str]:
        """Return the text in as many lines, of about the least width in which it takes no more of them."""
        low, high = self._width // 2, self._width
        while high - low > _NEARLY:
            middle = (low + high) // 2
            low, high = (low, middle) if self._fit(middle, count) else (middle, high)
        return self.lines(high)

    def _fit(self, width: int, count: int) -> bool:
        return max(length for _, length in self._words) <= width and len(self.lines(width)) <= count

    def cut(self, line: str) -> str:
        """Return a line that others would follow, ended after a word with an ellipsis, within the width."""
        words = line.split()
        while words:
            ended = " ".join(words).rstrip(".,;:–—-(“‘") + "…"
            if self.font.getlength(ended) <= self._width:
                return ended
            words.pop()
        return line[: len(line) * 3 // 4] + "…"


def _pieces(word: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Return a word in pieces of at most a width."""
    if font.getlength(word) <= width:
        return [word]
    pieces, taken = [""], 0.0
    for letter in word:
        length = font.getlength(letter)
        if taken + length > width:
            pieces.append("")
            taken = 0.0
        pieces[-1] += letter
        taken += length
    return pieces


@lru_cache(maxsize=16)
def _font(file: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.RAQM)


@lru_cache(maxsize=1)
def _signs() -> frozenset[int]:
    """Return the code points that both weights of the typeface have."""
    # Loaded when it is needed: all processes would hold it otherwise.
    from fontTools.ttLib import TTFont

    known: list[set[int]] = []
    for file in (REGULAR, SEMIBOLD):
        with TTFont(file, lazy=True) as font:
            known.append(set(font.getBestCmap() or {}))
    return frozenset(set.intersection(*known))
