"""Bringing what the journal tells into an older database, after the restore of a backup."""

from datetime import datetime
from itertools import islice

from django.db import transaction
from django.db.models import Exists, OuterRef

from subscribers import addresses
from subscribers.models import ConsentEvent, LinkRequest, Subscriber, Suppression
from subscribers.people import erasure

_AT_ONCE = 500


def replay(entries):
    """Bring entries of the journal (``journal.entries()``) into the database; return what changed, as counts.

    Afterwards nobody gets mail who had left, was suppressed or was erased, whatever the backup says. It
    brings nobody back: where a reason was lifted, only the suppression goes. New addresses it cannot know:
    whoever changed theirs has the old one again. Safe to repeat, also on a database that is not older, where
    it changes nothing.
    """
    holding, lifted, erased, moves = _outcome(entries)
    _apply_to_old_addresses(moves, holding, erased)
    counts = {"suppressed": 0, "lifted": 0, "left": 0, "erased": 0}
    for batch in _batches(lifted):
        counts["lifted"] += _lift(batch)
    leavings = _leavings(holding)
    for batch in _batches(_unknown(holding)):
        left = _leavings(batch)
        for address_hash in _came_back(left):
            del (
                left[address_hash],
                leavings[address_hash],
                batch[address_hash, Suppression.Reason.UNSUBSCRIBED],
            )
        counts["suppressed"] += _suppress(batch)
        counts["left"] += _take_off_the_list(left)
    for batch in _batches(erased):
        counts["erased"] += _erase(batch)
    _end_requests(erased, leavings)
    return counts


def _outcome(entries):
    """Return what holds and what was lifted (by address hash and reason), who was erased, who moved where.

    A line may stand later than what it tells of happened, so a lifting counts for what is older than it.
    """
    holding, lifted, erased, moves = {}, {}, {}, []
    for entry in entries:
        at, address_hash = datetime.fromisoformat(entry["at"]), entry["address_hash"]
        if entry["what"] == "moved":
            moves.append((address_hash, entry["to"], at))
            continue
        what = address_hash, entry.get("reason", Suppression.Reason.ERASED)
        if entry["what"] == "erased":
            erased[address_hash] = at
        if entry["what"] == "lifted":
            lifted[what] = at
            if what in holding and holding[what] <= at:
                del holding[what]
        elif what not in lifted or at >= lifted[what]:
            holding[what] = max(at, holding.get(what, at))
    return holding, lifted, erased, moves


def _apply_to_old_addresses(moves, holding, erased):
    """Let what people did at a new address hold for those whom the database still has at an old one."""
    later = {}
    for old, new, _ in reversed(moves):
        later[old] = [new, *later.get(new, [])]
    for batch in _batches({address_hash: at for address_hash, _, at in reversed(moves)}):
        rows = Subscriber.objects.filter(address_hash__in=batch).values_list("address_hash", "joined_at")
        for old in [address_hash for address_hash, joined_at in rows if joined_at <= batch[address_hash]]:
            for new in later[old]:
                for reason in (Suppression.Reason.UNSUBSCRIBED, Suppression.Reason.COMPLAINED):
                    if (new, reason) in holding:
                        holding.setdefault((old, reason), holding[new, reason])
                if new in erased:
                    erased.setdefault(old, erased[new])


def _leavings(holding):
    return {
        address_hash: at
        for (address_hash, reason), at in holding.items()
        if reason == Suppression.Reason.UNSUBSCRIBED
    }


def _unknown(holding):
    """Return what of all that holds is not in force here yet.

    That is all but a few lines of a long journal. The database's whole list is read for it once: to ask after
    each line of the journal would take many times as long.
    """
    known = Suppression.objects.order_by().values_list("address_hash", "reason")
    unsubscribed = Suppression.objects.filter(
        address_hash=OuterRef("address_hash"), reason=Suppression.Reason.UNSUBSCRIBED
    )
    listed = set(
        Subscriber.objects.confirmed().filter(Exists(unsubscribed)).values_list("address_hash", flat=True)
    )
    unknown = dict(holding)
    for address_hash, reason in known.iterator(chunk_size=_AT_ONCE * 10):
        if not (reason == Suppression.Reason.UNSUBSCRIBED and address_hash in listed):
            unknown.pop((address_hash, reason), None)
    return unknown


