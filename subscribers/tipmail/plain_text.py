"""The body of a tip as a mail's plain text: the words and links of its HTML, and nothing else."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import count, repeat

_SPACES = re.compile(r"[^\S\n]+")


def from_html(source: str) -> str:
    """Return clean HTML with absolute URLs as plain text.

    Blocks are parted by empty lines, items of lists stand under each other with their bullet or number, and
    quotes have a sign before each line. A link's URL stands behind its words, in brackets, unless it is the
    words; a picture stands as its alternative text.
    """
    reader = _Reader()
    reader.feed(source)
    reader.close()
    reader.flush()
    return reader.text


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.marker, self.quotes = "", "", 0
        self.words: list[str] = []
        # The bullets or numbers still to come of each open list.
        self.lists: list[Iterator[str]] = []
        # How deep in quotes the last block was, and whether it was of a list.
        self.previous = (0, False)
        self.link: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "br":
            self.words.append("\n")
        elif tag == "img":
            if alt := (attributes.get("alt") or "").strip():
                self.words.append(f" [{alt}] ")
        elif tag == "a":
            self.link = (attributes.get("href") or "", len(self.words))
        elif tag not in ("strong", "em"):
            self.flush()
            if tag == "blockquote":
                self.quotes += 1
            elif tag == "ul":
                self.lists.append(repeat("• "))
            elif tag == "ol":
                self.lists.append(f"{number}. " for number in count(int(attributes.get("start") or 1)))
            elif tag == "li":
                self.marker = next(self.lists[-1]) if self.lists else "• "

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self.link:
            url, begin = self.link
            self.link = None
            words = " ".join("".join(self.words[begin:]).split())
            shown = url.removeprefix("mailto:")
            if words and shown and words not in (shown, shown.rstrip("/")):
                self.words.append(f" ({shown})")
            elif not words:
                self.words.append(shown)
        elif tag in ("blockquote", "ul", "ol", "li", "p", "h2", "h3"):
            self.flush()
            if tag == "blockquote":
                self.quotes -= 1
            elif tag in ("ul", "ol"):
                self.lists.pop()

    def handle_data(self, data: str) -> None:
        self.words.append(data.replace("\n", " "))

    def flush(self) -> None:
        lines = [_SPACES.sub(" ", line).strip() for line in "".join(self.words).rstrip().split("\n")]
        self.words.clear()
        if not any(lines):
            return
        if self.lists:
            first = "  " * (len(self.lists) - 1) + (self.marker or "  ")
            lines = [first + lines[0], *(" " * len(first) + line for line in lines[1:])]
        if self.text:
            # Items follow each other closely.
            together = self.lists and self.previous == (self.quotes, True)
            common = "> " * min(self.quotes, self.previous[0])
            self.text += "\n" if together else f"\n{common.rstrip()}\n"
        self.text += "\n".join(("> " * self.quotes + line).rstrip() for line in lines)
        self.marker, self.previous = "", (self.quotes, bool(self.lists))
