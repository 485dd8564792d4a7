"""Bare URLs and addresses in a line of plain text, which become links."""

import re

from django.utils.html import MAX_URL_LENGTH, escape, urlize

from tips.text.html_to_plain import one_line

URL_OR_EMAIL = re.compile(r"://|\bwww\.|\w@\w", re.IGNORECASE)
DOMAIN = re.compile(r"\w\.(?:com|edu|gov|net|org|tv|io|co)\b", re.IGNORECASE)


def inline(text: str) -> str:
    """Return one line of plain text as HTML: every character stays itself, bare URLs become links."""
    line = one_line(text)
    if not URL_OR_EMAIL.search(line):
        return escape(line)
    # Word by word: a firm called Amazon.com is no URL, and urlize would make one of it. It also takes minutes
    # over one word of a million characters, in which it finds no URL anyway.
    return " ".join(
        urlize(word, autoescape=True)
        if len(word) <= MAX_URL_LENGTH and URL_OR_EMAIL.search(word)
        else escape(word)
        for word in line.split(" ")
    )
