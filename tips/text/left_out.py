"""What cleaning took out of a body, in words for whoever wrote it."""

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

from tips.text import body_images, links

# Comments, and what Python's parser may stumble over: declarations, marked sections.
_DECLARATION = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^>]*>?", re.DOTALL)
_FRAMES = ("iframe", "video", "audio", "object", "embed", "svg", "canvas")
_FIELDS = ("input", "select", "textarea", "button")


def sentences(source: str, cleaned: str) -> list[str]:
    """Return sentences that name what HTML had as it came and has no more as it is stored.

    Nothing is said of styles and of elements that left all of their words.
    """
    if source == cleaned:
        return []
    before, after = _Counts.of(source), _Counts.of(cleaned)
    before["lost"] = before["picture"] - after["picture"]
    gone = [*_named(before)]
    told = [f"Left out on saving: {', '.join(gone)}."] if gone else []
    if captions := before["caption"]:
        told.append("Its caption went with it." if captions == 1 else f"{captions} captions went with them.")
    if before["foreign"] or before["pasted"]:
        told.append("Upload a picture to show it.")
    if before["linked"]:
        told.append("A picture cannot be a link here: link words beside it.")
    if (tables := before["table"] - after["table"]) > 0:
        number = "1 table was" if tables == 1 else f"{tables} tables were"
        told.append(f"{number} taken for layout (one cell a row, or in another table): now paragraphs.")
    if titles := before["title"]:
        one, several = (
            "title of a table is a paragraph above it",
            "titles of tables are paragraphs above them",
        )
        told.append(f"{titles} {one if titles == 1 else several} now.")
    return told


def _named(counts: Counter[str]) -> Iterator[str]:
    kinds = (
        ("foreign", "picture of another site", "pictures of other sites"),
        ("pasted", "pasted picture", "pasted pictures"),
        ("lost", "picture", "pictures"),
        ("linked", "link of a picture", "links of pictures"),
        ("script", "script", "scripts"),
        ("frame", "embedded film, frame or drawing", "embedded films, frames or drawings"),
        ("field", "field of a form", "fields of a form"),
        ("relative", "link that leads nowhere from here", "links that lead nowhere from here"),
    )
    for kind, one, several in kinds:
        if (number := counts[kind]) > 0:
            yield f"{number} {one if number == 1 else several}"
    for kind, number in counts.items():
        if scheme := kind.partition("link ")[2]:
            yield f"{number} link{'' if number == 1 else 's'} to {scheme}:"


class _Counts(HTMLParser):
    """Counts what a body may not hold, as it is met in any HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.counts: Counter[str] = Counter()
        self.is_in_link = False
        # What was found in the figure that stands open; None outside of figures.
        self.figure: Counter[str] | None = None
        self.is_caption = self.is_title = False

    @classmethod
    def of(cls, source: str) -> Counter[str]:
        reader = cls()
        # Behind the last ">" is no tag: Python's parser would look for its end from each "<" on.
        reader.feed(_DECLARATION.sub(" ", source[: source.rfind(">") + 1]))
        reader.close()
        return reader.counts

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Of an attribute that is stated twice, a browser takes the first.
        attributes = {name: value or "" for name, value in reversed(attrs)}
        if tag in ("script", "table"):
            self.counts[tag] += 1
        elif tag == "caption":
            self.is_title = True
        elif tag == "figure":
            self.figure = Counter()
        elif tag == "figcaption":
            self.is_caption = True
        elif tag in _FRAMES:
            self.counts["frame"] += 1
        elif tag in _FIELDS:
            self.counts["field"] += 1
        elif tag == "img":
            self._count_image(attributes.get("src", "").strip())
        elif tag == "a":
            href = attributes.get("href", "").strip()
            self.is_in_link = links.allowed(href) is not None
            if href and not self.is_in_link:
                scheme = links.scheme_of(href)
                self.counts[f"link {scheme}" if scheme and scheme not in links.SCHEMES else "relative"] += 1

    def handle_data(self, data: str) -> None:
        if self.is_title and data.strip():
            self.counts["title"] += 1
            self.is_title = False
        if self.figure is not None and data.strip():
            self.figure["caption" if self.is_caption else "words"] += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.is_in_link = False
        elif tag == "figcaption":
            self.is_caption = False
        elif tag == "caption":
            self.is_title = False
        elif tag == "figure" and self.figure is not None:
            found, self.figure = self.figure, None
            # As the form has it in which a body is stored: only beside its picture is a caption one.
            if found["other"] and found["caption"] and not found["ours"] + found["words"]:
                self.counts["caption"] += 1

    def _count_image(self, src: str) -> None:
        is_ours = body_images.allowed_value("img", "src", src)
        if self.figure is not None:
            self.figure["ours" if is_ours else "other"] += 1
        if not src:
            return
        self.counts["linked"] += self.is_in_link
        if is_ours:
            self.counts["picture"] += 1
        else:
            self.counts["pasted" if links.scheme_of(src) in ("data", "blob", "file") else "foreign"] += 1
