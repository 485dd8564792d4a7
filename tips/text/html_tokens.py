"""The tokens of clean HTML, as ``sanitiser.clean`` leaves it."""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

# An attribute's value may hold a ">", so quoted values are read as one.
_TOKEN = re.compile(r"""<(/?)([a-z][^\s/>]*)([^>"]*(?:"[^"]*"[^>"]*)*)>|([^<]+)""")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


class Token(NamedTuple):
    """A tag, or a stretch of ``text`` (whose ``tag`` is empty); its references are resolved."""

    tag: str
    closes: bool
    attributes: dict[str, str]
    text: str


def tokens(source: str) -> Iterator[Token]:
    """Yield the tokens of clean HTML, in order."""
    for slash, tag, attributes, text in _TOKEN.findall(source):
        pairs = _ATTRIBUTE.findall(attributes) if attributes else ()
        values = {name: html.unescape(value) for name, value in pairs}
        yield Token(tag, slash == "/", values, html.unescape(text))
