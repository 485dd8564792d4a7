"""Source to safe HTML, HTML to plain text, text to an excerpt. The only sanitiser."""

import re
from collections.abc import Iterator
from itertools import count, groupby, repeat, takewhile

import nh3
from django.utils.html import MAX_URL_LENGTH, escape, urlize

from tips.text import body_images
from tips.text.html_tokens import tokens

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
_SPACES = re.compile(r"[^\S\n]+")
# A longer number would be refused by ``int``, or shown by nobody.
_START = re.compile(r"-?[0-9]{1,9}")
# What an item begins with in the output of ``blocks``.
_MARKER = re.compile(r"• |-?\d+\. ")
_BLOCKS = {"p", "h2", "h3", "li", "blockquote", "ul", "ol"}

_ITEM = re.compile(r"\s*(?:•\s*|(?P<number>0|[1-9][0-9]{0,2})[.)]\s+)(?P<rest>\S.*)", re.DOTALL)
_LONGEST_HEADING = 60
# What may follow the full stop of a sentence.
_CLOSING = "”’»\"')]} "
_SHOWS_NOTHING = "\u200b\u2060\ufeff \t\u00a0"

_URL_OR_EMAIL = re.compile(r"://|\bwww\.|\w@\w", re.IGNORECASE)
_DOMAIN = re.compile(r"\w\.(?:com|edu|gov|net|org|tv|io|co)\b", re.IGNORECASE)
_ENDS_SENTENCE = re.compile(r"[.!?…][”\"’')\]]*$")
# Their full stop ends no sentence: "Mr.", "e.g.", a person's initial.
_ABBREVIATION = re.compile(r"[(“\"]?(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Jr|Sr|vs|etc|e\.g|i\.e|a\.m|p\.m)\.")

_MAYBE_PROMOTION = re.compile(r"(Read our|Listen to|Interested in)\b", re.IGNORECASE)
_ALWAYS_PROMOTION = re.compile(
    r"(?:Read our New Book|Interested in improving|Listen to our (?:\w+ ){0,5}(?:podcast|episode|show))\b",
    re.IGNORECASE,
)


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


def one_line(text: str) -> str:
    """Return text with each run of white space (no-break spaces and line ends too) as one space."""
    return " ".join(text.split())


def inline(text: str) -> str:
    """Return one line of plain text as HTML: every character stays itself, bare URLs become links."""
    line = one_line(text)
    if not _URL_OR_EMAIL.search(line):
        return escape(line)
    # Word by word: a firm called Amazon.com is no URL, and urlize would make one of it. It also takes minutes
    # over one word of a million characters, in which it finds no URL anyway.
    return " ".join(
        urlize(word, autoescape=True)
        if len(word) <= MAX_URL_LENGTH and _URL_OR_EMAIL.search(word)
        else escape(word)
        for word in line.split(" ")
    )


def is_blank(line: str) -> bool:
    """Tell whether a line shows nothing: white space, no-break spaces, zero-width characters."""
    return not line or line.isspace() or not line.strip(_SHOWS_NOTHING)


def is_item(line: str) -> bool:
    """Tell whether a line of plain text is an item of a list: it begins with a bullet or a number."""
    return _ITEM.match(line) is not None


