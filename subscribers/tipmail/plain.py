"""The body of a tip as a mail's plain text: the words and links of its HTML, and nothing else."""

import re
from html.parser import HTMLParser

_SPACES = re.compile(r"[^\S\n]+")


def from_html(source):
    """Return clean HTML with absolute addresses as plain text.

    Blocks are parted by empty lines, items of lists stand under each other with their bullet or number, and
    quotes have a mark before each line. A link's address stands behind its words, in brackets, unless it is
    the words; a picture stands as its alternative text.
    """
    reader = _Reader()
    reader.feed(source)
    reader.close()
    reader.flush()
    text, previous = "", None
    for block in reader.found:
        # Items follow each other closely.
        together = previous is not None and previous.item and block.item and block.quotes == previous.quotes
        quotes = "> " * block.quotes
        if previous is not None:
            common = "> " * min(block.quotes, previous.quotes)
            text += "\n" if together else f"\n{common.rstrip()}\n"
        text += "\n".join((quotes + line).rstrip() for line in block.lines)
        previous = block
    return text


class _Block:
    def __init__(self, lines, quotes, item):
        self.lines, self.quotes, self.item = lines, quotes, item


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found = []
        self.words = []
        self.quotes = 0
        # The number of the next item of each open list; None in a list with bullets.
        self.lists = []
        self.marker = ""
        self.link = None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
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

    def handle_endtag(self, tag):
        if tag == "a" and self.link:
            address, begin = self.link
            self.link = None
            words = " ".join("".join(self.words[begin:]).split())
            shown = address.removeprefix("mailto:")
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

    def handle_data(self, data):
        self.words.append(data.replace("\n", " "))

    def next_marker(self):
        number = self.lists[-1] if self.lists else None
        if number is None:
            return "• "
        self.lists[-1] += 1
        return f"{number}. "

    def flush(self):
        lines = [_SPACES.sub(" ", line).strip() for line in "".join(self.words).split("\n")]
        self.words.clear()
        while lines and not lines[-1]:
            lines.pop()
        if not any(lines):
            return
        outer = "  " * max(len(self.lists) - 1, 0)
        if self.lists:
            indent = outer + " " * len(self.marker or "• ")
            lines = [outer + self.marker + lines[0], *(indent + line for line in lines[1:])]
            if not self.marker:
                lines[0] = indent + lines[0].strip()
        self.found.append(_Block(lines, self.quotes, bool(self.lists)))
        self.marker = ""
