"""How somebody stands by a row of a list, whether the row fits its columns, who left by a refused row."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils import timezone

from subscribers import addresses
from subscribers.exchange import cell_parsers, columns, moments, states
from subscribers.exchange.columns import Columns, Kind, Stated
from subscribers.exchange.records import Standing
from tips.text import folding

UNKNOWN_STATE = "The file gives them a state that is not known."
TOO_MANY_CELLS = "The row has more cells than the first row names: quote cells that hold the separator."
SHIFTED = "The cells of the row do not fit their columns: quote cells that hold the separator."
_MOST_WORDS = 10
# So many rows must have the same surplus of empty cells before that is taken for a program's habit.
_HABIT = 3
_BETWEEN_ADDRESSES = re.compile(r"[,;/|]|\s+(?:and|or|und|oder|&)\s+")


class RowStates:
    """What the rows of a list say of people, by the Columns of the list.

    ``default`` is how people stand of whom the list says nothing. In a list of those who left,
    ``of_leavers``, everybody has left who is not said to be subscribed. ``unknown`` has words for states that
    are not known.
    """

    def __init__(self, columns_: Columns, in_name: Standing | None, *, of_leavers: bool = False) -> None:
        self.columns, self.of_leavers = columns_, of_leavers
        self.now = timezone.now()
        self.unknown: set[str] = set()
        self.is_day_first: bool | None = None
        self._in_name = in_name
        # Of all rows: the smallest surplus of cells, how many rows there are, what proves the order of days.
        self._spare, self._rows = 0, 0
        self._smallest: int | None = None
        self._orders: set[bool] = set()
        self._perhaps = {
            column.position for column in columns_.stated if column.kind is Kind.PERHAPS and column.is_alone
        }
        self._of_states: set[int] = set()
        self._decide_default()

    def _decide_default(self) -> None:
        silent = Standing.UNSTATED if any(map(_always_states, self.columns.stated)) else Standing.SUBSCRIBED
        self.default = self._in_name or (Standing.UNSUBSCRIBED if self.of_leavers else silent)

    def note(self, cells: list[str]) -> None:
        """Take notice of a row, for what only all rows together tell; see ``settle``."""
        surplus = len(cells) - self.columns.width
        self._smallest = surplus if self._smallest is None else min(self._smallest, surplus)
        self._rows += 1
        for position in self.columns.times:
            if position < len(cells) and (is_first := moments.day_first(cells[position])) is not None:
                self._orders.add(is_first)
        for position in self._perhaps - self._of_states:
            if position < len(cells) and states.state(folding.visible(cells[position])) is not None:
                self._of_states.add(position)

    def settle(self) -> None:
        """Decide what all rows together tell, after the last one was noted."""
        self._spare = max(0, self._smallest or 0) if self._rows >= _HABIT else 0
        self.is_day_first = next(iter(self._orders)) if len(self._orders) == 1 else None
        self.columns.stated = [
            replace(column, kind=Kind.STATE) if column.position in self._of_states else column
            for column in self.columns.stated
        ]
        self._decide_default()

    def moment(self, text: str) -> moments.Moment:
        """Return what a cell says of a time, as this list writes times."""
        return moments.read(cell_parsers.stated(text), self.now, self.is_day_first)

    def misfit(self, cells: list[str]) -> str:
        """Return why a row does not fit the columns, or an empty text where it fits.

        Empty cells too many or too few at the end are nothing, unless other cells show that they stand in the
        wrong columns: a comma that is not quoted moves all cells behind it.
        """
        if any(map(folding.visible, cells[self.columns.width :])):
            return TOO_MANY_CELLS
        surplus = len(cells) - self.columns.width - self._spare
        if surplus > 0 and self._is_moved_right(cells, surplus):
            return SHIFTED
        if len(cells) < self.columns.width and self._is_moved_left(cells):
            return SHIFTED
        return ""

    def standing(self, cells: list[str]) -> tuple[Standing, datetime | None]:
        """Return (the strictest Standing that a row tells of, when it came to that if the row says so).

        Raises ValidationError for a state that is not known.
        """
        standings: list[Standing] = []
        ends: list[tuple[Standing, datetime]] = []
        for column in self.columns.stated:
            text = _cell(cells, column.position)
            if not text:
                continue
            standing, is_ended = self._stated(column, text)
            if standing is not None:
                standings.append(standing)
                if is_ended and (at := self.moment(text).at):
                    ends.append((standing, at))
        for position in self.columns.silent:
            if (
                position < len(cells)
                and (left := states.leaving(folding.visible(cells[position]))) is not None
            ):
                standings.append(left)
        strictest = max(standings, default=self.default)
        return strictest, max((at for standing, at in ends if standing == strictest), default=None)

    def left(self, cells: list[str]) -> Standing | None:
        """Return the Standing of somebody who left, by whatever cell of a row that is refused; else None."""
        standings: list[Standing | None] = [self._in_name]
        standings += [states.leaving(folding.visible(cell)) for cell in cells]
        most = max(0, len(cells) - self.columns.width)
        for column in self.columns.stated:
            for position in range(column.position, column.position + most + 1):
                if text := _cell(cells, position):
                    standings.append(self._told(column, text, is_moved=bool(most)))
        return max((standing for standing in standings if standing in states.LEAVING), default=None)

    def addresses(self, cells: list[str]) -> list[str]:
        """Return the addresses that a refused row is about, in the form in which they are stored.

        They are those in the column of addresses, or as far right of that as the cells may have been moved;
        if there are none, those of all cells. Further right stands somebody else, who referred them perhaps.
        """
        position = self.columns.positions["address"]
        near = cells[position : position + 1 + max(0, len(cells) - self.columns.width)]
        found = _addresses_of(near) or _addresses_of(cells)
        return list({addresses.folded(address): address for address in found}.values())

    def _stated(self, column: Stated, text: str) -> tuple[Standing | None, bool]:
        """Return (what a cell tells or None, whether the cell has the time of that)."""
        kind = column.kind
        if kind is Kind.STATE:
            return self._state(text), False
        if kind is Kind.PERHAPS:
            return states.whole(states.words(text)), False
        answer = cell_parsers.yes_or_no(text)
        if kind is Kind.WHY:
            return (None if answer is False else column.standing), False
        if kind is Kind.ENDED:
            is_nothing = answer is False or text.startswith("0000")
            return (None, False) if is_nothing else (column.standing, True)
        is_time = answer is None and self.moment(text).at is not None
        if answer is None and not is_time:
            # "Stop status: unsubscribed" says the same as "yes", and "Bounced: active" the same as "no".
            state = self._state(text)
            if kind is Kind.WANTED and state != Standing.SUBSCRIBED:
                return state, False
            answer = (state == Standing.SUBSCRIBED) is (kind is Kind.WANTED)
            if answer and kind is Kind.UNWANTED:
                return max(state, column.standing), False
        if kind is Kind.UNWANTED:
            return (self._no(), False) if answer is False else (column.standing, is_time)
        if answer is False:
            return column.standing, False
        return (Standing.SUBSCRIBED if _always_states(column) else None), False

    def _no(self) -> Standing | None:
        """Return what a row states by saying that somebody has not left."""
        return Standing.SUBSCRIBED if self.of_leavers else None

    def _state(self, text: str) -> Standing:
        standing = states.state(text)
        if standing is None and self.columns.format == columns.LETTERED:
            standing = states.LETTERS.get(folding.key(text))
        if standing is None:
            if len(self.unknown) < _MOST_WORDS:
                self.unknown.add(text[:30])
            if not self.of_leavers:
                raise ValidationError(UNKNOWN_STATE)
            return Standing.UNSUBSCRIBED
        return standing

    def _told(self, column: Stated, text: str, *, is_moved: bool) -> Standing | None:
        """Return what a cell of a refused row tells, beside or in a column that says how somebody stands."""
        answer, is_time = cell_parsers.yes_or_no(text), self.moment(text).at is not None
        if column.kind is Kind.STATE:
            return states.state(text)
        if column.kind is Kind.WANTED:
            return column.standing if answer is False else None
        if column.kind is Kind.UNWANTED:
            return column.standing if answer or is_time else states.state(text)
        if column.kind is Kind.ENDED:
            is_nothing = answer is False or text.startswith("0000")
            return column.standing if is_time or not (is_moved or is_nothing) else None
        if column.kind is Kind.WHY:
            return None if is_moved or answer is False else column.standing
        return None

    def _is_moved_right(self, cells: list[str], surplus: int) -> bool:
        """Tell whether cells stand right of their columns: a column has no sense, and one beside it has."""
        if any(text and self.moment(text).is_bad for text in self._times_of_joining(cells)):
            return True
        address = self.columns.positions["address"]
        for column in self.columns.stated:
            before = range(column.position)
            is_parted = any(_cell(cells, at) and _cell(cells, at + 1) for at in before if at != address)
            if _cell(cells, column.position) or not is_parted:
                continue
            for position in range(column.position + 1, column.position + surplus + 1):
                is_explained = position in self.columns.times and column.kind is Kind.ENDED
                if not is_explained and self._tells_leaving(column, _cell(cells, position)):
                    return True
        return False

    def _times_of_joining(self, cells: list[str]) -> Iterator[str]:
        for role in ("asked", "confirmed"):
            yield self.columns.cell(cells, role)

    def _is_moved_left(self, cells: list[str]) -> bool:
        """Tell whether a word for leaving stands in a column for names, and none in the column for states."""
        deficit, address = self.columns.width - len(cells), self.columns.positions["address"]
        return any(
            states.leaving(_cell(cells, position)) is not None
            for column in self.columns.stated
            if column.kind is Kind.STATE and not _cell(cells, column.position)
            for position in range(max(0, column.position - deficit), column.position)
            if position != address
        )

    def _tells_leaving(self, column: Stated, text: str) -> bool:
        told = self._told(column, text, is_moved=True) if text else None
        return told is not None and told != Standing.SUBSCRIBED


def _cell(cells: list[str], position: int) -> str:
    return cell_parsers.stated(cells[position]) if position < len(cells) else ""


def _always_states(column: Stated) -> bool:
    """Tell whether a column states of everybody how they stand, so that an empty cell tells nothing good."""
    is_answer = column.kind is Kind.WANTED and column.standing != Standing.PENDING
    return is_answer or column.kind is Kind.STATE


def _addresses_of(cells: list[str]) -> list[str]:
    return [address for cell in cells if "@" in folding.key(cell) for address in _addresses_in(cell)]


def _addresses_in(cell: str) -> Iterator[str]:
    """Yield the addresses in a cell that has one, or several with signs between them."""
    try:
        yield addresses.normal(cell)
        return
    except ValidationError:
        parts = _BETWEEN_ADDRESSES.split(cell)
        if all("@" in part for part in cell.split()):
            parts = re.split(r"[,;/|\s]+", cell)
    for part in parts if len(parts) > 1 else ():
        try:
            yield addresses.normal(part)
        except ValidationError:
            continue
