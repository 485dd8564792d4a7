"""A list of those who left, such as a mail service's suppressions: taken off here, and nobody is added."""

import re
from pathlib import Path

from django.core.exceptions import ValidationError

from desk.errors import Refused
from subscribers.exchange.address_list import AddressList
from subscribers.exchange.columns import OWN
from subscribers.exchange.records import Outcome, Record, Report, RowResult, Standing
from subscribers.exchange.store import store
from subscribers.models import Subscriber

STILL_THERE = "By the list, they are subscribed."
NOBODY_HERE = "No subscriber can have such an address."
# A list that takes more off is taken for one of all subscribers, unless it is as short as this.
MOST_SHARE, FEW = 0.2, 20
_LINES_SHOWN = 5
# It may be none that anybody can have, but nothing else stands beside it that could be one.
_ONE_ADDRESS = re.compile(r"[^\s@<>()\[\]\"',;:/|]+@[\w.-]+")
_STANDINGS = {"bounced": Standing.BOUNCED, "complained": Standing.COMPLAINED}


class LeaversError(Refused):
    """Nothing was taken from a list of those who left; the text says why, and what to do."""


class LeaversList(AddressList):
    """An AddressList in which everybody has left who is not said to be subscribed, whatever else is said."""

    OF_LEAVERS = True

    def _taken(self, record: Record) -> Record | RowResult:
        reasons = [_STANDINGS.get(fields["reason"], Standing.UNSUBSCRIBED) for fields in record.suppressions]
        record.standing = max([record.standing, *reasons])
        if record.standing == Standing.SUBSCRIBED:
            return RowResult(record.line, record.address, Outcome.SKIPPED, STILL_THERE)
        record.standing = max(record.standing, Standing.UNSUBSCRIBED)
        # Who is not known here is no subscriber afterwards either, also where the list is our own export.
        record.is_own, record.suppressions = False, ()
        return record

    def _refusal(self, line: int, cells: list[str], error: ValidationError) -> RowResult:
        """Return the result of a row that cannot be read; one with a mistyped address is about nobody here.

        Lists of addresses that bounced are full of these.
        """
        refusal = super()._refusal(line, cells, error)
        is_fitting = not self._states.misfit(cells) and self.columns.format != OWN
        if is_fitting and not refusal.left and _ONE_ADDRESS.fullmatch(refusal.address):
            return RowResult(line, refusal.address, Outcome.SKIPPED, NOBODY_HERE)
        return refusal


def take_off(path: str | Path, name: str) -> Report:
    """Take off the list, and suppress, all who left by a file; return a Report.

    ``name`` is the file's own name. Raises UnusableFileError, and LeaversError where a row cannot be read or
    the list seems to be one of all subscribers; then nothing was done. Safe to repeat.
    """
    leavers = LeaversList(path, name)
    report = store(leavers, dry_run=True)
    if refused := report.outcomes[Outcome.REFUSED]:
        shown = report.first_refused[:_LINES_SHOWN]
        lines = " ".join(f"Line {row['line']}: {row['message']}" for row in shown)
        many = "1 row of the list" if refused == 1 else f"{refused} rows of the list"
        raise LeaversError(f"{many} cannot be read. {lines} Mend or delete such rows, then try again.")
    here, changed = Subscriber.objects.confirmed().count(), report.outcomes[Outcome.CHANGED]
    if changed > max(FEW, here * MOST_SHARE):
        words = f"The list would take {changed} of {here} subscribers off, as if it were a list of them all."
        raise LeaversError(f"{words} Give one of those who left, or import it under Subscribers first.")
    return store(leavers)
