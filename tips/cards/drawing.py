"""One card: the bell on its counter with the title, under the counter the takeaway, at the foot the site."""

import io

from PIL import Image, ImageDraw

from tips.cards import texts

WIDTH, HEIGHT = 1200, 630
# To be raised with each change of what a card looks like: then all are drawn anew.
DESIGN = 1

_PAPER, _INK, _ACCENT = (0xFD, 0xFB, 0xF6), (0x23, 0x20, 0x1B), (0x93, 0x33, 0x1F)
_COLOURS = 64
# All in pixels: the edge on either side, the counter, and where the title and the takeaway have their room.
_EDGE = 88
_COUNTER, _COUNTER_HEIGHT = 208, 4
_TITLE_LEFT, _TITLE_FOOT = 268, 188
_TAKEAWAY_TOP = 252
_SITE_FOOT = 568
# (size, most lines), from the best to the smallest.
_TITLE_SIZES = [(42, 2), (34, 3), (28, 4)]
_TAKEAWAY_SIZES = [(72, 3), (60, 4), (50, 4), (42, 5)]
_SITE_SIZES = [(28, 1)]
# The bell is drawn so many times as large, and made small: that smooths its edges.
_FINER = 4


def tip_card(title: str, takeaway: str, site_name: str) -> bytes | None:
    """Return the card of a tip as PNG: for the same words the same bytes.

    None where the typeface lacks a letter or a sign: then the site's own card has to do.
    """
    title, takeaway, site_name = map(texts.cleaned, (title, takeaway, site_name))
    if not texts.can_write(title, takeaway):
        return None
    image = _counter()
    if takeaway:
        beside = texts.fitted(title, texts.SEMIBOLD, _TITLE_SIZES, WIDTH - _EDGE - _TITLE_LEFT, 1.15)
        _write(image, beside, _TITLE_LEFT, _TITLE_FOOT - len(beside.lines) * beside.height)
    file = texts.REGULAR if takeaway else texts.SEMIBOLD
    below = texts.fitted(takeaway or title, file, _TAKEAWAY_SIZES, WIDTH - 2 * _EDGE, 1.14)
    _write(image, below, _EDGE, _TAKEAWAY_TOP)
    if site_name and texts.can_write(site_name):
        foot = texts.fitted(site_name, texts.SEMIBOLD, _SITE_SIZES, WIDTH - 2 * _EDGE, 1.2)
        _write(image, foot, _EDGE, _SITE_FOOT - foot.height)
    return _as_png(image)


def site_card(site_name: str) -> bytes:
    """Return the site's own card as PNG; with the bell alone where the typeface cannot write its name."""
    image, site_name = _counter(), texts.cleaned(site_name)
    if site_name and texts.can_write(site_name):
        written = texts.fitted(site_name, texts.SEMIBOLD, _TAKEAWAY_SIZES, WIDTH - 2 * _EDGE, 1.14)
        _write(image, written, _EDGE, _TAKEAWAY_TOP)
    return _as_png(image)


def _counter() -> Image.Image:
    """Return the paper, and on its counter the bell of ``templates/_bell.html``, six times as large."""
    image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    scale, left, top = 6 * _FINER, _EDGE, 83
    mask = Image.new("L", (24 * scale, 21 * scale))
    draw = ImageDraw.Draw(mask)
    half = 0.9 * scale
    for x0, y0, x1, y1 in ((9, 1.2, 15, 1.2), (12, 2, 12, 6)):
        ends = [(x0 * scale - half, y0 * scale - half), (x1 * scale + half, y1 * scale + half)]
        draw.rounded_rectangle(ends, radius=half, fill=255)
    dome = [(0.5 * scale, 6.5 * scale), (23.5 * scale, 31.5 * scale)]
    draw.pieslice(dome, 180, 360, fill=255)
    small = mask.resize((mask.width // _FINER, mask.height // _FINER), Image.Resampling.BOX)
    image.paste(_ACCENT, (left, top), small)
    counter = [(0, _COUNTER), (WIDTH - 1, _COUNTER + _COUNTER_HEIGHT - 1)]
    ImageDraw.Draw(image).rectangle(counter, fill=_ACCENT)
    return image


def _write(image: Image.Image, written: texts.Written, left: int, top: int) -> None:
    draw = ImageDraw.Draw(image)
    ascent, descent = written.font.getmetrics()
    baseline = top + (written.height - ascent - descent) // 2 + ascent
    for number, line in enumerate(written.lines):
        draw.text((left, baseline + number * written.height), line, _INK, written.font, anchor="ls")


def _as_png(image: Image.Image) -> bytes:
    few = image.quantize(_COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(out := io.BytesIO(), "PNG", optimize=True)
    return out.getvalue()
