"""Brings the entries about people from the journal into an older database; see ``subscribers.recovery``."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TypeVar

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from subscribers import addresses
from subscribers.models import ConsentEvent, LinkRequest, Subscriber, Suppression
from subscribers.people import erasure, suppressions
from subscribers.people.journal import Entry

Key = TypeVar("Key")
# {(address hash, reason): moment}, {address hash: moment}, and (old hash, new hash, moment).
Reasons = dict[tuple[str, str], datetime]
Moments = dict[str, datetime]
Move = tuple[str, str, datetime]

_AT_ONCE = 500


def replay(entries: Iterable[Entry]) -> dict[str, int]:
    """Bring entries of the journal (``journal.entries()``) into the database; return what changed, as counts.

    Afterwards nobody gets mail who had left, was suppressed or was erased, whatever the backup says. It
    brings nobody back: where a reason was lifted, only the suppression goes. New addresses it cannot know:
    whoever changed theirs has the old address again. Safe to repeat, also on a database that is not older,
    where it changes nothing.
    """
    holding, lifted, erased, moves = _outcome(entries)
    _apply_to_old_addresses(moves, holding, erased)
    counts = {"suppressed": 0, "lifted": sum(map(_lift, _batches(lifted))), "left": 0, "erased": 0}
    leavings = _leavings(holding)
    for batch in _batches(_unknown(holding)):
        left = _leavings(batch)
        for address_hash in _came_back(left):
            del left[address_hash], leavings[address_hash]
            del batch[address_hash, Suppression.Reason.UNSUBSCRIBED]
        counts["suppressed"] += _suppress(batch)
        counts["left"] += _take_off_the_list(left)
    counts["erased"] = sum(map(_erase, _batches(erased)))
    _end_requests(erased, leavings)
    return counts


def _outcome(entries: Iterable[Entry]) -> tuple[Reasons, Reasons, Moments, list[Move]]:
    """Return what holds, what was lifted, when who was erased, and the moves.

    A line may stand later than what it tells of happened, so a lifting counts for what is older than it.
    """
    holding: Reasons = {}
    lifted, erased, moves = {}, {}, []
    for entry in entries:
        at, address_hash = datetime.fromisoformat(entry["at"]), entry["address_hash"]
        if entry["what"] == "moved":
            moves.append((address_hash, entry["to"], at))
            continue
        key = address_hash, entry.get("reason", Suppression.Reason.ERASED)
        if entry["what"] == "erased":
            erased[address_hash] = at
        if entry["what"] == "lifted":
            lifted[key] = at
            if key in holding and holding[key] <= at:
                del holding[key]
        elif key not in lifted or at >= lifted[key]:
            holding[key] = max(at, holding.get(key, at))
    return holding, lifted, erased, moves


def _apply_to_old_addresses(moves: list[Move], holding: Reasons, erased: Moments) -> None:
    """Let what people did at a new address hold for those whom the database still has at an old one."""
    later: dict[str, list[str]] = {}
    for old, new, _ in reversed(moves):
        later[old] = [new, *later.get(new, [])]
    for batch in _batches({old: at for old, _, at in reversed(moves)}):
        subscribers = Subscriber.objects.filter(address_hash__in=batch)
        for old, joined_at in subscribers.values_list("address_hash", "joined_at"):
            for new in later[old] if joined_at <= batch[old] else []:
                for reason in (Suppression.Reason.UNSUBSCRIBED, Suppression.Reason.COMPLAINED):
                    if (new, reason) in holding:
                        holding.setdefault((old, reason), holding[new, reason])
                if new in erased:
                    erased.setdefault(old, erased[new])


def _leavings(holding: Reasons) -> Moments:
    unsubscribed = Suppression.Reason.UNSUBSCRIBED
    return {address_hash: at for (address_hash, reason), at in holding.items() if reason == unsubscribed}


def _unknown(holding: Reasons) -> Reasons:
    """Return what of all that holds is not in force here yet.

    That is all but a few lines of a long journal. The database's whole list is read once for it: to ask for
    each line of the journal would take many times as long.
    """
    listed = Subscriber.objects.confirmed().filter(address_hash=OuterRef("address_hash"))
    not_left = Q(Exists(listed), reason=Suppression.Reason.UNSUBSCRIBED)
    known = Suppression.objects.exclude(not_left).order_by().values_list("address_hash", "reason")
    unknown = dict(holding)
    for key in known.iterator(chunk_size=_AT_ONCE * 10):
        unknown.pop(key, None)
    return unknown


def _batches(moments: dict[Key, datetime]) -> Iterator[dict[Key, datetime]]:
    items = iter(moments.items())
    while batch := dict(islice(items, _AT_ONCE)):
        yield batch


def _lift(lifted: Reasons) -> int:
    held = Suppression.objects.filter(address_hash__in={address_hash for address_hash, _ in lifted})
    columns = held.values_list("pk", "since", "address_hash", "reason")
    ended = [pk for pk, since, *key in columns if (at := lifted.get((key[0], key[1]))) and since <= at]
    return Suppression.objects.filter(pk__in=ended).delete()[0]


def _came_back(left: Moments) -> set[str]:
    """Return the address hashes of those whose own word to come back is later than their leaving.

    That the reason was lifted is not in the journal: a process died in between, or its disk was full.
    """
    kinds = [ConsentEvent.Kind.CONFIRMED, ConsentEvent.Kind.RETURNED]
    return _noted_after(left, subscriber__state=Subscriber.State.CONFIRMED, kind__in=kinds)


def _noted_after(moments: Moments, **conditions: object) -> set[str]:
    """Return the address hashes that have such a consent event after their moment."""
    events = ConsentEvent.objects.filter(subscriber__address_hash__in=moments, **conditions).order_by()
    events_at = events.values_list("subscriber__address_hash", "at")
    return {address_hash for address_hash, at in events_at if at > moments[address_hash]}


def _suppress(holding: Reasons) -> int:
    new = partial(Suppression, evidence="from the journal", journaled=True)
    return suppressions.suppress_all(
        [new(address_hash=key, reason=reason, since=at) for (key, reason), at in holding.items()]
    )


def _take_off_the_list(left: Moments) -> int:
    count = 0
    for subscriber in Subscriber.objects.confirmed().filter(address_hash__in=left):
        at = left[subscriber.address_hash]
        with transaction.atomic():
            still_listed = Subscriber.objects.confirmed().filter(pk=subscriber.pk)
            if still_listed.update(state=Subscriber.State.LEFT, left_at=at):
                subscriber.consents.create(kind=ConsentEvent.Kind.LEFT, at=at)
                count += 1
    return count


def _erase(erased: Moments) -> int:
    """Erase people, but for those who joined anew since, or were brought over anew; return how many.

    That staff lifted the erasure is not enough: the row may be the backup's, of before the erasure. Events
    are asked as well as ``joined_at``, which an import dates back to what the other list says.
    """
    count = 0
    anew = _noted_after(erased, kind__in=[ConsentEvent.Kind.CONFIRMED, ConsentEvent.Kind.IMPORTED])
    for subscriber in Subscriber.objects.filter(address_hash__in=erased):
        if subscriber.joined_at > erased[subscriber.address_hash] or subscriber.address_hash in anew:
            continue
        with transaction.atomic():
            # Another process may do the same at the same time.
            if Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first():
                erasure.erase(subscriber)
                count += 1
    return count


def _end_requests(erased: Moments, left: Moments) -> None:
    """Delete what was typed for addresses before they were erased, and end requests of before they left.

    A request does not hold its address hash, so every request is looked at.
    """
    if not (erased or left):
        return
    gone, used = [], []
    for link_request in LinkRequest.objects.iterator():
        address_hash, asked_at = addresses.keyed_hash(link_request.address), link_request.asked_at
        if address_hash in erased and asked_at <= erased[address_hash]:
            gone.append(link_request.pk)
        elif address_hash in left and asked_at <= left[address_hash]:
            used.append(link_request.pk)
    LinkRequest.objects.filter(pk__in=gone).delete()
    LinkRequest.objects.filter(pk__in=used).update(state=LinkRequest.State.USED)
