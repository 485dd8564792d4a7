"""The one form of a body: what the editor in the admin makes of the HTML when it opens and saves it.

The cleaner says which tags a body may hold. This module says how they stand in each other, so that a body is
the same, byte for byte, after somebody opened and saved it: text stands in paragraphs, an item begins with a
paragraph, pictures stand between paragraphs, a table has as many cells in each row, and marks are nested in
one order.
"""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from tips.text import normal_tables
from tips.text.html_tree import VOID, Element, tree

# From the outermost to the innermost, as the editor's schema has them.
MARKS = ("a", "strong", "em", "del", "sub", "sup", "code", "cite", "abbr")
_HEADINGS = ("h2", "h3", "h4")
# What the browser and the editor take for white space; a no-break space is none.
_WHITE_SPACE = re.compile("[ \t\r\n\f]+")
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_NUMERALS = {"a", "A", "i", "I"}
_ATTRIBUTES = {"a": ("href",), "abbr": ("title",), "img": ("src", "alt", "width", "height")}
_BREAK = "\n"
_CONTAINERS = {"blockquote", "ul", "ol", "table"}
# No person puts so many lists, quotations and tables into each other; what is in more stands in the last.
_DEEPEST = 20


class Block(NamedTuple):
    """A block in its one form."""

    tag: str
    inner: str
    attributes: str = ""

    def __str__(self) -> str:
        end = "" if self.tag in VOID else f"{self.inner}</{self.tag}>"
        return f"<{self.tag}{self.attributes}>{end}"


# The marks on a piece of text: the attributes of each, as they are written, by its tag.
_Marks = dict[str, str]


def normal(source: str) -> str:
    """Return HTML that went through the cleaner in its one form; the form of that is itself."""
    return _written(_Flow().blocks(tree(source).children))


class _Flow:
    """Collects the blocks of what stands in a body, a quotation, an item or a cell.

    ``depth`` says in how many lists, quotations and tables it stands.
    """

    def __init__(self, depth: int = 0) -> None:
        self._depth = depth
        self._blocks: list[Block] = []
        self._runs: list[tuple[str, _Marks]] = []

    def blocks(self, nodes: Iterable[Element | str], marks: _Marks | None = None) -> list[Block]:
        """Return nodes, within marks, as blocks."""
        self._walk(nodes, marks or {}, "p")
        self._close("p")
        return self._blocks

    def _walk(self, nodes: Iterable[Element | str], marks: _Marks, kind: str) -> None:
        """Add nodes within a paragraph or a heading (``kind``) that is open."""
        for node in nodes:
            if isinstance(node, str):
                self._runs.append((node, marks))
            elif node.tag == "br":
                self._runs.append((_BREAK, marks))
            elif node.tag in MARKS:
                self._walk(node.children, _with(marks, node), kind)
            else:
                self._close(kind)
                if node.tag in _HEADINGS:
                    self._walk(node.children, marks, node.tag)
                    self._close(node.tag)
                elif node.tag in _BLOCKS and (self._depth < _DEEPEST or node.tag not in _CONTAINERS):
                    self._blocks += _BLOCKS[node.tag](node, marks, self._depth)
                else:
                    self._walk(node.children, marks, kind)
                    self._close(kind)

    def _close(self, kind: str) -> None:
        if inner := _inline(self._runs):
            self._blocks.append(Block(kind, inner))
        self._runs = []


def _with(marks: _Marks, node: Element) -> _Marks:
    """Return marks with one more, which takes the place of another of its kind."""
    if node.tag == "a" and not node.attributes.get("href"):
        return marks
    return {**marks, node.tag: _attributes(node, *_ATTRIBUTES.get(node.tag, ()))}


def _attributes(node: Element, *names: str) -> str:
    """Return attributes of an element as they are written in a tag; those that it lacks are left out."""
    values = ((name, node.attributes[name]) for name in names if name in node.attributes)
    return "".join(f' {name}="{_escaped(value).replace(chr(34), "&quot;")}"' for name, value in values)


def _escaped(text: str) -> str:
    """Return text as browsers and the cleaner write it in HTML, but for its angle brackets."""
    return text.replace("&", "&amp;").replace("\u00a0", "&nbsp;")


def _as_html(text: str) -> str:
    return _escaped(text).replace("<", "&lt;").replace(">", "&gt;")


# --- Text and its marks -----------------------------------------------------------------------------------


def _inline(runs: Iterable[tuple[str, _Marks]]) -> str:
    """Return pieces of text and breaks as HTML: white space as single spaces, none at an end or a break."""
    pieces: list[tuple[str, _Marks]] = []
    for text, marks in runs:
        if text == _BREAK:
            _strip_end(pieces)
            if pieces:
                pieces.append((_BREAK, marks))
            continue
        text = _WHITE_SPACE.sub(" ", text)
        before = pieces[-1][0] if pieces else _BREAK
        if before.endswith((" ", _BREAK)):
            text = text.removeprefix(" ")
        if text:
            pieces.append((text, marks))
    _strip_end(pieces)
    while pieces and pieces[-1][0] == _BREAK:
        pieces.pop()
        _strip_end(pieces)
    return _marked(pieces)


