"""The one form in which a body is stored: that of the editor, so that opening and saving changes nothing.

Text stands in paragraphs, headings and captions, items and cells hold blocks, marks nest in one order, and an
element that a body may not hold leaves its words, with a border where it was a block.
"""

from collections.abc import Iterator, Mapping, Sequence

from tips.text import body_images, tables
from tips.text.folding import without_controls
from tips.text.html_tree import Element, tree
from tips.text.inline_runs import BORDER, BREAK, Marks, Run, line, marked, quoted
from tips.text.list_markers import NUMBER
from tips.text.no_break_spaces import loosened

_TEXT_BLOCKS = {"p": "p", "h1": "h2", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}
_LISTS = {"ul": "ul", "ol": "ol", "menu": "ul", "dir": "ul"}
# Blocks of their own, each with a rule below.
_BLOCKS = frozenset([*_TEXT_BLOCKS, *_LISTS, "li", "blockquote", "pre", "hr", "img", "figure", "table"])
# Blocks that a body may not hold; what they hold stays, each in paragraphs of its own.
BORDERS = frozenset(
    "address article aside body caption center dd details dialog div dl dt fieldset figcaption footer form"
    " header hgroup html legend main nav optgroup option search section select summary tbody td tfoot th"
    " thead tr".split()
)
# What stands in a line, and leaves no border.
INLINE = frozenset(
    "a abbr acronym b bdi bdo big br button cite code data del dfn em font i ins kbd label mark meter output"
    " progress q rp rt ruby s samp small span strike strong sub sup time tt u var wbr".split()
)
KNOWN = _BLOCKS | BORDERS | INLINE

_Piece = Run | tuple[Element, Marks]


def normal(source: str) -> str:
    """Return HTML whose tags are balanced in the form in which a body is stored."""
    blocks = _flow(tree(source).children, ())
    # The cursor stands in one behind a picture.
    while blocks and blocks[-1] == "<p></p>":
        blocks.pop()
    return "".join(blocks)


def _pieces(children: Sequence[Element | str], marks: Marks) -> Iterator[_Piece]:
    """Yield the runs and the blocks of what stands in a line, each with its marks."""
    for child in children:
        if isinstance(child, str):
            yield Run(without_controls(child), marks)
        elif child.tag == "br":
            yield Run(BREAK, marks)
        elif child.tag in _BLOCKS or child.tag in BORDERS:
            yield child, marks
        elif child.tag == "q":
            yield from [Run("“", marks), *_pieces(child.children, marks), Run("”", marks)]
        elif child.tag in INLINE:
            yield from _pieces(child.children, marked(child, marks))
        else:
            yield from [Run(BORDER, marks), *_pieces(child.children, marks), Run(BORDER, marks)]


def _flow(children: Sequence[Element | str], marks: Marks) -> list[str]:
    """Return what an element holds as blocks: stretches of text become paragraphs."""
    return _text_blocks("p", children, marks)


def _text_blocks(tag: str, children: Sequence[Element | str], marks: Marks) -> list[str]:
    """Return text as blocks of this tag; other blocks among it stand between them."""
    blocks: list[str] = []
    runs: list[Run] = []
    items: list[str] = []

    def end_text() -> None:
        if text := line(runs):
            blocks.append(f"<{tag}>{text}</{tag}>")
        runs.clear()

    def end_items() -> None:
        # Items that stand in no list make one.
        if items:
            blocks.append(f"<ul>{''.join(items)}</ul>")
        items.clear()

    for piece in _pieces(children, marks):
        if isinstance(piece, Run):
            if piece.text.strip():
                end_items()
            runs.append(piece)
            continue
        element, inner = piece
        end_text()
        if element.tag == "li":
            items.append(_item(element, inner))
            continue
        end_items()
        if element.tag in BORDERS:
            blocks += _text_blocks(tag, element.children, inner)
        else:
            blocks += _block(element, inner)
    end_text()
    end_items()
    return blocks


def _block(element: Element, marks: Marks) -> list[str]:
    tag = element.tag
    if text_tag := _TEXT_BLOCKS.get(tag):
        blocks = _text_blocks(text_tag, element.children, marks)
        # Whoever writes may leave a paragraph empty; a heading that is empty is one to nobody.
        is_left_empty = tag == "p" and not any(isinstance(child, Element) for child in element.children)
        return blocks or (["<p></p>"] if is_left_empty else [])
    match tag:
        case "hr":
            return ["<hr>"]
        case "img":
            return _image(element)
        case "pre":
            text = loosened(without_controls("".join(_plain(element.children)))).replace("\r\n", "\n")
            code = [f"<pre><code>{_verbatim(text)}</code></pre>"] if text.strip() else []
            return code + _images(element.children)
        case "blockquote":
            blocks = _flow(element.children, marks)
            return [f"<blockquote>{''.join(blocks)}</blockquote>"] if blocks else []
        case "figure":
            return _figure(element, marks)
        case "table":
            return _table(element, marks)
    return _list(element, marks)


def _verbatim(text: str) -> str:
    return quoted(text.replace("\r", "\n"), in_attribute=False)


def _plain(children: Sequence[Element | str]) -> Iterator[str]:
    for child in children:
        if isinstance(child, str):
            yield child
        elif child.tag == "br":
            yield "\n"
        elif child.tag != "img":
            yield from _plain(child.children)
            if child.tag in _BLOCKS or child.tag in BORDERS:
                yield "\n"


