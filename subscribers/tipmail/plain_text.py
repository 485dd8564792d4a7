"""The body of a tip as a mail's plain text: the words and links of its HTML, and nothing else."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tips.text.html_tree import Element, retagged, tree
from tips.text.list_markers import markers

_SPACES = re.compile(r"[^\S\n]+")
_RULE = "-" * 20
_TEXT_BLOCKS = ("p", "h2", "h3", "h4", "figcaption")
_BLOCKS = (*_TEXT_BLOCKS, "ul", "ol", "li", "blockquote", "pre", "hr", "figure", "table", "tr", "td", "th")


class _Block(NamedTuple):
    """Lines, and whether they are a list: within an item, a list is indented as such."""

    lines: list[str]
    is_list: bool = False


def from_html(source: str) -> str:
    """Return clean HTML with absolute URLs as plain text.

    Blocks are parted by empty lines, items of lists stand under each other with their bullet or number, and
    quotes have a sign before each line. A row of a table is a line, its cells parted by " | ". A link's URL
    stands behind its words, in brackets, unless it is the words; struck words stand in brackets that say so;
    a picture stands as its alternative text, its caption below.
    """
    return "\n".join(_parted(_flow(tree(source).children)))


def _parted(blocks: Sequence[_Block]) -> list[str]:
    """Return the lines of blocks, with an empty line between two."""
    lines: list[str] = []
    for block in blocks:
        lines += [*([""] if lines else []), *block.lines]
    return lines


def _flow(children: Sequence[Element | str]) -> list[_Block]:
    blocks: list[_Block] = []
    line: list[Element | str] = []

    def end_line() -> None:
        if lines := _lines(line):
            blocks.append(_Block(lines))
        line.clear()

    for child in children:
        if isinstance(child, str) or child.tag not in _BLOCKS:
            line.append(child)
            continue
        end_line()
        blocks += [block for block in _block(child) if any(block.lines)]
    end_line()
    return blocks


def _block(element: Element) -> list[_Block]:
    match element.tag:
        case "hr":
            return [_Block([_RULE])]
        case "pre":
            return [_Block("".join(_inline(element.children, verbatim=True)).rstrip().split("\n"))]
        case "blockquote":
            return [_Block([f"> {line}".rstrip() for line in _parted(_flow(element.children))])]
        case "ul" | "ol":
            return [_Block(list(_items(element)), is_list=True)]
        case "table":
            return [_Block([line for row in _rows(element) if (line := _row(row)).strip(" |")])]
        case "figure":
            return [_Block([line for block in _flow(element.children) for line in block.lines])]
    return _flow(element.children)


def _items(element: Element) -> Iterator[str]:
    marker = markers(element.tag, element.attributes)
    for item in element.children:
        if isinstance(item, Element) and item.tag == "li":
            first = next(marker)
            indent = " " * len(first)
            blocks = _flow(item.children)
            if blocks and not blocks[0].is_list:
                # Blocks of an item follow each other closely, as items do.
                head, *lines = blocks.pop(0).lines
                yield first + head
                yield from (indent + line for line in lines)
            else:
                yield first.rstrip()
            for block in blocks:
                yield from (("  " if block.is_list else indent) + line for line in block.lines)


def _rows(element: Element) -> Iterator[Element]:
    for child in element.children:
        if isinstance(child, Element):
            if child.tag == "tr":
                yield child
            else:
                yield from _rows(child)


def _row(row: Element) -> str:
    # The sign before each line of a quote would stand in the middle of the row's one line.
    cells = [retagged(child, "blockquote", "td") for child in row.children if isinstance(child, Element)]
    texts = (
        " ".join(line.strip() for block in _flow(cell.children) for line in block.lines) for cell in cells
    )
    return " | ".join(texts)


def _lines(children: Sequence[Element | str]) -> list[str]:
    text = "".join(_inline(children))
    lines = [_SPACES.sub(" ", line).strip() for line in text.rstrip().split("\n")]
    return lines if any(lines) else []


def _inline(children: Sequence[Element | str], *, verbatim: bool = False) -> Iterator[str]:
    for child in children:
        if isinstance(child, str):
            yield child if verbatim else child.replace("\n", " ")
        elif child.tag == "br":
            yield "\n"
        elif child.tag == "img":
            if alt := child.attributes.get("alt", "").strip():
                yield f" [{alt}] "
        elif child.tag == "a":
            yield _link("".join(_inline(child.children)), child.attributes.get("href", ""))
        elif child.tag == "del" and (text := "".join(_inline(child.children))):
            yield f"(struck: {text})"
        else:
            yield from _inline(child.children, verbatim=verbatim)


def _link(words: str, url: str) -> str:
    shown = url.removeprefix("mailto:").removeprefix("tel:")
    words_alone = " ".join(words.split())
    if not words_alone:
        return shown
    return words if not shown or words_alone in (shown, shown.rstrip("/")) else f"{words} ({shown})"
