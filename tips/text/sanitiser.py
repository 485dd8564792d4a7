"""What a body may hold, in the editor, in the database and in every output. The only sanitiser."""

import re
from collections.abc import Callable, Set
from functools import lru_cache
from urllib.parse import quote

import nh3

from tips.text import body_images, links, tables
from tips.text.folding import without_controls
from tips.text.inline_runs import MARKS, STYLED
from tips.text.normal_form import KNOWN, list_attributes, normal

# Buttons only: the editor's drop-down menus are out of a keyboard's reach.
_MENU = (
    "blockType -lists",
    "lists",
    "nodes -blockType -lists",
    "marks",
    "link",
    "table",
    "history",
    "typing",
)
# The editor in the admin offers this. Keep its marks in the order of ``MARKS``: so they nest.
EDITOR = {
    # What becomes a link as one types is our own business (links.js).
    "Link": {
        "enableTarget": False,
        "protocols": [*links.SCHEMES],
        "autolink": False,
        "defaultProtocol": "https",
    },
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
    # Pictures of our own, uploaded in a dialog that asks what they show, and figures with a caption.
    "Picture": True,
    # What is pasted, read as what a body may hold; quotation marks as one types.
    "Paste": True,
    "Typography": True,
    # Passages that colleagues talk about are marked, in the editor alone.
    "Comments": True,
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
_TAG = re.compile(r"<[^>]*>")
# Of what is shown, bodies up to so many characters are kept ready.
_LONGEST_KEPT = 20_000
_OF_TABLES = re.compile(r"<(/?)(table|caption|thead|tbody|tfoot|tr|td|th)\b([^<>]*>)", re.IGNORECASE)


def holds_tags(source: str) -> bool:
    """Tell whether a text holds a tag of any name, as each text from the editor does."""
    return bool(_TAG_NAME.search(source))


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
    is_something = "<img" in cleaned or _TAG.sub("", cleaned).strip()
    return cleaned if is_something else ""


def shown(body: str, site: str = "", token: str = "") -> str:
    """Return a body as it may be shown: nothing comes after this that touches a link or an image's address.

    What was put into the database past ``clean`` is cleaned here. ``site`` is the beginning of full URLs
    ("https://example.org") for mail and feeds, where the paths of this site mean nothing; ``token`` is that
    of a preview, by which its images are shown outside.
    """
    return _shown(body, site) if len(body) <= _LONGEST_KEPT and not token else _made(body, site, token)


def _made(body: str, site: str, token: str) -> str:
    stored = _gate.clean(without_controls(body))
    if stored != body:
        stored = clean(body)
    if site or token:
        stored = _output(site, token).clean(stored)
    return stored


# The same few bodies are asked for all day: those of the feeds, and the newest tip.
@lru_cache(maxsize=128)
def _shown(body: str, site: str) -> str:
    return _made(body, site, "")


def _output(site: str, token: str) -> nh3.Cleaner:
    """Return the gate that writes full URLs, after it judged them."""

    def value_of(tag: str, name: str, value: str) -> str | None:
        stored = _stored_value(tag, name, value)
        if stored is None or name not in ("href", "src"):
            return stored
        if token and name == "src":
            stored = f"{stored}?preview={quote(token)}"
        return f"{site}{stored}" if stored.startswith("/") else stored

    return _strict(value_of)


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


def _strict(value_of: Callable[[str, str, str], str | None]) -> nh3.Cleaner:
    """Return the gate: allowed elements and attributes, with the values that ``value_of`` returns."""
    return nh3.Cleaner(
        tags=_TAGS,
        attributes={**_ATTRIBUTES, "*": set()},
        url_schemes={*links.SCHEMES},
        link_rel=None,
        clean_content_tags=_WITHOUT_CONTENT,
        attribute_filter=value_of,
    )


def _stored_value(tag: str, name: str, value: str) -> str | None:
    """Return an attribute's value as it may stay, or None to drop it. The cleaner asks for each."""
    match tag:
        case "img":
            return body_images.allowed_value(tag, name, value)
        case "a":
            return links.allowed(value)
        case "ol":
            return dict(list_attributes(tag, {name: value})).get(name)
        case "td" | "th":
            return tables.allowed_value(name, value)
    return value


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
_gate = _strict(_stored_value)
