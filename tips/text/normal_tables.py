"""Tables as the editor keeps them: as many cells in each row, no span beyond the end, header rows apart."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tips.text.html_tree import Element

_SECTIONS = ("thead", "tbody", "tfoot")
_SCOPES = ("row", "col", "rowgroup", "colgroup")
# No table that people read spans more; a hostile number must not make millions of cells.
_MOST_SPANNED = 50


@dataclass
class Cell:
    """A cell, and how many columns and rows it spans."""

    element: Element
    is_header: bool
    columns: int = 1
    rows: int = 1


@dataclass
class Row:
    """A row's own cells, without those that reach into it from above."""

    cells: list[Cell] = field(default_factory=list)


def rows(table: Element) -> tuple[list[Element | str], list[Row]]:
    """Return (stray, rows) of a table: what stands in it outside of every cell, and its rows with a cell."""
    stray: list[Element | str] = []
    result: list[Row] = []
    for section in _sections(table, stray):
        first = len(result)
        for row in section.children:
            if not isinstance(row, Element) or row.tag != "tr":
                stray.append(row)
                continue
            result.append(Row())
            for cell in row.children:
                if isinstance(cell, Element) and cell.tag in ("td", "th"):
                    is_header = cell.tag == "th" or section.tag == "thead"
                    spans = (_span(cell.attributes.get(name, "")) for name in ("colspan", "rowspan"))
                    result[-1].cells.append(Cell(cell, is_header, *spans))
                else:
                    stray.append(cell)
        # In HTML no cell reaches beyond its section.
        for number, made in enumerate(result[first:], first):
            for own in made.cells:
                own.rows = min(own.rows, len(result) - number)
    return stray, _without_empty(result)


def _sections(table: Element, stray: list[Element | str]) -> Iterator[Element]:
    """Yield the sections of a table; rows outside of all make sections of their own."""
    loose = Element("tbody")
    for child in table.children:
        if isinstance(child, Element) and child.tag == "tr":
            loose.children.append(child)
            continue
        if isinstance(child, Element) and child.tag in _SECTIONS:
            if loose.children:
                yield loose
                loose = Element("tbody")
            yield child
        else:
            stray.append(child)
    if loose.children:
        yield loose


def _span(value: str) -> int:
    is_number = value.isascii() and value.isdigit() and len(value) < 5
    return min(max(int(value), 1), _MOST_SPANNED) if is_number else 1


def _without_empty(all_rows: list[Row]) -> list[Row]:
    """Return rows without those that have no cell of their own; what spanned these spans fewer."""
    for number, row in enumerate(all_rows):
        for cell in row.cells:
            cell.rows -= sum(not other.cells for other in all_rows[number : number + cell.rows])
    return [row for row in all_rows if row.cells]


def is_layout(table: Element, all_rows: list[Row]) -> bool:
    """Tell whether a table only lays out a page: it has one cell in a row, or a table in it."""
    return all(len(row.cells) <= 1 for row in all_rows) or next(table.all("table"), None) is not None


def written(all_rows: list[Row], inner: Callable[[Element], str]) -> str:
    """Return what stands between the tags of a table; ``inner`` writes what stands in a cell."""
    _make_even(all_rows)
    header = _header_rows(all_rows)
    parts = [_row(row, inner) for row in all_rows]
    if not header:
        return f"<tbody>{''.join(parts)}</tbody>"
    return f"<thead>{''.join(parts[:header])}</thead><tbody>{''.join(parts[header:])}</tbody>"


def _make_even(all_rows: list[Row]) -> None:
    """Cut spans where cells would overlap or the table ends, and fill each row up with empty cells."""
    # How many more rows the cell above reaches down, by the number of the column.
    reaching: dict[int, int] = {}
    widths = []
    for number, row in enumerate(all_rows):
        column, below = 0, {place: left - 1 for place, left in reaching.items() if left > 1}
        for cell in row.cells:
            while column in reaching:
                column += 1
            cell.columns = next((n for n in range(1, cell.columns) if column + n in reaching), cell.columns)
            cell.rows = min(cell.rows, len(all_rows) - number)
            if cell.rows > 1:
                below |= dict.fromkeys(range(column, column + cell.columns), cell.rows - 1)
            column += cell.columns
        widths.append(max([column, *(place + 1 for place in reaching)]))
        _fill(row, sum(place not in reaching for place in range(column, widths[-1])))
        reaching = below
    for row, width in zip(all_rows, widths, strict=True):
        _fill(row, max(widths) - width)


def _fill(row: Row, number: int) -> None:
    """Add so many empty cells at the end of a row, header cells to a row of such."""
    is_header = all(cell.is_header for cell in row.cells)
    row.cells.extend(Cell(Element("td"), is_header) for _ in range(number))


def _header_rows(all_rows: list[Row]) -> int:
    """Return how many rows from the top have header cells alone; none where a cell reaches out of them."""
    count = 0
    while count < len(all_rows) and all(cell.is_header for cell in all_rows[count].cells):
        count += 1
    if count == len(all_rows):
        count = 1 if count > 1 else 0
    reaches_out = any(
        number + cell.rows > count for number, row in enumerate(all_rows[:count]) for cell in row.cells
    )
    return 0 if reaches_out else count


def _row(row: Row, inner: Callable[[Element], str]) -> str:
    parts = []
    for cell in row.cells:
        tag = "th" if cell.is_header else "td"
        spans = (("colspan", cell.columns), ("rowspan", cell.rows))
        numbers = "".join(f' {name}="{number}"' for name, number in spans if number > 1)
        scope = cell.element.attributes.get("scope", "")
        scoped = f' scope="{scope}"' if cell.is_header and scope in _SCOPES else ""
        parts.append(f"<{tag}{scoped}{numbers}>{inner(cell.element)}</{tag}>")
    return f"<tr>{''.join(parts)}</tr>"
