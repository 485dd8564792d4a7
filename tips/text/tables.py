"""The tables of a body: which are tables, and the regular form in which they are stored."""

from collections.abc import Sequence
from dataclasses import dataclass

from tips.text.html_tree import Element, retagged

SCOPES = ("row", "col", "rowgroup", "colgroup")
# A wider span is a mistake, or mischief: the grid is filled up to it.
_WIDEST_SPAN, _HIGHEST_SPAN = 20, 100
# So many cells at most are added to short rows, and so many may stand for spans: more are mischief.
_MOST_CELLS = 5_000


@dataclass
class Cell:
    """A cell: its blocks, over how many columns and rows it goes, and whether it is a heading."""

    html: str
    is_head: bool = False
    columns: int = 1
    rows: int = 1
    scope: str = ""


def parts(table: Element) -> tuple[list[Element], list[list[Element]]]:
    """Return (captions, rows) of a table; each row is the list of its cells."""
    captions: list[Element] = []
    rows: list[list[Element]] = []
    for child in _elements(table):
        if child.tag == "caption":
            captions.append(child)
        elif child.tag in ("thead", "tbody", "tfoot"):
            found = [_cells(row) for row in _elements(child) if row.tag == "tr"]
            if child.tag == "thead":
                found = [[Element("th", cell.attributes, cell.children) for cell in row] for row in found]
            rows += found
        elif child.tag == "tr":
            rows.append(_cells(child))
    return captions, rows


def is_layout(table: Element, rows: Sequence[Sequence[Element]]) -> bool:
    """Tell whether a table only places things on a page: one cell a row, or one row that holds tables."""
    is_narrow = all(len(row) < 2 for row in rows)
    return is_narrow or (len(rows) < 2 and any(_holds_table(child) for child in _elements(table)))


def without_tables(cell: Element) -> Element:
    """Return a cell in which each table is a plain block: what its own cells hold stands in paragraphs."""
    return retagged(cell, "table", "div") if _holds_table(cell) else cell


def _holds_table(element: Element) -> bool:
    return element.tag == "table" or any(map(_holds_table, _elements(element)))


def cell(element: Element, blocks: Sequence[str]) -> Cell:
    """Return a cell of a table with the blocks it holds."""
    given = element.attributes
    scope = given.get("scope", "").strip().lower()
    return Cell(
        html="".join(blocks),
        is_head=element.tag == "th",
        columns=span(given.get("colspan", ""), _WIDEST_SPAN),
        rows=span(given.get("rowspan", ""), _HIGHEST_SPAN),
        scope=scope if scope in SCOPES else "",
    )


def allowed_value(name: str, stated: str) -> str | None:
    """Return the value of a cell's attribute as it may stay, or None to drop it."""
    if name == "scope":
        return stated if stated in SCOPES else None
    number = span(stated, _WIDEST_SPAN if name == "colspan" else _HIGHEST_SPAN)
    return str(number) if number > 1 else None


def span(stated: str, most: int) -> int:
    """Return how many columns or rows an attribute states, 1 where that is no sane number."""
    stated = stated.strip()
    number = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 5 else 1
    return min(max(number, 1), most)


class Grid:
    """A table whose rows all have the same width: spans end at its edges, short rows are filled up.

    Spans over more cells than ``_MOST_CELLS`` in all count for nothing.
    """

    def __init__(self, rows: list[list[Cell]]) -> None:
        self.rows = rows
        # For each row, the columns that cells of it and of rows above take.
        self.taken: list[set[int]] = [set() for _ in rows]
        # The column in which each cell begins.
        self.columns: list[list[int]] = [[] for _ in rows]
        cells = [cell for row in rows for cell in row]
        if sum(cell.columns * min(cell.rows, len(rows)) - 1 for cell in cells) > _MOST_CELLS:
            for cell in cells:
                cell.columns = cell.rows = 1
        for number, row in enumerate(rows):
            self._place(number, row)
        self._fill()
        self._drop_empty_rows()

    def _place(self, number: int, row: Sequence[Cell]) -> None:
        column = 0
        for cell in row:
            while column in self.taken[number]:
                column += 1
            cell.rows = min(cell.rows, len(self.rows) - number)
            free = next((n for n in range(1, cell.columns) if column + n in self.taken[number]), cell.columns)
            cell.columns = free
            for below in range(number, number + cell.rows):
                self.taken[below].update(range(column, column + cell.columns))
            self.columns[number].append(column)

    def _fill(self) -> None:
        width = max((column for taken in self.taken for column in taken), default=-1) + 1
        if sum(width - len(taken) for taken in self.taken if taken) > _MOST_CELLS:
            return
        for row, taken, columns in zip(self.rows, self.taken, self.columns, strict=True):
            is_head = bool(row) and all(cell.is_head for cell in row)
            if taken:
                free = [column for column in range(width) if column not in taken]
                row += [Cell("<p></p>", is_head) for _ in free]
                columns += free

    def _drop_empty_rows(self) -> None:
        kept = [number for number, taken in enumerate(self.taken) if taken]
        self.rows = [self.rows[number] for number in kept]
        self.columns = [self.columns[number] for number in kept]

    def html(self) -> str:
        """Return the table: rows of headings at its top are its head."""
        count = 0
        while count < len(self.rows) and self.rows[count] and all(cell.is_head for cell in self.rows[count]):
            count += 1
        reach = max((n + cell.rows for n in range(count) for cell in self.rows[n]), default=0)
        if count == len(self.rows) or reach > count:
            # A head of nothing, or one that a cell reaches out of: a browser would cut that cell off.
            count = 0
        head = f"<thead>{''.join(self._row(n, 'col') for n in range(count))}</thead>" if count else ""
        body = "".join(self._row(n, "row") for n in range(count, len(self.rows)))
        return f"<table>{head}<tbody>{body}</tbody></table>"

    def _row(self, number: int, scope: str) -> str:
        written = []
        for cell, column in zip(self.rows[number], self.columns[number], strict=True):
            attributes = f' colspan="{cell.columns}"' * (cell.columns > 1)
            attributes += f' rowspan="{cell.rows}"' * (cell.rows > 1)
            if cell.is_head:
                stated = cell.scope or ("row" if scope == "row" and column == 0 else "col")
                written.append(f'<th{attributes} scope="{stated}">{cell.html}</th>')
            else:
                written.append(f"<td{attributes}>{cell.html}</td>")
        return f"<tr>{''.join(written)}</tr>"


def _elements(element: Element) -> list[Element]:
    return [child for child in element.children if isinstance(child, Element)]


def _cells(row: Element) -> list[Element]:
    return [child for child in _elements(row) if child.tag in ("td", "th")]