def _batches(items):
    pairs = iter(items.items())
    while batch := dict(islice(pairs, _AT_ONCE)):
        yield batch


def _rows(batch):
    """Return the suppressions that are among a batch's address hashes and reasons."""
    rows = Suppression.objects.filter(address_hash__in={address_hash for address_hash, _ in batch})
    return {(row.address_hash, row.reason): row for row in rows if (row.address_hash, row.reason) in batch}


def _lift(lifted):
    ended = [row.pk for what, row in _rows(lifted).items() if row.since <= lifted[what]]
    return Suppression.objects.filter(pk__in=ended).delete()[0]


def _came_back(left):
    """Return the address hashes of those whose own word to come back is later than their leaving.

    That it was lifted is not in the journal: a process died in between, or its disk was full.
    """
    events = ConsentEvent.objects.filter(
        subscriber__address_hash__in=left,
        subscriber__state=Subscriber.State.CONFIRMED,
        kind__in=[ConsentEvent.Kind.CONFIRMED, ConsentEvent.Kind.RETURNED],
    )
    return {
        address_hash
        for address_hash, at in events.values_list("subscriber__address_hash", "at")
        if at > left[address_hash]
    }


def _suppress(holding):
    known = _rows(holding)
    fresh = [
        Suppression(
            address_hash=what[0], reason=what[1], since=at, evidence="from the journal", journaled=True
        )
        for what, at in holding.items()
        if what not in known
    ]
    Suppression.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def _take_off_the_list(left):
    count = 0
    for subscriber in Subscriber.objects.confirmed().filter(address_hash__in=left):
        at = left[subscriber.address_hash]
        with transaction.atomic():
            row = Subscriber.objects.confirmed().filter(pk=subscriber.pk)
            if row.update(state=Subscriber.State.LEFT, left_at=at):
                ConsentEvent.objects.create(subscriber=subscriber, kind=ConsentEvent.Kind.LEFT, at=at)
                count += 1
    return count


def _erase(erased):
    """Erase people, but for those who joined anew since, or were brought over anew; return how many.

    That staff lifted the erasure is not enough: the row may be the backup's, of before it.
    """
    count, anew = 0, _joined_after(erased)
    for subscriber in Subscriber.objects.filter(address_hash__in=erased):
        if subscriber.joined_at > erased[subscriber.address_hash] or subscriber.address_hash in anew:
            continue
        with transaction.atomic():
            # Another process may do the same at the same time.
            if Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first():
                erasure.erase(subscriber)
                count += 1
    return count


def _joined_after(moments):
    """Return the address hashes of those who are noted to have joined after a moment of {hash: moment}.

    An import dates back when somebody joined, to what the other list says, but not the note of it.
    """
    kinds = [ConsentEvent.Kind.CONFIRMED, ConsentEvent.Kind.IMPORTED]
    events = ConsentEvent.objects.filter(subscriber__address_hash__in=moments, kind__in=kinds).order_by()
    return {
        address_hash
        for address_hash, at in events.values_list("subscriber__address_hash", "at")
        if at > moments[address_hash]
    }


def _end_requests(erased, left):
    """Delete what was typed for addresses before they were erased, and end what was before they left.

    A request does not hold its address hash.
    """
    if not (erased or left):
        return
    gone, used = [], []
    for row in LinkRequest.objects.iterator():
        address_hash = addresses.keyed_hash(row.address)
        if address_hash in erased and row.asked_at <= erased[address_hash]:
            gone.append(row.pk)
        elif address_hash in left and row.asked_at <= left[address_hash]:
            used.append(row.pk)
    LinkRequest.objects.filter(pk__in=gone).delete()
    LinkRequest.objects.filter(pk__in=used).update(state=LinkRequest.State.USED)
