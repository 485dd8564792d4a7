"""Cut a font down to what the readers' pages need, as WOFF2.

The font is Source Serif Pro (SIL Open Font License 1.1), as the package ``font-source-serif-pro`` brings it.
“Source” is a name that its license reserves: what is cut is another font, so its files bear no name, and the
style sheet calls it Desk. The license goes with them.
"""

from hashlib import sha256
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import font_source_serif_pro as typeface
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, newTable


class Cut(NamedTuple):
    """A font to be cut: the name of the file that is made, and where the font lies."""

    name: str
    source: str


LICENSE = "fonts/LICENSE.txt"
CUTS = (
    Cut("fonts/desk-regular.woff2", typeface.font_files_ttf["SourceSerifPro"]),
    Cut("fonts/desk-semibold.woff2", typeface.font_files_ttf["SourceSerifProSemibold"]),
)
# Pairs of letters move together, and f joins with i. Old figures would take two kilobytes more.
FEATURES = ("kern", "liga")
# Basic Latin and Latin-1, and the signs of well-set English beside them.
LETTERS = (*range(0x20, 0x7F), *range(0xA0, 0x100), *map(ord, "Œœ–—‘’‚“”„•…€→"))
# The tables that no browser needs; also the names, of which the cut font has none.
_LEFT_OUT = ("DSIG", "meta", "GDEF", "name")


def edition() -> str:
    """Return what changes with all that the result depends on: this module, and the packages that it asks."""
    packages = " ".join(version(package) for package in ("font-source-serif-pro", "fonttools", "brotli"))
    return sha256(Path(__file__).read_bytes() + packages.encode()).hexdigest()[:12]


def cut(source: str) -> bytes:
    """Return a TrueType font with LETTERS alone, without hints, as WOFF2."""
    options = Options(hinting=False, notdef_outline=True, layout_features=list(FEATURES))
    font = TTFont(source, recalcTimestamp=False)
    # Before the rest: to look in all tables for names takes as long as the cutting.
    for table in _LEFT_OUT:
        if table in font:
            del font[table]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=LETTERS)
    subsetter.subset(font)
    # Browsers ask for the table, and an empty one will do.
    font["name"] = newTable("name")
    font["name"].names = []
    font.flavor = "woff2"
    written = BytesIO()
    font.save(written)
    return written.getvalue()


def license_text() -> bytes:
    """Return the license of the font, which is to stand beside all that is made of it."""
    return Path(CUTS[0].source).with_name("LICENSE.txt").read_bytes()
