"""What a body holds, counted: its words, and its pictures, links, lists and tables."""

from collections import Counter

from tips.text.html_tokens import tokens
from tips.text.inline_runs import MARKS

# Of each kind: its tags, and the attribute that says which one it is.
THINGS = {
    "picture": (("img",), "src"),
    "link": (("a",), "href"),
    "list": (("ul", "ol"), ""),
    "table": (("table",), ""),
}


def words(source: str) -> Counter[str]:
    """Return how often each word stands in clean HTML; bullets, alternative texts and URLs are none."""
    # Every tag parts words but those of marks: one word may be bold in its middle.
    parts = (token.text if token.text or token.tag in MARKS else " " for token in tokens(source))
    return Counter("".join(parts).split())


def things(source: str, kind: str) -> Counter[str]:
    """Return how often each thing of a kind in ``THINGS`` stands in clean HTML, by what it is.

    A picture is its file and a link its URL; a list is like any other, and so is a table.
    """
    tags, attribute = THINGS[kind]
    opened = (token for token in tokens(source) if token.tag in tags and not token.closes)
    return Counter(token.attributes.get(attribute, "") for token in opened)
