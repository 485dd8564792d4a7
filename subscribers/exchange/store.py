"""From records to the database. It mails nobody, brings nobody back, and keeps what a person said here."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from itertools import islice

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Max
from django.utils import timezone

from desk.batches import Batches
from desk.storage_errors import COME_AGAIN_SOON, retry_after
from subscribers import addresses
from subscribers.exchange.address_list import AddressList
from subscribers.exchange.records import Fields, Outcome, Record, Report, RowResult, Standing
from subscribers.models import ConsentEvent, Subscriber, Suppression
from subscribers.people import suppressions
from tips.text import folding

# At most so many rows are written in one transaction.
BATCH = 500
# How often a batch is tried where others write at the same moment.
TRIES = 5
# After how many seconds a batch is tried again that the database ended.
PAUSE = 0.5
UNSTATED = "Brought over from another list; where they agreed was not stated."
LEFT_ELSEWHERE = "Had left the list that was brought over."
LONGEST_SOURCE = 1000

HERE_ALREADY = "They are subscribers here already."
LEFT_HERE = "They left here, and only they can come back."
SUPPRESSED_HERE = "Nothing may be sent to the address: "
SUPPRESSED_ALREADY = "It was known already that the address gets nothing."
BACK_SINCE = "They confirmed here after that."
LEFT_BY_REFUSED = "It says that somebody left."

_REASONS = {Standing[name]: Suppression.Reason[name] for name in ("UNSUBSCRIBED", "BOUNCED", "COMPLAINED")}
_OWN_DOING = [ConsentEvent.Kind.CONFIRMED, ConsentEvent.Kind.RETURNED, ConsentEvent.Kind.MOVED]


def store(
    address_list: AddressList,
    *,
    source: str = "",
    dry_run: bool = False,
    on_row: Callable[[RowResult], object] = lambda result: None,
) -> Report:
    """Bring the database up to what an AddressList states, and return a Report; a dry run writes nothing.

    ``source`` says in the importer's words where and how these people agreed; it becomes part of the record
    of each new subscriber. ``on_row`` is called with each RowResult, after its batch. Safe to repeat, and to
    go on with after an interruption: batches are atomic.
    """
    source = source.strip()[:LONGEST_SOURCE]
    report = Report(address_list.name, format=address_list.format, source=source, dry_run=dry_run)
    batches = Batches(address_list, BATCH)
    for batch in batches:
        records = [record for item in batch for record in _records_of(item)]
        in_transaction = nullcontext if dry_run else batches.transaction
        results = iter(_written(records, _evidence(address_list), source, in_transaction))
        for item in batch:
            if isinstance(item, Record):
                result, notes = next(results), item.notes
            else:
                result, notes = _refusal(item, list(islice(results, len(item.left)))), ()
            report.count(result, notes)
            on_row(result)
    report.warnings = address_list.warnings
    return report


def _records_of(item: Record | RowResult) -> Sequence[Record]:
    return (item,) if isinstance(item, Record) else item.left


def _refusal(row: RowResult, left: list[RowResult]) -> RowResult:
    """Return the result of a row without a person, which says what became of those who left by it."""
    if left:
        told = {f"{LEFT_BY_REFUSED} {result.reason}" for result in left}
        suffix = " ".join(sorted(told))
        row.detail = f"{row.detail or row.reason} {suffix}"
        row.reason = f"{row.reason} {suffix}"
        pairs = zip(row.left, left, strict=True)
        row.left = tuple(record for record, result in pairs if result.reason != BACK_SINCE)
    return row


def _evidence(address_list: AddressList) -> str:
    """Return how we know what a list says, but for the line; the name of a file may hold an address."""
    name = folding.visible(address_list.name)
    where = f" “{name[:80]}”" if name and "@" not in name else ""
    return f"of the imported list{where} ({address_list.format})"


def _written(
    records: list[Record],
    evidence: str,
    source: str,
    in_transaction: Callable[[], AbstractContextManager[None]],
) -> list[RowResult]:
    """Write some records, or rehearse that where no transaction is opened; return the result of each."""
    for record in records:
        record.address_hash = addresses.keyed_hash(record.address)
    for tries_left in reversed(range(TRIES)):
        try:
            with in_transaction():
                batch = _Batch(records, evidence, source)
                if in_transaction is not nullcontext:
                    batch.save()
                break
        except (IntegrityError, OperationalError) as error:
            # Somebody confirmed while the batch was written: the next try finds them. Or two waited for each
            # other, and the database ended this one: nothing of the batch was written.
            is_passing = isinstance(error, IntegrityError) or retry_after(error) == COME_AGAIN_SOON
            if not tries_left or not is_passing:
                raise
            if isinstance(error, OperationalError):
                # Whoever it waited for gets what it held before.
                time.sleep(PAUSE)
    return batch.results


class _Batch:
    """Some records beside the database's rows, and the rows to write; ``results`` has the result of each."""

    def __init__(self, records: list[Record], evidence: str, source: str) -> None:
        self.evidence, self.source = evidence, source
        self.now = timezone.now()
        self.added: list[Subscriber] = []
        self.gone: list[Subscriber] = []
        self.consents: list[ConsentEvent] = []
        self.suppressed: list[Suppression] = []
        folded = [addresses.folded(record.address) for record in records]
        people = Subscriber.objects.filter(address_folded__in=folded).order_by("pk")
        if transaction.get_connection().in_atomic_block:
            people = people.select_for_update()
        subscribers = {subscriber.address_folded: subscriber for subscriber in people}
        # After the people: who is erased at this moment is either locked, or found here.
        self.held: dict[str, set[str]] = defaultdict(set)
        held = Suppression.objects.filter(address_hash__in=[record.address_hash for record in records])
        for address_hash, reason in held.values_list("address_hash", "reason"):
            self.held[address_hash].add(reason)
        # {primary key: when they last asked for the tips here themselves} of confirmed people.
        self.own_doing: dict[int, datetime] = {}
        if any(record.standing != Standing.SUBSCRIBED for record in records):
            confirmed = [person.pk for person in people if person.state == Subscriber.State.CONFIRMED]
            events = ConsentEvent.objects.filter(subscriber__in=confirmed, kind__in=_OWN_DOING).order_by()
            self.own_doing = dict(events.values_list("subscriber").annotate(Max("at")))
        self.results = [
            RowResult(record.line, record.address, *self._decide(record, subscribers.get(address)))
            for record, address in zip(records, folded, strict=True)
        ]

    def _decide(self, record: Record, subscriber: Subscriber | None) -> tuple[Outcome, str]:
        """Return (the Outcome of a record, the reason or ""), and note what is to be written."""
        if subscriber is None:
            return self._decide_on_new(record)
        if record.standing == Standing.SUBSCRIBED:
            if subscriber.state == Subscriber.State.LEFT:
                return Outcome.SKIPPED, LEFT_HERE
            return self._suppress(record, Outcome.CHANGED, HERE_ALREADY)
        came_back_at = self.own_doing.get(subscriber.pk)
        is_past = came_back_at and record.ended_at and record.ended_at < came_back_at
        if is_past and record.standing != Standing.COMPLAINED:
            return Outcome.KEPT, BACK_SINCE
        decided = self._suppress(record, Outcome.CHANGED, SUPPRESSED_ALREADY)
        if record.standing == Standing.UNSUBSCRIBED and subscriber.state == Subscriber.State.CONFIRMED:
            # Unlike after ``subscriptions.leave``, no service mail follows.
            subscriber.state, subscriber.left_at = Subscriber.State.LEFT, record.ended_at or self.now
            self.gone.append(subscriber)
            left = Fields(kind=ConsentEvent.Kind.LEFT, at=subscriber.left_at, wording=LEFT_ELSEWHERE)
            self.consents.append(ConsentEvent(subscriber=subscriber, **left))
            return Outcome.CHANGED, LEFT_ELSEWHERE
        return decided

    def _decide_on_new(self, record: Record) -> tuple[Outcome, str]:
        if not record.is_own and record.standing in _REASONS:
            return self._suppress(record, Outcome.SUPPRESSED, SUPPRESSED_ALREADY)
        # Our own export may say of somebody why they get nothing: then they come back, and get nothing.
        stated = {entry["reason"] for entry in record.suppressions}
        if unstated := self.held[record.address_hash] - stated:
            return Outcome.SKIPPED, _suppressed_for(unstated)
        self._suppress(record, Outcome.SUPPRESSED, "")
        self._add(record)
        return Outcome.ADDED, ""

    def _suppress(self, record: Record, outcome: Outcome, otherwise: str) -> tuple[Outcome, str]:
        """Note the reasons for which an address gets nothing from now on.

        Return (``outcome``, the reasons) where some are new, else (KEPT, ``otherwise``).
        """
        stated: dict[str, Fields] = {}
        if reason := _REASONS.get(record.standing):
            evidence = f"line {record.line} {self.evidence}"
            stated[reason] = {"reason": reason, "since": record.ended_at or self.now, "evidence": evidence}
        stated |= {fields["reason"]: fields for fields in record.suppressions}
        address_hash = record.address_hash
        new = stated.keys() - self.held[address_hash]
        self.suppressed += [Suppression(address_hash=address_hash, **stated[key]) for key in sorted(new)]
        return (outcome, _suppressed_for(new)) if new else (Outcome.KEPT, otherwise)

    def _add(self, record: Record) -> None:
        address, joined_at = record.address, min(record.joined_at or self.now, self.now)
        subscriber = Subscriber(address=address, address_hash=record.address_hash, joined_at=joined_at)
        subscriber.address_folded, subscriber.first_name = addresses.folded(address), record.first_name
        subscriber.source, subscriber.paused_until = record.source, record.paused_until
        if record.standing == Standing.UNSUBSCRIBED:
            subscriber.state, subscriber.left_at = Subscriber.State.LEFT, record.ended_at
        self.added.append(subscriber)
        imported: Fields = {"kind": ConsentEvent.Kind.IMPORTED, "at": self.now, "asked_at": record.asked_at}
        imported |= {"wording": self.source or UNSTATED, "region": record.region}
        consents = record.consents or [imported]
        self.consents += [ConsentEvent(subscriber=subscriber, **fields) for fields in consents]

    def save(self) -> None:
        """Write what was noted, in a fixed number of queries.

        Rows are written in one order whatever the order of the list: so two imports at once never wait for
        each other in a circle.
        """
        # First of all the journal: what a crash then leaves there silences one too many, never too few.
        if self.suppressed:
            suppressions.suppress_all(sorted(self.suppressed, key=lambda new: (new.address_hash, new.reason)))
        Subscriber.objects.bulk_create(sorted(self.added, key=lambda person: person.address_folded))
        Subscriber.objects.bulk_update(self.gone, ["state", "left_at"])
        ConsentEvent.objects.bulk_create(self.consents)


def _suppressed_for(reasons: set[str]) -> str:
    return SUPPRESSED_HERE + ", ".join(sorted(reasons)) + "."
