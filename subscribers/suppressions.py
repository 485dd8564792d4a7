"""Why an address gets nothing: adding reasons, lifting them, and keeping the journal in step."""

from django.db import transaction

from subscribers import addresses, journal
from subscribers.models import Suppression

# What no sign-up lifts. "Unsubscribed" is not among these: whoever left may come back by confirming anew.
LASTING = frozenset(Suppression.Reason) - {Suppression.Reason.UNSUBSCRIBED}
_AT_ONCE = 500


def suppress(key, reason, evidence=""):
    """Note that an address (its ``addresses.keyed_hash``) gets nothing, for a ``Suppression.Reason``.

    Other reasons that hold stay, and a reason that holds already stays as it is. ``evidence`` says how we
    know, without personal data. The journal has it before this returns.
    """
    suppress_all([(key, reason, evidence)])


def suppress_all(rows):
    """Do as ``suppress`` does for each (key, reason, evidence) of a list; return how many were new.

    They go to the journal together, with one flush.
    """
    added = 0
    with transaction.atomic():
        for first in range(0, len(rows), _AT_ONCE):
            some = {(key, str(reason)): evidence for key, reason, evidence in rows[first : first + _AT_ONCE]}
            keys = {key for key, _ in some}
            there = set(Suppression.objects.filter(key__in=keys).values_list("key", "reason"))
            new = [each for each in some if each not in there]
            if not new:
                continue
            journaled = journal.append([journal.suppressed(*each) for each in new])
            Suppression.objects.bulk_create(
                [
                    Suppression(key=key, reason=reason, evidence=some[key, reason], journaled=journaled)
                    for key, reason in new
                ],
                ignore_conflicts=True,
            )
            added += len(new)
    return added


def lift(key, reason):
    """Note that a reason holds no longer for an address (its keyed hash); return whether it did."""
    with transaction.atomic():
        row = Suppression.objects.select_for_update().filter(key=key, reason=reason).first()
        if row is None:
            return False
        journal.append([journal.lifted(key, reason)])
        row.delete()
    return True


def reasons(address):
    """Return the set of reasons for which an address gets nothing."""
    found = Suppression.objects.filter(key=addresses.keyed_hash(address))
    return set(found.values_list("reason", flat=True))


def is_silenced(address):
    """Return whether an address may not even be asked: bounced, complained, blocked or erased."""
    return bool(reasons(address) & LASTING)


def catch_up():
    """Write to the journal what could not be written when it happened; return how much. Safe to repeat."""
    written = 0
    while rows := list(Suppression.objects.filter(journaled=False).order_by("id")[:_AT_ONCE]):
        if not journal.append([journal.suppressed(row.key, row.reason, row.since) for row in rows]):
            break
        Suppression.objects.filter(pk__in=[row.pk for row in rows]).update(journaled=True)
        written += len(rows)
    return written
