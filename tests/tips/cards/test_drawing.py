"""What a card looks like, whatever a tip is called: no text overflows, none is heavy."""

import io
import random

import pytest
from PIL import Image

from tips.cards import drawing, texts

_WORDS = (
    "Listen before you answer when somebody “stalls” & looks at the clock – naïvely, größer, naše".split()
)
_LONG = ["x" * 200, "y" * 900, "A " * 100, "Because, and so on. " * 60, "W" * 199 + " I"]


def pixels(card):
    image = Image.open(io.BytesIO(card))
    assert (image.size, image.format) == ((1200, 630), "PNG")
    assert len(image.getcolors()) <= 64
    return image.convert("RGB")


def made(count):
    """Titles and takeaways of all lengths, the longest of them too."""
    chance = random.Random(630)
    for number in range(count):
        length = chance.choice([1, 4, 9, 20, 35])
        title = " ".join(chance.choices(_WORDS, k=length))[:200]
        takeaway = " ".join(chance.choices(_WORDS, k=length * 2)) if number % 4 else ""
        yield (title, takeaway)
    yield from ((title[:200], takeaway) for title in _LONG for takeaway in _LONG[:3])


@pytest.mark.parametrize("every", [13, pytest.param(1, marks=pytest.mark.soak)])
def test_no_text_overflows_and_no_card_is_heavy(every):
    paper, sizes = (0xFD, 0xFB, 0xF6), []
    for title, takeaway in [*made(85)][::every]:
        card = drawing.tip_card(title, takeaway, "Tip of the Week")
        sizes.append(len(card))
        image = pixels(card)
        # Around the texts: both sides, the top, the line above the counter, the lines beside the foot.
        for free in ((0, 0, 1200, 60), (0, 0, 84, 208), (1130, 0, 1200, 208), (0, 212, 84, 630)):
            assert _only(image.crop(free), paper), (title, takeaway, free)
        for free in ((1130, 212, 1200, 630), (0, 580, 1200, 630), (0, 529, 1200, 534), (268, 204, 1200, 208)):
            assert _only(image.crop(free), paper), (title, takeaway, free)
    assert max(sizes) < 60_000
    assert sum(sizes) / len(sizes) < 40_000


def _only(image, colour):
    return all(
        all(abs(one - other) < 12 for one, other in zip(found, colour, strict=True))
        for _, found in image.getcolors(100_000)
    )


def test_the_same_words_are_the_same_bytes_and_others_are_not():
    card = drawing.tip_card("Call back", "Then call again.", "Tips")
    assert drawing.tip_card("Call  back\n", "Then\ncall\u200b again.", "Tips") == card
    others = [
        ("Call back", "", "Tips"),
        ("Call", "Then call again.", "Tips"),
        ("Call back", "Then call again.", ""),
    ]
    assert card not in [drawing.tip_card(*words) for words in others]
    # Composed or not, a letter is the same.
    assert drawing.tip_card("Über", "", "Tips") == drawing.tip_card("U\u0308ber", "", "Tips")


@pytest.mark.parametrize(
    "foreign", ["Say thanks 🎉", "先听再说", "שיר השירים", "استمع أولاً", "ฟังก่อน", "1️⃣ first", "\U000f0000"]
)
def test_what_the_typeface_cannot_write_has_no_card_of_its_own(foreign):
    assert drawing.tip_card(foreign, "Listen.", "Tips") is None
    assert drawing.tip_card("Listen", foreign, "Tips") is None
    # The site's name is at the foot alone.
    assert drawing.tip_card("Listen", "First.", foreign) == drawing.tip_card("Listen", "First.", "")
    assert drawing.site_card(foreign) == drawing.site_card("")


def test_lines_are_balanced_and_a_cut_ends_at_a_word():
    short = texts.fitted("When somebody stalls, look at the clock.", texts.REGULAR, [(72, 3)], 1024, 1)
    assert short.lines == ["When somebody", "stalls, look at the clock."] or len(short.lines) == 2
    widths = [short.font.getlength(line) for line in short.lines]
    assert min(widths) > 0.5 * max(widths)
    cut = texts.fitted("Listen, then answer. " * 30, texts.REGULAR, [(72, 1)], 1024, 1)
    assert cut.lines == ["Listen, then answer. Listen…"]
    assert cut.font.getlength(cut.lines[0]) <= 1024
