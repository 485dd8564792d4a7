"""From a file to records: a list of addresses, whoever wrote it."""

from array import array
from itertools import pairwise
from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils import timezone

from subscribers import addresses
from subscribers.exchange import cell_parsers, columns, files, own_export
from subscribers.exchange.records import Outcome, Record, RefusedError, Row, Standing

# People who asked Substack to forget them stand in its exports under this domain.
_FORGOTTEN = "@deletion-request.substack.com"

SKIPPED_FOR = {
    Standing.UNSTATED: "The file does not say whether they are subscribed.",
    Standing.PENDING: "They never confirmed.",
    Standing.INACTIVE: "They were no longer written to.",
    Standing.DELETED: "They were deleted there.",
}
NO_ADDRESS = "This is no e-mail address."
UNKNOWN_STATE = "The file gives them a state that is not known."
TWICE = "The address stands further up in the file."
UNCLOSED = "A quotation mark is never closed: neither this row nor any below it could be read."
BAD_TIME = "A time that cannot be was left out."
_MOST_WORDS = 10


class AddressList:
    """A list of addresses in a file, looked through once when it is made.

    ``name`` is what the file was called by whoever wrote it, which may tell the state of all its rows.
    Raises RefusedError where nothing can be taken from it.

    An address that stands in it more than once counts once: in the place and with the name of its first row,
    and with the strictest of its states, so that no order of rows brings back who left.
    """

    def __init__(self, path, name=""):
        self.name = name or Path(path).name
        self.now = timezone.now()
        self._table = files.table(path)
        self.columns, self._has_names = columns.find(self._first_row())
        self.format = self.columns.format
        if self.format == columns.MAILPOET:
            self._table.escape = "\\"
        self._default = self._state_of_silent_rows()
        self._unknown_states = set()
        self._repeated = {}
        self.length = self._look_through()

    @property
    def warnings(self):
        """What a person should know of the file as a whole."""
        found = list(self._table.warnings)
        if self._default not in (Standing.SUBSCRIBED, Standing.UNSTATED):
            word = self._default.name.lower()
            found.append(f"By the file's name, rows without a state of their own are taken as {word}.")
        if self._unknown_states:
            found.append(f"States that are not known: {', '.join(sorted(self._unknown_states))}.")
        if not self.length:
            found.append("The file names its columns and holds no rows.")
        return found

    def __len__(self):
        return self.length

    def __iter__(self):
        """Yield a Record for each person, and a Row for each row of which no person comes."""
        for each in self._rows():
            if isinstance(each, Record) and (repeated := self._repeated.get(_key(each))):
                first, standing, ended_at = repeated
                if each.line != first:
                    yield Row(
                        each.line, each.address, Outcome.SKIPPED, TWICE, f"It stands in line {first} too."
                    )
                    continue
                each.standing, each.ended_at = standing, ended_at
            yield self._skipped(each) if isinstance(each, Record) else each

    def _first_row(self):
        try:
            return next((cells for _, cells in self._table), [])
        except files.UnclosedQuoteError as error:
            raise RefusedError(f"A quotation mark in line {error.line} is never closed.") from error

    def _state_of_silent_rows(self):
        told = cell_parsers.state_in_name(Path(self.name).stem)
        if told is not None:
            return told
        silent = self.columns.states or self.columns.wanted
        return Standing.UNSTATED if silent else Standing.SUBSCRIBED

    def _look_through(self):
        """Return how many rows there are, having found the addresses that stand there more than once.

        A number stands for an address, so that a hundred thousand of them take little room.
        """
        keys, length = array("q"), 0
        for each in self._rows(at_a_glance=True):
            length += 1
            if isinstance(each, Record):
                keys.append(_key(each))
        twice = {one for one, other in pairwise(sorted(keys)) if one == other}
        if twice:
            self._find_strictest(twice)
        return length

    def _find_strictest(self, twice):
        for each in self._rows(at_a_glance=True):
            if isinstance(each, Record) and (key := _key(each)) in twice:
                first, standing, ended_at = self._repeated.get(key, (each.line, each.standing, each.ended_at))
                if each.standing > standing:
                    standing, ended_at = each.standing, each.ended_at
                self._repeated[key] = first, standing, ended_at

    def _rows(self, at_a_glance=False):
        """Yield a Record, or a Row that is refused, for each row (in our own table: for each person).

        At a glance records have no names, places, or times but the one of their end.
        """
        rows = self._data()
        if self.format == columns.OWN:
            rows = own_export.joined(rows, self.columns)
        try:
            for line, cells in rows:
                try:
                    yield self._record(line, cells, at_a_glance)
                except ValidationError as error:
                    address = columns.cell_of_an_address(self.columns.cell(cells, "address"))
                    reason = NO_ADDRESS if error.code == "invalid" else error.messages[0]
                    yield Row(line, address, Outcome.REFUSED, reason)
        except files.UnclosedQuoteError as error:
            yield Row(error.line, "", Outcome.REFUSED, UNCLOSED)

    def _data(self):
        rows = iter(self._table)
        if self._has_names:
            next(rows, None)
        return rows

    def _record(self, line, cells, at_a_glance):
        if self.format == columns.OWN:
            return own_export.record(line, cells, self.columns, self.now)
        cell = self.columns.cell
        address = addresses.normal(cell(cells, "address"))
        standing, ended = self._standing(cells)
        if address.casefold().endswith(_FORGOTTEN):
            standing = Standing.DELETED
        ended_at = cell_parsers.moment(ended, self.now)[0]
        if at_a_glance:
            return Record(line, address, standing, ended_at=ended_at)
        notes = []
        times = {}
        for role in ("asked", "confirmed"):
            times[role], is_bad = cell_parsers.moment(cell(cells, role), self.now)
            if is_bad:
                notes.append(BAD_TIME)
        name, note = cell_parsers.name(cell(cells, "first_name"))
        if not name and not note:
            name, note = cell_parsers.name(cell(cells, "full_name"), is_full=True)
        if note:
            notes.append(note)
        return Record(
            line,
            address,
            standing,
            first_name=name,
            asked_at=times["asked"] or times["confirmed"],
            joined_at=times["confirmed"] or times["asked"],
            ended_at=ended_at,
            region=cell_parsers.region(cell(cells, "network")),
            notes=tuple(notes),
        )

    def _standing(self, cells):
        """Return (the strictest Standing that a row tells of, the text of when it came to that)."""
        found, ended = [], ""
        for at in self.columns.states:
            text = cells[at].strip() if at < len(cells) else ""
            if text:
                found.append(self._state(text))
        for at in self.columns.wanted:
            text = cells[at] if at < len(cells) else ""
            if text.strip():
                wanted = self._yes_or_no(text)
                found.append(Standing.SUBSCRIBED if wanted else Standing.UNSUBSCRIBED)
        for at in self.columns.unwanted:
            text = cells[at] if at < len(cells) else ""
            if text.strip() and self._yes_or_no(text):
                found.append(Standing.UNSUBSCRIBED)
                ended = text
        for role, standing in (
            ("left", Standing.UNSUBSCRIBED),
            ("cleaned", Standing.BOUNCED),
            ("deleted", Standing.DELETED),
        ):
            text = self.columns.cell(cells, role)
            if text and not text.startswith("0000"):
                found.append(standing)
                ended = text
        return max(found, default=self._default), ended

    def _state(self, text):
        standing = cell_parsers.state(text)
        if standing is None:
            if len(self._unknown_states) < _MOST_WORDS:
                self._unknown_states.add(text[:30])
            raise ValidationError(UNKNOWN_STATE)
        return standing

    def _yes_or_no(self, text):
        """Return whether a cell says yes; the time at which something was so says that it is so."""
        said = cell_parsers.yes_or_no(text)
        if said is None and cell_parsers.moment(text, self.now)[0] is None:
            return self._state(text) == Standing.SUBSCRIBED
        return said is not False

    @staticmethod
    def _skipped(record):
        """Return a record, or in its place the Row that says why nothing comes of it."""
        reason = SKIPPED_FOR.get(record.standing)
        return Row(record.line, record.address, Outcome.SKIPPED, reason) if reason else record


def _key(record):
    return hash(addresses.folded(record.address))
