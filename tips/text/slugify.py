"""Slugs: the part of a URL that a title or a name makes, and the form in which one is looked up.

A slug has letters, digits, vowel signs and other marks of any script, "-" and "_", in small letters and in
NFKC. ``canonical`` gives the same for every spelling of one slug in a URL: decomposed, in capitals, in wide
letters.
"""

import re
import unicodedata

from tips.text import folding

# What a path may hold in place of a slug: whatever is ASCII and no part of a slug leads nowhere.
IN_PATH = r"(?:[-\w]|[^\x00-\x7f])+"
_DASHES = re.compile(r"[‐‑‒–—―…/]|\.{2,}")
# Joiners too, which a reader cannot copy from a page.
_INVISIBLE = re.compile(f"[{folding.INVISIBLE}]+")
_BREAKS = re.compile(r"[-\s_]*[-\s][-\s_]*")
_UNDERSCORES = re.compile("_{2,}")
_APART = "-_"


def slugify(text: str, longest: int, *, accents: bool = True) -> str:
    """Return the slug that a title or a name makes; empty only for a text in which nothing is visible.

    Signs are left out, as WordPress does it, so that URLs of its archives stay the same ("Q&A" makes "qa").
    Only where nothing else is left are they spelt by their Unicode names: "…" makes "horizontal-ellipsis".
    ``longest`` is in characters; a longer slug ends before a hyphen. Without ``accents``, Latin letters lose
    theirs.
    """
    text = folding.visible(text)
    plain = canonical(_DASHES.sub(" ", text.translate(folding.SAME_SIGNS)))
    if not accents:
        plain = re.sub(r"(?<=[a-z])[\u0300-\u036f]+", "", unicodedata.normalize("NFD", plain))
        plain = unicodedata.normalize("NFKC", plain)
    slug = _UNDERSCORES.sub("_", _BREAKS.sub("-", "".join(filter(_may_stand, plain)))).strip(_APART)
    slug = slug or _spelt(text)
    if len(slug) > longest:
        slug = (slug[: longest + 1].rpartition("-")[0] or slug[:longest]).strip(_APART)
    return slug


def canonical(slug: str) -> str:
    """Return the form of a slug, or of a path, in which it is stored and looked up."""
    small = unicodedata.normalize("NFKC", _INVISIBLE.sub("", slug)).lower()
    # Its capital is two letters.
    return unicodedata.normalize("NFKC", small).replace("ß", "ss")


def is_slug(text: str) -> bool:
    """Tell whether a text may be somebody's choice of a slug."""
    parts = re.split("[-_]", text)
    return text == canonical(text) and all(part and all(map(_is_of_word, part)) for part in parts)


def _is_of_word(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char) in ("Mn", "Mc")


def _may_stand(char: str) -> bool:
    return char in "-_" or char.isspace() or _is_of_word(char)


def _spelt(text: str) -> str:
    """Return the names of the characters of a text, each once in a row."""
    chars = "".join(_INVISIBLE.sub("", text).split())
    names = [unicodedata.name(char, f"u-{ord(char):x}") for char in chars]
    kept = [name for place, name in enumerate(names) if place == 0 or name != names[place - 1]]
    return re.sub("[^a-z0-9]+", "-", " ".join(kept).lower()).strip("-")
