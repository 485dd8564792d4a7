"""From a file to records: a list of addresses, from whichever program."""

from array import array
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path

from django.core.exceptions import ValidationError

from subscribers import addresses
from subscribers.exchange import cell_parsers, columns, exports, reimport, spreadsheets, states
from subscribers.exchange.records import Outcome, Record, RowResult, Standing
from subscribers.exchange.row_states import RowStates

# People who asked Substack to forget them stand in its exports under this domain.
_FORGOTTEN = "@deletion-request.substack.com"

# (line, standing, since when) of a record.
_End = tuple[int, Standing, datetime | None]

SKIPPED_FOR = {
    Standing.UNSTATED: "The file does not say whether they are subscribed.",
    Standing.PENDING: "They never confirmed.",
    Standing.INACTIVE: "They were no longer written to.",
    Standing.DELETED: "They were deleted there.",
}
NO_ADDRESS = "This is no e-mail address."
TWICE = "The address stands further up in the file."
LEFT_UNREADABLE = "It says that somebody left, and holds no address that can be read: take them off by hand."
BAD_TIME = "A time that cannot be was left out."
UNCLEAR_TIME = "Day and month of a date may be swapped; the later of the two days was taken."


class AddressList:
    """A list of addresses in a file, looked through once when the object is made.

    ``name`` is the file's name at the program that wrote the list, which may tell the state of all its rows.
    Raises UnusableFileError where nothing can be taken from the file.

    An address that stands in the file more than once counts once: in the place and with the name of its first
    row, and with the strictest of its states, so that no order of rows brings back who left.
    """

    # Whether everybody on the list has left who is not said to be subscribed.
    OF_LEAVERS = False

    def __init__(self, path: str | Path, name: str = "") -> None:
        self.name = name or Path(path).name
        self._table = spreadsheets.table(path)
        first_row = next((cells for _, cells in self._table), [])
        self.columns, self._has_names = columns.find(first_row, of_leavers=self.OF_LEAVERS)
        self.format = self.columns.format
        if self.format == columns.MAILPOET:
            self._table.escape = "\\"
        self._in_name = states.state_in_name(Path(self.name).stem)
        self._states = RowStates(self.columns, self._in_name, of_leavers=self.OF_LEAVERS)
        # {key of an address that stands there twice: (its first line, its strictest standing, since when)}
        self._repeated: dict[int, _End] = {}
        self.length = self._look_through()

    @property
    def warnings(self) -> list[str]:
        """What a person should know of the file as a whole."""
        warnings = list(self._table.warnings)
        if self._in_name:
            word = self._in_name.name.lower()
            warnings.append(f"By the file's name, rows without a state of their own are taken as {word}.")
        if unknown := self._states.unknown:
            warnings.append(f"States that are not known: {', '.join(sorted(unknown))}.")
        if not self.length:
            warnings.append("The file names its columns and holds no rows.")
        return warnings

    def __iter__(self) -> Iterator[Record | RowResult]:
        """Yield a Record for each person, and a RowResult for each row that gives no person."""
        for item in self._rows():
            others = [record for record in _records_of(item) if not self._is_first(record)]
            detail = " ".join(
                f"It stands in line {self._repeated[_key(record)][0]} too." for record in others
            )
            if isinstance(item, RowResult):
                if others:
                    item.left = tuple(record for record in item.left if record not in others)
                    item.detail = f"{item.reason} {detail}"
                yield item
            elif others:
                yield RowResult(item.line, item.address, Outcome.SKIPPED, TWICE, detail)
            else:
                yield self._taken(item)

    def _is_first(self, record: Record) -> bool:
        """Give a record the strictest standing of its address; return whether it is the first with that."""
        if not (strictest := self._repeated.get(_key(record))):
            return True
        first_line, record.standing, record.ended_at = strictest
        return record.line == first_line

    def _taken(self, record: Record) -> Record | RowResult:
        """Return the record of a person who is to be brought over, or why they are not."""
        reason = SKIPPED_FOR.get(record.standing)
        return RowResult(record.line, record.address, Outcome.SKIPPED, reason) if reason else record

    def _look_through(self) -> int:
        """Return how many rows there are, and note the addresses that stand there more than once.

        A number stands for an address, so that a million of them take little room.
        """
        for _, cells in self._body():
            self._states.note(cells)
        self._states.settle()
        keys, length = array("q"), 0
        for item in self._rows(has_details=False):
            length += 1
            keys.extend(map(_key, _records_of(item)))
        repeated = {key for key, following in pairwise(sorted(keys)) if key == following}
        for item in self._rows(has_details=False) if repeated else ():
            for record in _records_of(item):
                if (key := _key(record)) in repeated:
                    stated = (record.line, record.standing, record.ended_at)
                    first = self._repeated.setdefault(key, stated)
                    if _strictness(stated) > _strictness(first):
                        self._repeated[key] = (first[0], *stated[1:])
        return length

    def _body(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (line, cells) of each row below the names of the columns."""
        return islice(iter(self._table), int(self._has_names), None)

    def _rows(self, *, has_details: bool = True) -> Iterator[Record | RowResult]:
        """Yield a Record, or a RowResult that refuses, for each row (in our own table: for each person).

        Without details a record has an address, a standing and when it came to that.
        """
        rows = self._body()
        if self.format == columns.OWN:
            rows = reimport.joined(rows, self.columns)
        for line, cells in rows:
            try:
                yield self._record(line, cells, has_details)
            except ValidationError as error:
                yield self._refusal(line, cells, error)

    def _record(self, line: int, cells: list[str], has_details: bool) -> Record:
        if self.format == columns.OWN:
            return reimport.record(line, cells, self.columns, self._states.now)
        if misfit := self._states.misfit(cells):
            raise ValidationError(misfit)

        def cell(role: str) -> str:
            return self.columns.cell(cells, role)

        address = addresses.normal(cell("address"))
        standing, ended_at = self._states.standing(cells)
        if address.casefold().endswith(_FORGOTTEN):
            standing = Standing.DELETED
        record = Record(line, address, standing, ended_at=ended_at)
        if has_details:
            asked, confirmed = self._states.moment(cell("asked")), self._states.moment(cell("confirmed"))
            if not (asked.at or confirmed.at) and (perhaps := self._states.moment(cell("perhaps_asked"))).at:
                asked = perhaps
            name, note = cell_parsers.name(cell("first_name"))
            if not name and not note:
                name, note = cell_parsers.name(" ".join(cell("full_name").split()[:1]))
            record.first_name = name
            record.asked_at, record.joined_at = asked.at or confirmed.at, confirmed.at or asked.at
            record.region = cell_parsers.region(cell("network"))
            times = (asked, confirmed)
            notes = [BAD_TIME for moment in times if moment.is_bad]
            notes += [UNCLEAR_TIME for moment in times if moment.is_unclear]
            record.notes = tuple(filter(None, [*notes, note]))
        return record

    def _refusal(self, line: int, cells: list[str], error: ValidationError) -> RowResult:
        """Return the result of a row that is refused, with those who left by it."""
        if self.format == columns.OWN:
            cells = list(map(exports.unguarded, cells))
        # Not much longer than an address can be.
        address = self.columns.cell(cells, "address")[: 2 * addresses.MAX_LENGTH]
        reason = NO_ADDRESS if error.code == "invalid" else error.messages[0]
        refusal = RowResult(line, address, Outcome.REFUSED, reason)
        if (standing := self._states.left(cells)) is not None:
            refusal.left = tuple(Record(line, each, standing) for each in self._states.addresses(cells))
            if not refusal.left:
                refusal.reason = f"{reason} {LEFT_UNREADABLE}"
        return refusal


def _strictness(stated: _End) -> tuple[Standing, bool, datetime]:
    """Return what makes one of two rows the stricter: of one standing, the later end, and before all none."""
    _, standing, ended_at = stated
    return standing, ended_at is None, ended_at or datetime.min.replace(tzinfo=UTC)


def _records_of(item: Record | RowResult) -> tuple[Record, ...]:
    return (item,) if isinstance(item, Record) else item.left


def _key(record: Record) -> int:
    return hash(addresses.folded(record.address))
