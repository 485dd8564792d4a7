"""What a body may hold, in the editor and in the database. The only sanitiser."""

import re

import nh3

from tips.text import body_images
from tips.text.html_to_plain import to_text

# Buttons only: the editor's drop-down menus are out of a keyboard's reach.
_MENU = ("blockType -lists", "lists", "nodes -blockType -lists", "marks", "link", "history")
# The editor in the admin offers this.
EDITOR = {
    **dict.fromkeys(["Bold", "Italic", "BulletList", "ListItem", "Blockquote", "HardBreak"], True),
    "Heading": {"levels": [2, 3]},
    "OrderedList": {"enableListAttributes": False},
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto"]},
    "Menu": {"groups": [{"group": group} for group in _MENU]},
    "NoSpellCheck": False,
    # Manners of our own: its name for a screen reader, no style of its own in the page.
    "Desk": True,
    # Pictures of our own, uploaded in a dialog that asks what they show.
    "Picture": True,
}

# What a body may hold.
_cleaner = nh3.Cleaner(
    tags={"p", "br", "h2", "h3", "ul", "ol", "li", "blockquote", "strong", "em", "a", "img"},
    # Without a word on the rest, nh3 lets "title" and "lang" through on everything.
    attributes={"a": {"href"}, "ol": {"start"}, "img": {"src", "alt", "width", "height"}, "*": set()},
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
    clean_content_tags={"script", "style"},
    attribute_filter=body_images.allowed_value,
)

_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def clean(source: str) -> str:
    """Return untrusted HTML as HTML that may be shown: allowed tags only, no scripts, no styles.

    Of images, only those under ``/media/`` stay: what stands on another site would tell it who reads here,
    and may be gone or be another tomorrow. What has no words and no image comes back as the empty string,
    so that an empty editor means no body.
    """
    cleaned = _cleaner.clean(without_controls(source)).strip()
    if "<img" in cleaned:
        cleaned = body_images.without_foreign(cleaned)
    return cleaned if "<img" in cleaned or to_text(cleaned) else ""


def without_controls(text: str) -> str:
    """Return text without the characters that XML has no place for (XML 1.0, section 2.2).

    Word processors leave some behind. One that parts lines becomes a line end.
    """
    return _CONTROLS.sub("", text.replace("\x0b", "\n").replace("\x0c", "\n"))
