"""The body of a tip as a mail's plain text: the words and links of its HTML, and nothing else."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

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
    text, previous = "", None
    for block in reader.blocks:
        if previous is not None:
            # Items follow each other closely.
            together = previous.item and block.item and block.quotes == previous.quotes
            common = "> " * min(block.quotes, previous.quotes)
            text += "\n" if together else f"\n{common.rstrip()}\n"
        text += "\n".join(("> " * block.quotes + line).rstrip() for line in block.lines)
        previous = block
    return text


@dataclass
class _Block:
    lines: list[str]
    quotes: int
    item: bool


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[_Block] = []
        self.words: list[str] = []
        self.quotes = 0
        # The number of the next item of each open list; None in a list with bullets.
        self.lists: list[int | None] = []
        self.marker = ""
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
                self.lists.append(None)
            elif tag == "ol":
                self.lists.append(int(attributes.get("start") or 1))
            elif tag == "li":
                self.marker = self.next_marker()

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

    def next_marker(self) -> str:
        number = self.lists[-1] if self.lists else None
        if number is None:
            return "• "
        self.lists[-1] = number + 1
        return f"{number}. "

    def flush(self) -> None:
        lines = [_SPACES.sub(" ", line).strip() for line in "".join(self.words).rstrip().split("\n")]
        self.words.clear()
        if not any(lines):
            return
        if self.lists:
            outer = "  " * (len(self.lists) - 1)
            indent = outer + " " * len(self.marker or "• ")
            first = outer + self.marker + lines[0] if self.marker else indent + lines[0]
            lines = [first, *(indent + line for line in lines[1:])]
        self.blocks.append(_Block(lines, self.quotes, bool(self.lists)))
        self.marker = ""
