"""From a file to records: a list of addresses, from whichever program."""

from array import array
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils import timezone

from desk.files import UnusableFileError
from subscribers import addresses
from subscribers.exchange import cell_parsers, columns, reimport, spreadsheets
from subscribers.exchange.records import Outcome, Record, RowResult, Standing
from tips.text import folding

# People who asked Substack to forget them stand in its exports under this domain.
_FORGOTTEN = "@deletion-request.substack.com"

SKIPPED_FOR = {
    Standing.UNSTATED: "The file does not say whether they are subscribed.",
    Standing.PENDING: "They never confirmed.",
    Standing.INACTIVE: "They were no longer written to.",
    Standing.DELETED: "They were deleted there.",
}
# {kind of a column: the standing that the column states}
_ENDS = {
    "unwanted": Standing.UNSUBSCRIBED,
    "left": Standing.UNSUBSCRIBED,
    "cleaned": Standing.BOUNCED,
    "deleted": Standing.DELETED,
}
NO_ADDRESS = "This is no e-mail address."
UNKNOWN_STATE = "The file gives them a state that is not known."
TWICE = "The address stands further up in the file."
UNCLOSED = "A quotation mark is never closed: neither this row nor any below it could be read."
BAD_TIME = "A time that cannot be was left out."
_MOST_WORDS = 10


