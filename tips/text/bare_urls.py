"""Bare URLs and addresses in a line of plain text, which become links."""

import re

from django.utils.html import MAX_URL_LENGTH, escape, urlize

from tips.text import folding
from tips.text.no_break_spaces import loosened

URL_OR_EMAIL = re.compile(r"://|\bwww\.|\w@\w", re.IGNORECASE)
DOMAIN = re.compile(r"\w\.(?:com|edu|gov|net|org|tv|io|co)\b", re.IGNORECASE)

# What ends a URL in running text though a URL may hold it: typographic quotation marks, apostrophes, primes,
# dashes, ellipses. (A URL that somebody copied has them encoded.) urlize knows those of ASCII, but for "?".
_AROUND = re.compile(r"((?:[ “”„‟«»‹›‘’‚‛ʼ′″–—―…]|[?!]+(?=[ ”’»›]|$))+)")
# White space, but for the no-break space; and what parts words, as urlize parts them.
_SPACES = re.compile(r"[^\S\u00a0]+")
_BETWEEN = re.compile(r"(\s+)")


def inline(text: str) -> str:
    """Return one line of plain text as HTML: every character stays itself, bare URLs become links.

    White space becomes single spaces; a no-break space stays between a number and its unit.
    """
    line = " ".join(_SPACES.split(loosened(text).strip()))
    return "".join(map(_linked, _AROUND.split(line))) if _holds_link(line) else escape(line)


def _linked(part: str) -> str:
    # Word by word, and only words that look like it: a firm called Amazon.com is no URL, and urlize would
    # make one of it. It also takes minutes over one word of a million characters, in which it finds none.
    return "".join(map(_word, _BETWEEN.split(part)))


def _word(word: str) -> str:
    if len(word) > MAX_URL_LENGTH or not _holds_link(word):
        return escape(word)
    # In a URL, a sign that nobody sees would lead elsewhere. In what becomes no link, each stays.
    seen = folding.without_invisible(word)
    linked = urlize(seen, autoescape=True)
    return linked if "<a " in linked else escape(word)


def _holds_link(text: str) -> bool:
    return URL_OR_EMAIL.search(folding.without_invisible(text)) is not None