def _strip_end(pieces: list[tuple[str, _Marks]]) -> None:
    if pieces and pieces[-1][0].endswith(" "):
        text, marks = pieces.pop()
        if text := text.removesuffix(" "):
            pieces.append((text, marks))


def _marked(pieces: Iterable[tuple[str, _Marks]]) -> str:
    """Return pieces as HTML; a mark that goes on from one to the next is written once."""
    parts: list[str] = []
    active: list[tuple[str, str]] = []
    for text, marks in pieces:
        wanted = [(tag, marks[tag]) for tag in MARKS if tag in marks]
        kept = 0
        while kept < min(len(active), len(wanted)) and active[kept] == wanted[kept]:
            kept += 1
        parts += [f"</{tag}>" for tag, _ in reversed(active[kept:])]
        parts += [f"<{tag}{written}>" for tag, written in wanted[kept:]]
        parts.append("<br>" if text == _BREAK else _as_html(text))
        active = wanted
    parts += [f"</{tag}>" for tag, _ in reversed(active)]
    return "".join(parts)


# --- Blocks -----------------------------------------------------------------------------------------------


def _image(node: Element, _marks: _Marks, _depth: int) -> list[Block]:
    return [Block("img", "", _attributes(node, *_ATTRIBUTES["img"]))]


def _rule(_node: Element, _marks: _Marks, _depth: int) -> list[Block]:
    return [Block("hr", "")]


def _preformatted(node: Element, _marks: _Marks, _depth: int) -> list[Block]:
    text = node.text.strip("\n")
    return [Block("pre", f"<code>{_as_html(text)}</code>")] if text.strip() else []


def _quotation(node: Element, marks: _Marks, depth: int) -> list[Block]:
    inner = _Flow(depth + 1).blocks(node.children, marks)
    return [Block("blockquote", _written(inner))] if inner else []


def _list(node: Element, marks: _Marks, depth: int) -> list[Block]:
    items: list[list[Block]] = []
    for child in node.children:
        item = child if isinstance(child, Element) and child.tag == "li" else None
        inner = _Flow(depth + 1).blocks(item.children if item else [child], marks)
        if inner and items and not item:
            # What stands beside the items, a list for the most part, belongs to the item before it.
            items[-1] += inner
        elif inner:
            items.append(_item(inner))
    written = "".join(f"<li>{_written(item)}</li>" for item in items)
    return [Block(node.tag, written, _numbering(node) if node.tag == "ol" else "")] if items else []


def _item(inner: list[Block]) -> list[Block]:
    """Return the blocks of an item, the first of them a paragraph."""
    first = inner[0]
    if first.tag in _HEADINGS:
        return [Block("p", first.inner), *inner[1:]]
    return inner if first.tag == "p" else [Block("p", ""), *inner]


def _numbering(node: Element) -> str:
    start, kind = node.attributes.get("start", ""), node.attributes.get("type", "")
    number = int(start) if _NUMBER.fullmatch(start) else 1
    first = f' start="{number}"' if number != 1 else ""
    return first + (f' type="{kind}"' if kind in _NUMERALS else "")


def _figure(node: Element, marks: _Marks, depth: int) -> list[Block]:
    """Return a picture with its caption; a figure of anything else as what stands in it."""
    caption = next(node.all("figcaption"), None)
    pictures = list(node.all("img"))
    around = Element("figure", {}, [child for child in node.children if child is not caption])
    lines = _Flow(depth).blocks(caption.children, marks) if caption else []
    is_plain = (
        len(pictures) == 1 and not around.text.strip() and {"p", *_HEADINGS} >= {line.tag for line in lines}
    )
    if not is_plain:
        return _Flow(depth).blocks(node.children, marks)
    picture = _image(pictures[0], marks, depth)
    if not lines:
        return picture
    words = "<br>".join(line.inner for line in lines)
    return [Block("figure", f"{picture[0]}<figcaption>{words}</figcaption>")]


def _table(node: Element, marks: _Marks, depth: int) -> list[Block]:
    """Return a table with as many cells in each row; one that only lays out a page as what stands in it."""
    stray, rows = normal_tables.rows(node)
    before = _Flow(depth).blocks(stray, marks)
    if normal_tables.is_layout(node, rows):
        cells = [cell.element.children for row in rows for cell in row.cells]
        return before + [block for cell in cells for block in _Flow(depth).blocks(cell, marks)]

    def inner(cell: Element) -> str:
        blocks = _Flow(depth + 1).blocks(cell.children, marks)
        # A single paragraph stands in a cell as mere text.
        return blocks[0].inner if [block.tag for block in blocks] == ["p"] else _written(blocks)

    return [*before, Block("table", normal_tables.written(rows, inner))]


def _written(blocks: Iterable[Block]) -> str:
    return "".join(map(str, blocks))


_BLOCKS: dict[str, Callable[[Element, _Marks, int], list[Block]]] = {
    "img": _image,
    "hr": _rule,
    "pre": _preformatted,
    "blockquote": _quotation,
    "ul": _list,
    "ol": _list,
    "figure": _figure,
    "table": _table,
}