def _image(element: Element) -> list[str]:
    given = element.attributes
    values = {name: body_images.allowed_value("img", name, given[name]) for name in given}
    if not values.get("src"):
        return []
    values["alt"] = " ".join(without_controls(values.get("alt") or "").split())
    stated = [(name, value) for name in body_images.ATTRIBUTES if (value := values.get(name)) is not None]
    attributes = [f'{name}="{quoted(value)}"' for name, value in stated]
    return [f"<img {' '.join(attributes)}>"]


def _figure(element: Element, marks: Marks) -> list[str]:
    """Return a figure: one image of ours and its caption. Of any other, the blocks stand for themselves.

    The caption of an image that may not stay goes along with the image.
    """
    captions: list[Element | str] = []
    rest: list[Element | str] = []
    for child in element.children:
        is_caption = isinstance(child, Element) and child.tag == "figcaption"
        (captions if is_caption else rest).append(child)
    blocks, text = _flow(rest, marks), line(_lines(captions, marks))
    # The pictures in a caption stand behind it; where there is no other, the first is what it describes.
    behind = _images(captions)
    blocks, behind = (blocks, behind) if blocks else (behind[:1], behind[1:])
    if len(blocks) == 1 and blocks[0].startswith("<img "):
        caption = f"<figcaption>{text}</figcaption>" if text else ""
        return [f"<figure>{blocks[0]}{caption}</figure>", *behind]
    if not blocks and _holds_image(element.children):
        return []
    return [*blocks, *([f"<p>{text}</p>"] if text else []), *behind]


def _images(children: Sequence[Element | str]) -> list[str]:
    """Return the images in what may hold nothing but text."""
    elements = [child for child in children if isinstance(child, Element)]
    return [
        image
        for child in elements
        for image in (_image(child) if child.tag == "img" else _images(child.children))
    ]


def _holds_image(children: Sequence[Element | str]) -> bool:
    elements = [child for child in children if isinstance(child, Element)]
    return any(element.tag == "img" or _holds_image(element.children) for element in elements)


def _lines(children: Sequence[Element | str], marks: Marks) -> Iterator[Run]:
    """Yield the runs of blocks as of one line, with a line break where a block ends and another begins."""
    began = False
    for piece in _pieces(children, marks):
        if isinstance(piece, Run):
            began = began or bool(piece.text.strip())
            yield piece
        elif inner := list(_lines(piece[0].children, piece[1])):
            yield from [Run(BREAK, marks)] if began else []
            yield from inner
            began = True


def _list(element: Element, marks: Marks) -> list[str]:
    tag = _LISTS[element.tag]
    items = _items(element.children, marks)
    attributes = "".join(f' {name}="{value}"' for name, value in list_attributes(tag, element.attributes))
    return [f"<{tag}{attributes}>{''.join(items)}</{tag}>"] if items else []


def list_attributes(tag: str, attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (name, value) of what a numbered list states: its first number, and letters for numbers."""
    if tag != "ol":
        return
    start, kind = attributes.get("start", "").strip(), attributes.get("type", "").strip()
    if NUMBER.fullmatch(start) and int(start) != 1:
        yield "start", str(int(start))
    if kind in ("a", "A", "i", "I"):
        yield "type", kind


def _items(children: Sequence[Element | str], marks: Marks) -> list[str]:
    items: list[str] = []
    loose: list[Element | str] = []

    def end_loose() -> None:
        if blocks := _flow(loose, marks):
            # A list right in a list is nested in the item before it: so write some word processors.
            is_nested = items and all(block.startswith(("<ul>", "<ol")) for block in blocks)
            if is_nested:
                items[-1] = f"{items[-1].removesuffix('</li>')}{''.join(blocks)}</li>"
            else:
                items.append(_as_item(blocks))
        loose.clear()

    for child in children:
        if isinstance(child, Element) and child.tag == "li":
            end_loose()
            items.append(_item(child, marks))
        else:
            loose.append(child)
    end_loose()
    return items


def _item(element: Element, marks: Marks) -> str:
    return _as_item(_flow(element.children, marks))


def _as_item(blocks: list[str]) -> str:
    # The editor lets an item begin with nothing but a paragraph.
    if blocks and blocks[0].startswith(("<h2>", "<h3>", "<h4>")):
        blocks[0] = f"<p>{blocks[0][4:-5]}</p>"
    elif not blocks or not blocks[0].startswith("<p>"):
        blocks.insert(0, "<p></p>")
    return f"<li>{''.join(blocks)}</li>"


def _table(element: Element, marks: Marks) -> list[str]:
    """Return a table with what was its caption before it; of a table for layout, what its cells hold.

    A table in a cell becomes paragraphs of that cell.
    """
    captions, rows = tables.parts(element)
    blocks = [block for caption in captions for block in _flow(caption.children, marks)]
    if tables.is_layout(element, rows):
        return blocks + [block for row in rows for cell in row for block in _flow(cell.children, marks)]
    cells = [[(cell, _flow(tables.without_tables(cell).children, marks)) for cell in row] for row in rows]
    made = tables.Grid([[tables.cell(cell, held or ["<p></p>"]) for cell, held in row] for row in cells])
    return [*blocks, made.html()]
