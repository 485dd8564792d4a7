"""What a body may hold, in the editor, in the database and in every output. The only sanitiser."""

import re
from collections.abc import Set

import nh3

from tips.text import body_images, links
from tips.text.characters import without_controls
from tips.text.html_to_plain import to_text
from tips.text.inline_runs import MARKS, STYLED
from tips.text.normal_form import KNOWN, normal

# Buttons only: the editor's drop-down menus are out of a keyboard's reach.
_MENU = ("blockType -lists", "lists", "nodes -blockType -lists", "marks", "link", "history")
# The editor in the admin offers this. Keep its marks in the order of ``MARKS``: so they nest.
EDITOR = {
    "Link": {"enableTarget": False, "protocols": [*links.SCHEMES]},
    **dict.fromkeys(["Bold", "Italic", "Code", "Superscript", "Subscript", "Strike", "Cite", "Abbr"], True),
    **dict.fromkeys(["BulletList", "ListItem", "Blockquote", "HardBreak", "HorizontalRule"], True),
    "Heading": {"levels": [2, 3, 4]},
    "OrderedList": {"enableListAttributes": False},
    "CodeBlock": {"languageClassPrefix": ""},
    **dict.fromkeys(["Table", "TableRow", "TableHeader", "TableCell"], True),
    "Menu": {"groups": [{"group": group} for group in _MENU]},
    "NoSpellCheck": False,
    # Manners of our own: its name for a screen reader, no style of its own in the page.
    "Desk": True,
    # Pictures of our own, uploaded in a dialog that asks what they show.
    "Picture": True,
}

# What a body may hold, and which attributes; the form in which it is stored has types for their values.
_ATTRIBUTES = {
    "a": {"href"},
    "abbr": {"title"},
    "img": {*body_images.ATTRIBUTES},
    "ol": {"start", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_TAGS = {*MARKS, *"p h2 h3 h4 ul ol li blockquote pre hr br img figure figcaption".split()}
_TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
# Their content is for machines, or is no part of a text.
_WITHOUT_CONTENT = {"script", "style", "title", "iframe", "template"}
# Of these, a parser takes what they hold for text: let through, it would come out as HTML.
_RAW = _WITHOUT_CONTENT | {"noscript", "noembed", "noframes", "plaintext", "textarea", "xmp", "svg", "math"}
_TAG_NAME = re.compile(r"<([a-z][a-z0-9:._-]*)", re.IGNORECASE)
_MOST_UNKNOWN = 50
_OF_TABLES = re.compile(r"<(/?)(table|caption|thead|tbody|tfoot|tr|td|th)\b([^<>]*>)", re.IGNORECASE)


def clean(source: str) -> str:
    """Return untrusted HTML as a body is stored: allowed elements only, in the editor's own form.

    Links lead where ``links`` lets them; of images, only those under ``/media/`` stay: what stands on another
    site would tell it who reads here, and may be gone or be another tomorrow. What has no words and no image
    comes back as the empty string, so that an empty editor means no body. Cleaning twice is cleaning once.
    """
    source = _without_stray_cells(without_controls(source))
    unknown = {name.lower() for name in _TAG_NAME.findall(source)} - KNOWN - _RAW
    parser = _parser({*sorted(unknown)[:_MOST_UNKNOWN]}) if unknown else _known_parser
    cleaned = _gate.clean(normal(parser.clean(source)))
    return cleaned if "<img" in cleaned or to_text(cleaned) else ""


def _parser(unknown: Set[str] = frozenset()) -> nh3.Cleaner:
    """Return what makes balanced HTML of any source, with all elements from which something follows."""
    return nh3.Cleaner(
        tags={*KNOWN, *_TAGS, *unknown} - _RAW,
        # Without a word on the rest, nh3 lets "title" and "lang" through on everything.
        attributes={**_ATTRIBUTES, **{tag: {"style"} for tag in STYLED}, "acronym": {"title"}, "*": set()},
        url_schemes={*links.SCHEMES},
        link_rel=None,
        clean_content_tags=_WITHOUT_CONTENT,
    )


def _stored_value(tag: str, name: str, value: str) -> str | None:
    """Return an attribute's value as it may stay, or None to drop it. The cleaner asks for each."""
    if tag == "img":
        return body_images.allowed_value(tag, name, value)
    return links.allowed(value) if tag == "a" else value


def _without_stray_cells(source: str) -> str:
    """Return HTML in which cells outside of any table are blocks: a parser would join their words."""
    if not _OF_TABLES.search(source):
        return source
    depth = 0

    def replaced(tag: re.Match[str]) -> str:
        nonlocal depth
        if tag[2].lower() == "table":
            depth = max(0, depth + (-1 if tag[1] else 1))
            return tag[0]
        return tag[0] if depth else f"<{tag[1]}div>"

    return _OF_TABLES.sub(replaced, source)


_known_parser = _parser()
_gate = nh3.Cleaner(
    tags=_TAGS,
    attributes={**_ATTRIBUTES, "*": set()},
    url_schemes={*links.SCHEMES},
    link_rel=None,
    clean_content_tags=_WITHOUT_CONTENT,
    attribute_filter=_stored_value,
)