class AddressList:
    """A list of addresses in a file, looked through once when the object is made.

    ``name`` is the file's name at the program that wrote the list, which may tell the state of all its rows.
    Raises UnusableFileError where nothing can be taken from the file.

    An address that stands in the file more than once counts once: in the place and with the name of its first
    row, and with the strictest of its states, so that no order of rows brings back who left.
    """

    # What a row states by saying that somebody has not left: nothing, unless that needs to be said.
    _NOT_UNWANTED: tuple[Standing, ...] = ()

    def __init__(self, path: str | Path, name: str = "") -> None:
        self.name = name or Path(path).name
        self.now = timezone.now()
        self._table = spreadsheets.table(path)
        try:
            first_row = next((cells for _, cells in self._table), [])
        except spreadsheets.UnclosedQuoteError as error:
            raise UnusableFileError(f"A quotation mark in line {error.line} is never closed.") from error
        self.columns, self._has_names = columns.find(first_row)
        self.format = self.columns.format
        if self.format == columns.MAILPOET:
            self._table.escape = "\\"
        is_stated = any(kind in ("state", "wanted") for _, kind in self.columns.stated)
        self._default = cell_parsers.state_in_name(Path(self.name).stem) or self._silent(is_stated)
        self._unknown_states: set[str] = set()
        # {key of an address that stands there twice: its first record, with the strictest standing}
        self._repeated: dict[int, Record] = {}
        self.length = self._look_through()

    @property
    def warnings(self) -> list[str]:
        """What a person should know of the file as a whole."""
        warnings = list(self._table.warnings)
        if self._default not in (Standing.SUBSCRIBED, Standing.UNSTATED):
            word = self._default.name.lower()
            warnings.append(f"By the file's name, rows without a state of their own are taken as {word}.")
        if self._unknown_states:
            warnings.append(f"States that are not known: {', '.join(sorted(self._unknown_states))}.")
        if not self.length:
            warnings.append("The file names its columns and holds no rows.")
        return warnings

    def __iter__(self) -> Iterator[Record | RowResult]:
        """Yield a Record for each person, and a RowResult for each row that gives no person."""
        for item in self._rows():
            if isinstance(item, RowResult):
                yield item
                continue
            if strictest := self._repeated.get(_key(item)):
                if item.line != strictest.line:
                    detail = f"It stands in line {strictest.line} too."
                    yield RowResult(item.line, item.address, Outcome.SKIPPED, TWICE, detail)
                    continue
                item.standing, item.ended_at = strictest.standing, strictest.ended_at
            yield self._taken(item)

    def _silent(self, is_stated: bool) -> Standing:
        """Return how people stand of whom the list says nothing; ``is_stated``: it says so of others."""
        return Standing.UNSTATED if is_stated else Standing.SUBSCRIBED

    def _taken(self, record: Record) -> Record | RowResult:
        """Return the record of a person who is to be brought over, or why they are not."""
        reason = SKIPPED_FOR.get(record.standing)
        return RowResult(record.line, record.address, Outcome.SKIPPED, reason) if reason else record

    def _look_through(self) -> int:
        """Return how many rows there are, and note the addresses that stand there more than once.

        A number stands for an address, so that a hundred thousand of them take little room.
        """
        keys, length = array("q"), 0
        for item in self._rows(has_details=False):
            length += 1
            if isinstance(item, Record):
                keys.append(_key(item))
        repeated = {key for key, following in pairwise(sorted(keys)) if key == following}
        for item in self._rows(has_details=False) if repeated else ():
            if isinstance(item, Record) and (key := _key(item)) in repeated:
                strictest = self._repeated.setdefault(key, item)
                if item.standing > strictest.standing:
                    strictest.standing, strictest.ended_at = item.standing, item.ended_at
        return length

    def _rows(self, *, has_details: bool = True) -> Iterator[Record | RowResult]:
        """Yield a Record, or a RowResult that refuses, for each row (in our own table: for each person).

        Without details a record has an address, a standing and when it came to that.
        """
        rows: Iterator[tuple[int, list[str]]] = islice(self._table, int(self._has_names), None)
        if self.format == columns.OWN:
            rows = reimport.joined(rows, self.columns)
        try:
            for line, cells in rows:
                try:
                    yield self._record(line, cells, has_details)
                except ValidationError as error:
                    # Not much longer than an address can be.
                    address = self.columns.cell(cells, "address")[: 2 * addresses.MAX_LENGTH]
                    reason = NO_ADDRESS if error.code == "invalid" else error.messages[0]
                    yield RowResult(line, address, Outcome.REFUSED, reason)
        except spreadsheets.UnclosedQuoteError as error:
            yield RowResult(error.line, "", Outcome.REFUSED, UNCLOSED)

    def _record(self, line: int, cells: list[str], has_details: bool) -> Record:
        if self.format == columns.OWN:
            return reimport.record(line, cells, self.columns, self.now)

        def cell(role: str) -> str:
            return self.columns.cell(cells, role)

        address = addresses.normal(cell("address"))
        standing, ended = self._standing(cells)
        if address.casefold().endswith(_FORGOTTEN):
            standing = Standing.DELETED
        record = Record(line, address, standing, ended_at=cell_parsers.moment(ended, self.now)[0])
        if has_details:
            asked_at, is_asked_bad = cell_parsers.moment(cell("asked"), self.now)
            confirmed_at, is_confirmed_bad = cell_parsers.moment(cell("confirmed"), self.now)
            name, note = cell_parsers.name(cell("first_name"))
            if not name and not note:
                name, note = cell_parsers.name(" ".join(cell("full_name").split()[:1]))
            record.first_name = name
            record.asked_at, record.joined_at = asked_at or confirmed_at, confirmed_at or asked_at
            record.region = cell_parsers.region(cell("network"))
            bad_times = [BAD_TIME] * (is_asked_bad + is_confirmed_bad)
            record.notes = tuple(filter(None, [*bad_times, note]))
        return record

    def _standing(self, cells: list[str]) -> tuple[Standing, str]:
        """Return (the strictest Standing that a row tells of, the text of when it came to that)."""
        standings, ended = [], ""
        for position, kind in self.columns.stated:
            text = folding.visible(cells[position]) if position < len(cells) else ""
            if not text:
                continue
            if kind == "state":
                standings.append(self._state(text))
            elif kind == "wanted":
                standings.append(Standing.SUBSCRIBED if self._yes_or_no(text) else Standing.UNSUBSCRIBED)
            elif kind == "unwanted" and not self._yes_or_no(text):
                standings += self._NOT_UNWANTED
            elif kind == "unwanted" or not text.startswith("0000"):
                standings.append(_ENDS[kind])
                ended = text
        return max(standings, default=self._default), ended

    def _state(self, text: str) -> Standing:
        if (standing := self._known_state(text)) is not None:
            return standing
        raise ValidationError(UNKNOWN_STATE)

    def _known_state(self, text: str) -> Standing | None:
        """Return what a word for a state means; note an unknown word, and return None for it."""
        if (standing := cell_parsers.state(text)) is None and len(self._unknown_states) < _MOST_WORDS:
            self._unknown_states.add(text[:30])
        return standing

    def _yes_or_no(self, text: str) -> bool:
        """Return whether a cell says yes; the time since when something is so says yes too."""
        answer = cell_parsers.yes_or_no(text)
        if answer is None and cell_parsers.moment(text, self.now)[0] is None:
            return self._state(text) == Standing.SUBSCRIBED
        return answer is not False


def _key(record: Record) -> int:
    return hash(addresses.folded(record.address))