def paragraphs(text: str) -> list[list[str]]:
    """Return the blocks of plain text, each as the list of its lines: blank lines separate them."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [list(block) for blank, block in groupby(lines, is_blank) if not blank]


# The tag of a block, the number of an item of a numbered list, and the lines.
_PlainBlock = tuple[str, int | None, list[str]]


def from_text(text: str) -> str:
    """Return plain text as clean HTML with its paragraphs, lists and headings; no tag in it counts.

    Blank lines separate blocks. Lines that begin with "•", or with "1." or "1)", are items of lists and keep
    their numbers, with or without blank lines between them; a line right under an item belongs to it. A
    short line alone between blocks that has no URL, ends as no sentence does and is followed by a
    paragraph is a heading.
    """
    parts: list[_PlainBlock] = []
    for paragraph in paragraphs(text):
        for place, line in enumerate(paragraph):
            if item := _ITEM.match(line):
                number = int(item["number"]) if item["number"] else None
                parts.append(("ul" if number is None else "ol", number, [item["rest"]]))
            elif place:
                parts[-1][2].append(line)
            else:
                parts.append(("p", None, [line]))
    return clean("".join(_rendered(parts)))


def _rendered(parts: list[_PlainBlock]) -> Iterator[str]:
    inner = ["<br>".join(map(inline, lines)) for _, _, lines in parts]
    kinds = [kind for kind, _, _ in parts]
    # From the end, since a heading is no paragraph that another one could stand over.
    for place in range(len(parts) - 2, 0, -1):
        if kinds[place] == kinds[place + 1] == "p" and _could_head(parts[place][2], inner[place]):
            kinds[place] = "h2"

    def run(place: int) -> tuple[str, int | None]:
        """Return what the items of one list have in common, and no two other blocks."""
        kind, number = kinds[place], parts[place][1]
        if kind not in ("ul", "ol"):
            return kind, place
        return kind, None if number is None else number - place

    for (kind, _), run_places in groupby(range(len(parts)), run):
        places = list(run_places)
        if kind in ("ul", "ol"):
            start = parts[places[0]][1]
            yield f"<{kind}>" if start in (None, 1) else f'<ol start="{start}">'
            yield from (f"<li><p>{inner[place]}</p></li>" for place in places)
            yield f"</{kind}>"
        else:
            yield f"<{kind}>{inner[places[0]]}</{kind}>"


def _could_head(lines: list[str], inner: str) -> bool:
    line = one_line(lines[0])
    if len(lines) > 1 or len(line) > _LONGEST_HEADING or "<a " in inner or _DOMAIN.search(line):
        return False
    return not line.rstrip(_CLOSING).endswith((".", "!", "?", ":", ";", "…"))


def blocks(source: str) -> list[str]:
    """Return the blocks of clean HTML as plain text, in order: paragraphs, headings and list items.

    Items carry their bullet or number. An image stands as its alternative text.
    """
    result: list[str] = []
    # The bullets or numbers of the next items of each open list.
    lists: list[Iterator[str]] = []
    text = marker = ""
    for token in tokens(f"{source}<p>"):
        text += token.text.replace("\n", " ") or token.attributes.get("alt", "")
        if token.tag == "br":
            text += "\n"
        elif token.tag in _BLOCKS:
            if text := "\n".join(_SPACES.sub(" ", line).strip() for line in text.split("\n")).strip():
                result.append(marker + text)
                text = marker = ""
            if token.tag in ("ul", "ol") and token.closes:
                lists[-1:] = []
            elif token.tag == "ul":
                lists.append(repeat("• "))
            elif token.tag == "ol":
                start = token.attributes.get("start", "")
                lists.append(f"{number}. " for number in count(int(start) if _START.fullmatch(start) else 1))
            elif token.tag == "li":
                marker = next(lists[-1]) if lists and not token.closes else ""
    return result


def to_text(source: str) -> str:
    """Return clean HTML as plain text: blocks separated by an empty line, list items by a line end."""
    text = before = ""
    for block in blocks(source):
        both_items = _MARKER.match(before) and _MARKER.match(block)
        text += (("\n" if both_items else "\n\n") if text else "") + block
        before = block
    return text


def count_words(source: str) -> int:
    """Return how many words clean HTML has, as its writer counts: without bullets, numbers and pictures."""
    parts = (" " if token.tag in {*_BLOCKS, "br"} else token.text for token in tokens(source))
    return len("".join(parts).split())


def is_promotion(paragraph: str) -> bool:
    """Tell whether a paragraph at the end of a tip advertises a book, a podcast or a service."""
    if not _MAYBE_PROMOTION.match(paragraph):
        return False
    signs = (_ALWAYS_PROMOTION.match, _URL_OR_EMAIL.search, _DOMAIN.search)
    return any(sign(paragraph) for sign in signs)


def searchable_text(source: str) -> str:
    """Return the plain text of clean HTML without the promotions at its end.

    Excerpts, search and related tips are made from this, never from the body itself.
    """
    kept = blocks(source)
    while kept and is_promotion(kept[-1]):
        kept.pop()
    return "\n\n".join(kept)


def excerpt(text: str, words: int = 50) -> str:
    """Return the beginning of plain text in at most so many words, as one line.

    It ends before the first list, and with a whole sentence where one ends in the second half of the words,
    else with an ellipsis.
    """
    before_list = list(takewhile(lambda block: not is_item(block), text.split("\n\n")))
    if sum(len(block.split()) for block in before_list) >= words // 4:
        text = "\n\n".join(before_list)
    all_words = text.split()
    if len(all_words) <= words:
        return " ".join(all_words)
    kept = all_words[:words]
    for end in range(words, words // 2, -1):
        if _ENDS_SENTENCE.search(kept[end - 1]) and not _ABBREVIATION.fullmatch(kept[end - 1]):
            return " ".join(kept[:end])
    return " ".join(kept).rstrip(",;:–—-") + "…"
