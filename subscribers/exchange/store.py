"""From records to rows. Nothing is mailed, nobody is brought back, and what a person said here stays."""

from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from subscribers import addresses
from subscribers.exchange.records import Outcome, Record, Report, Row, Standing
from subscribers.models import ConsentEvent, Subscriber, Suppression
from subscribers.people import suppressions

# A transaction is as short as that many rows, so that a sign-up meanwhile waits for a moment only.
BATCH = 500
# As often a batch is tried where somebody signs up at the same moment.
TRIES = 3
UNSTATED = "Brought over from another list; where they agreed was not stated."
LEFT_ELSEWHERE = "Had left the list that was brought over."
LONGEST_SOURCE = 1000

HERE_ALREADY = "They are subscribers here already."
LEFT_HERE = "They left here, and only they can come back."
SILENT_HERE = "Nothing may be sent to the address: "
SILENT_ALREADY = "It was known already that the address gets nothing."
BACK_SINCE = "They confirmed here after that."

_REASONS = {
    Standing.UNSUBSCRIBED: Suppression.Reason.UNSUBSCRIBED,
    Standing.BOUNCED: Suppression.Reason.BOUNCED,
    Standing.COMPLAINED: Suppression.Reason.COMPLAINED,
}
_OWN_DOING = [ConsentEvent.Kind.CONFIRMED, ConsentEvent.Kind.RETURNED, ConsentEvent.Kind.MOVED]


def store(found, *, source="", dry_run=False, progress=None, on_row=None):
    """Bring the rows up to what an AddressList states, and return a Report; a dry run writes nothing.

    ``source`` says in the keeper's words where and how these people agreed; it becomes part of each new
    one's record. ``progress`` is told the number of rows done, now and then; ``on_row`` gets each Row of the
    outcome. Safe to repeat, and to go on with after an interruption: each batch is written as one.
    """
    source = source.strip()[:LONGEST_SOURCE]
    report = Report(found.name, format=found.format, source=source, dry_run=dry_run)
    items = iter(found)
    while batch := list(islice(items, BATCH)):
        records = [each for each in batch if isinstance(each, Record)]
        outcomes = iter(_written(records, found, source, dry_run))
        for each in batch:
            row, notes = (next(outcomes), each.notes) if isinstance(each, Record) else (each, ())
            report.count(row, notes)
            if on_row:
                on_row(row)
        if progress:
            progress(len(batch))
    report.warnings = found.warnings
    return report


def _written(records, found, source, dry_run):
    """Write some records; return the Row of each."""
    if not records:
        return []
    address_hashes = [addresses.keyed_hash(record.address) for record in records]
    for last in reversed(range(TRIES)):
        try:
            with nullcontext() if dry_run else transaction.atomic():
                batch = _Batch(records, address_hashes, found.format, source)
                if not dry_run:
                    batch.save()
                return batch.rows
        except IntegrityError:
            # Somebody confirmed while the batch was written: now they are there to be found.
            if not last:
                raise


