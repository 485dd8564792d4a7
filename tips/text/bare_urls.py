"""Bare URLs and addresses in a line of plain text, which become links."""

import re

from django.utils.html import MAX_URL_LENGTH, escape, urlize

from tips.text import folding
from tips.text.html_to_plain import one_line

URL_OR_EMAIL = re.compile(r"://|\bwww\.|\w@\w", re.IGNORECASE)
DOMAIN = re.compile(r"\w\.(?:com|edu|gov|net|org|tv|io|co)\b", re.IGNORECASE)

# What ends a URL in running text though a URL may hold it: typographic quotation marks, apostrophes, primes,
# dashes, ellipses. (A URL that somebody copied has them encoded.) urlize knows those of ASCII, but for "?".
_AROUND = re.compile(r"((?:[ “”„‟«»‹›‘’‚‛ʼ′″–—―…]|[?!]+(?=[ ”’»›]|$))+)")


def inline(text: str) -> str:
    """Return one line of plain text as HTML: every character stays itself, bare URLs become links."""
    line = one_line(text)
    if not URL_OR_EMAIL.search(line):
        return escape(line)
    return "".join(map(_linked, _AROUND.split(line)))


def _linked(part: str) -> str:
    # Part by part: a firm called Amazon.com is no URL, and urlize would make one of it. It also takes minutes
    # over one word of a million characters, in which it finds no URL anyway.
    if len(part) > MAX_URL_LENGTH or not URL_OR_EMAIL.search(part):
        return escape(part)
    # A sign that nobody sees would lead elsewhere.
    return urlize(folding.without_invisible(part), autoescape=True)
