"""The sets of who got which mailing, where the rows of the ledger were condensed; see ``models.receivers``.

Whoever asks both the ledger and the sets asks the ledger first: what is condensed in between is found in the
sets then, and nothing is found in neither.
"""

from collections import defaultdict
from collections.abc import Iterable

from subscribers.models import Mailing, Receivers
from subscribers.models.receivers import PART


def add(mailing: int, subscribers: Iterable[int]) -> None:
    """Put subscribers into the set of a mailing; in a transaction that has locked the mailing."""
    by_part: dict[int, list[int]] = defaultdict(list)
    for subscriber in subscribers:
        by_part[subscriber // PART].append(subscriber)
    own = Receivers.objects.select_for_update().filter(mailing=mailing, part__in=by_part)
    parts = {part.part: part for part in own}
    for number, ids in sorted(by_part.items()):
        part = parts.get(number)
        if part is None:
            part = Receivers(mailing_id=mailing, part=number, bits=b"")
            part.change(ids, is_in=True)
            part.save(force_insert=True)
        else:
            part.change(ids, is_in=True)
            Receivers.objects.filter(pk=part.pk).update(bits=part.bits)


def mailings_of(subscriber: int) -> list[int]:
    """Return the primary keys of the condensed mailings that a subscriber got, in order."""
    parts = Receivers.objects.filter(part=subscriber // PART).order_by("mailing")
    return [part.mailing_id for part in parts.iterator(chunk_size=50) if part.has(subscriber)]


def have_any(subscriber: int, mailings: Iterable[int]) -> bool:
    """Tell whether a subscriber got one of some mailings, as far as the sets know."""
    parts = Receivers.objects.filter(part=subscriber // PART, mailing__in=list(mailings))
    return any(part.has(subscriber) for part in parts)


def between(mailing: int, after: int, up_to: int) -> list[int]:
    """Return the ids in the set of a mailing above ``after``, and up to ``up_to`` with it, in order."""
    parts = Receivers.objects.filter(mailing=mailing, part__gte=after // PART, part__lte=up_to // PART)
    return [each for part in parts.order_by("part") for each in part.ids() if after < each <= up_to]


def latest(subscribers: Iterable[int], most: int = 30) -> dict[int, Mailing]:
    """Return {id: the last condensed mailing} of subscribers who got one of the last ``most`` of them."""
    sought = set(subscribers)
    numbers = {subscriber // PART for subscriber in sought}
    found: dict[int, Mailing] = {}
    condensed = Mailing.objects.exclude(condensed_at=None).defer("text", "html", "note").order_by("-pk")
    for mailing in condensed[:most]:
        if not sought:
            break
        parts = {part.part: part for part in mailing.receivers.filter(part__in=numbers)}
        got = {each for each in sought if (part := parts.get(each // PART)) and part.has(each)}
        found |= dict.fromkeys(got, mailing)
        sought -= got
    return found


def forget(subscriber: int) -> int:
    """Take a subscriber out of all sets; return of how many. Within a transaction."""
    count = 0
    for part in Receivers.objects.select_for_update().filter(part=subscriber // PART).order_by("mailing"):
        if part.has(subscriber):
            part.change([subscriber], is_in=False)
            Receivers.objects.filter(pk=part.pk).update(bits=part.bits)
            count += 1
    return count