@dataclass
class _Batch:
    """Some records beside the rows that are there, and what follows; ``rows`` has the Row of each."""

    records: list
    address_hashes: list
    format: str
    source: str
    rows: list = field(default_factory=list)
    added: list = field(default_factory=list)
    gone: list = field(default_factory=list)
    consents: list = field(default_factory=list)
    silenced: list = field(default_factory=list)

    def __post_init__(self):
        self.now = timezone.now()
        address_folded = [addresses.folded(record.address) for record in self.records]
        people = Subscriber.objects.filter(address_folded__in=address_folded).order_by("pk")
        if transaction.get_connection().in_atomic_block:
            people = people.select_for_update()
        self.people = {person.address_folded: person for person in people}
        self.held = {}
        suppressed = Suppression.objects.filter(address_hash__in=self.address_hashes)
        for address_hash, reason in suppressed.values_list("address_hash", "reason"):
            self.held.setdefault(address_hash, set()).add(reason)
        self.own_doing = self._own_doing()
        for record, name, address_hash in zip(self.records, address_folded, self.address_hashes, strict=True):
            outcome, reason = self._decide(record, self.people.get(name), address_hash)
            self.rows.append(Row(record.line, record.address, outcome, reason))

    def _own_doing(self):
        """Return {pk: when they last asked for the tips here themselves} of confirmed people."""
        pks = [each.pk for each in self.people.values() if each.state == Subscriber.State.CONFIRMED]
        if not pks or all(each.standing == Standing.SUBSCRIBED for each in self.records):
            return {}
        events = ConsentEvent.objects.filter(subscriber__in=pks, kind__in=_OWN_DOING).order_by()
        return dict(events.values_list("subscriber").annotate(Max("at")))

    def _decide(self, record, person, address_hash):
        """Return (the Outcome of a record, the reason or ""), having noted what is to be written."""
        held = self.held.get(address_hash, set())
        if person is None:
            return self._of_nobody(record, address_hash, held)
        if person.state == Subscriber.State.LEFT and record.standing == Standing.SUBSCRIBED:
            return Outcome.SKIPPED, LEFT_HERE
        if record.standing == Standing.SUBSCRIBED:
            new = self._silence(record, address_hash, held)
            return (Outcome.CHANGED, self._silent(new)) if new else (Outcome.KEPT, HERE_ALREADY)
        came_back = self.own_doing.get(person.pk)
        is_past = came_back and record.ended_at and record.ended_at < came_back
        if is_past and record.standing != Standing.COMPLAINED:
            return Outcome.KEPT, BACK_SINCE
        new = self._silence(record, address_hash, held)
        if record.standing == Standing.UNSUBSCRIBED and person.state == Subscriber.State.CONFIRMED:
            self._leave(person, record)
            return Outcome.CHANGED, LEFT_ELSEWHERE
        return (Outcome.CHANGED, self._silent(new)) if new else (Outcome.KEPT, SILENT_ALREADY)

    def _of_nobody(self, record, address_hash, held):
        if record.own is None and record.standing in _REASONS:
            new = self._silence(record, address_hash, held)
            return (Outcome.SUPPRESSED, self._silent(new)) if new else (Outcome.KEPT, SILENT_ALREADY)
        # Our own export says of somebody why they get nothing: then they may be there, and get nothing.
        stated = {reason for reason, _, _ in record.own.suppressions} if record.own else set()
        if held - stated:
            return Outcome.SKIPPED, self._silent(held - stated)
        self._silence(record, address_hash, held)
        self._add(record, address_hash)
        return Outcome.ADDED, ""

    def _add(self, record, address_hash):
        own = record.own
        has_left = record.standing == Standing.UNSUBSCRIBED
        person = Subscriber(
            address=record.address,
            address_folded=addresses.folded(record.address),
            address_hash=address_hash,
            first_name=record.first_name,
            source=own.source if own else Subscriber.Source.IMPORT,
            state=Subscriber.State.LEFT if has_left else Subscriber.State.CONFIRMED,
            joined_at=min(record.joined_at or self.now, self.now),
            left_at=(own.left_at or record.ended_at or self.now) if has_left else None,
            paused_until=own.paused_until if own else None,
        )
        self.added.append(person)
        if own and own.consents:
            self.consents += [ConsentEvent(subscriber=person, **stated) for stated in own.consents]
            return
        self.consents.append(
            ConsentEvent(
                subscriber=person,
                kind=ConsentEvent.Kind.IMPORTED,
                at=self.now,
                asked_at=record.asked_at,
                wording=self.source or UNSTATED,
                region=record.region,
            )
        )

    def _leave(self, person, record):
        """Let somebody go who left elsewhere; unlike ``subscriptions.leave``, without a service mail."""
        person.state, person.left_at = Subscriber.State.LEFT, record.ended_at or self.now
        self.gone.append(person)
        self.consents.append(
            ConsentEvent(
                subscriber=person, kind=ConsentEvent.Kind.LEFT, at=person.left_at, wording=LEFT_ELSEWHERE
            )
        )

    def _silence(self, record, address_hash, held):
        """Note the reasons for which an address gets nothing from now on; return those that are new."""
        stated = {}
        if reason := _REASONS.get(record.standing):
            stated[str(reason)] = (f"imported from a list ({self.format})", record.ended_at or self.now)
        if record.own:
            stated |= {reason: (evidence, since) for reason, evidence, since in record.own.suppressions}
        new = {reason: more for reason, more in stated.items() if reason not in held}
        self.silenced += [(address_hash, reason, *more) for reason, more in new.items()]
        return set(new)

    @staticmethod
    def _silent(reasons):
        return SILENT_HERE + ", ".join(sorted(reasons)) + "."

    def save(self):
        """Write what was noted, in a fixed number of queries."""
        # First of all the journal: what a crash then leaves there silences one too many, never too few.
        if self.silenced:
            suppressions.suppress_all(self.silenced)
        if self.added:
            Subscriber.objects.bulk_create(self.added)
        if self.gone:
            Subscriber.objects.bulk_update(self.gone, ["state", "left_at"])
        if self.consents:
            ConsentEvent.objects.bulk_create(self.consents)
