"""Source to safe HTML, HTML to plain text, text to an excerpt. The only sanitiser."""

import html
import re

import nh3
from django.utils.html import urlize

# What a body may hold. The editor in the admin offers exactly this.
TAGS = {"p", "br", "h2", "h3", "ul", "ol", "li", "blockquote", "strong", "em", "a", "img"}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "img": {"src", "alt", "width", "height"}}

_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
    clean_content_tags={"script", "style"},
)

# An attribute's value may hold a ">", so quoted values are read as one.
_TOKEN = re.compile(
    r"""<(?P<close>/?)(?P<tag>[a-z0-9]+)(?P<rest>[^>"]*(?:"[^"]*"[^>"]*)*)>|(?P<text>[^<]+)"""
)
_START = re.compile(r'start="(-?\d+)"')
_ALT = re.compile(r'alt="([^"]*)"')
_SPACES = re.compile(r"[^\S\n]+")
_BLOCKS = {"p", "h2", "h3", "li", "blockquote", "ul", "ol"}

_HAS_ADDRESS = re.compile(r"https?://|\bwww\.", re.IGNORECASE)
_ALWAYS_PROMOTION = re.compile(r"(Read our New Book|Interested in improving)\b", re.IGNORECASE)
_PROMOTION_WITH_ADDRESS = re.compile(r"(Read our|Listen to|Interested in)\b", re.IGNORECASE)


def clean(source):
    """Return untrusted HTML as HTML that may be shown: allowed tags only, no scripts, no styles.

    What has no words and no image comes back as the empty string, so that an empty editor means no body.
    """
    cleaned = _cleaner.clean(source).strip()
    if not cleaned or ("<img" not in cleaned and not to_text(cleaned)):
        return ""
    return cleaned


def one_line(text):
    """Return text with each run of white space (no-break spaces and line ends too) as one space."""
    return " ".join(text.split())


def inline(text):
    """Return one line of plain text as HTML: every character stays itself, bare addresses become links."""
    return urlize(one_line(text), autoescape=True)


def blocks(source):
    """Return the blocks of clean HTML as plain text, in order: paragraphs, headings and list items.

    Items carry their bullet or number. An image stands as its alternative text.
    """
    result, current, lists, marker = [], [], [], ""

    def flush():
        nonlocal marker
        text = "\n".join(_SPACES.sub(" ", line).strip() for line in "".join(current).split("\n")).strip()
        current.clear()
        if text:
            result.append(marker + text)
            marker = ""

    for token in _TOKEN.finditer(source):
        if token["text"] is not None:
            current.append(html.unescape(token["text"].replace("\n", " ")))
            continue
        tag, closes = token["tag"], bool(token["close"])
        if tag == "br":
            current.append("\n")
        elif tag == "img":
            alt = _ALT.search(token["rest"])
            current.append(html.unescape(alt[1]) if alt else "")
        elif tag in _BLOCKS:
            flush()
            if tag in ("ul", "ol"):
                if closes:
                    lists[-1:] = []
                else:
                    start = _START.search(token["rest"])
                    lists.append(None if tag == "ul" else int(start[1]) if start else 1)
            elif tag == "li":
                marker = ""
                if not closes and lists:
                    marker = "• " if lists[-1] is None else f"{lists[-1]}. "
                    if lists[-1] is not None:
                        lists[-1] += 1
    flush()
    return result


def to_text(source):
    """Return clean HTML as plain text: blocks separated by an empty line, list items by a line end."""
    text, before = "", ""
    for block in blocks(source):
        both_items = _is_item(before) and _is_item(block)
        text += (("\n" if both_items else "\n\n") if text else "") + block
        before = block
    return text


def _is_item(block):
    return re.match(r"• |-?\d+\. ", block) is not None


def is_promotion(paragraph):
    """Tell whether a paragraph at the end of a tip advertises a book, a podcast or a service."""
    if _ALWAYS_PROMOTION.match(paragraph):
        return True
    return bool(_PROMOTION_WITH_ADDRESS.match(paragraph) and _HAS_ADDRESS.search(paragraph))


def essence(source):
    """Return the plain text of clean HTML without the promotions at its end.

    Excerpts, search and related tips are made from this, never from the body itself.
    """
    kept = blocks(source)
    while kept and is_promotion(kept[-1]):
        kept.pop()
    return "\n\n".join(kept)


def excerpt(text, words=50):
    """Return the beginning of plain text in at most so many words, as one line.

    It ends with a whole sentence where one ends in the second half of them, else with an ellipsis.
    """
    all_words = text.split()
    if len(all_words) <= words:
        return " ".join(all_words)
    kept = all_words[:words]
    for end in range(words, words // 2, -1):
        if re.search(r"[.!?…][”\"’')\]]*$", kept[end - 1]):
            return " ".join(kept[:end])
    return " ".join(kept).rstrip(",;:–—-") + "…"
