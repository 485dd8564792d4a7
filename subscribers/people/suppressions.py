"""Why an address gets nothing: adding reasons, lifting them, and keeping the journal in step."""

from django.db import transaction
from django.utils import timezone

from subscribers import addresses
from subscribers.models import Suppression
from subscribers.people import journal

# What no sign-up lifts. "Unsubscribed" is not among these: whoever left may come back by confirming anew.
LASTING = frozenset(Suppression.Reason) - {Suppression.Reason.UNSUBSCRIBED}
_AT_ONCE = 500


def suppress(address_hash, reason, evidence=""):
    """Note that an address (its ``addresses.keyed_hash``) gets nothing, for a ``Suppression.Reason``.

    Other reasons that hold stay, and a reason that holds already stays as it is. ``evidence`` says how we
    know, without personal data. The journal has it before this returns.
    """
    suppress_all([(address_hash, reason, evidence)])


def suppress_all(rows):
    """Do as ``suppress`` does for each (address_hash, reason, evidence) of a list; return how many were new.

    They go to the journal together, with one flush. A fourth item is since when it holds, if not now.
    """
    added, since = 0, timezone.now()
    with transaction.atomic():
        for first in range(0, len(rows), _AT_ONCE):
            some = {
                (address_hash, str(reason)): more
                for address_hash, reason, *more in rows[first : first + _AT_ONCE]
            }
            address_hashes = {address_hash for address_hash, _ in some}
            there = set(
                Suppression.objects.filter(address_hash__in=address_hashes).values_list(
                    "address_hash", "reason"
                )
            )
            new = [each for each in some if each not in there]
            if not new:
                continue
            fresh = [
                Suppression(
                    address_hash=address_hash, reason=reason, evidence=evidence, since=at[0] if at else since
                )
                for address_hash, reason in new
                for evidence, *at in [some[address_hash, reason]]
            ]
            journaled = journal.append(map(_entry, fresh))
            for row in fresh:
                row.journaled = journaled
            Suppression.objects.bulk_create(fresh, ignore_conflicts=True)
            added += len(new)
    return added


def lift(address_hash, reason):
    """Note that a reason holds no longer for an address (its keyed hash); return whether it did.

    The journal has it after the transaction, and never without it: what a crash or a full disk leaves out
    there silences somebody whom a restore brings back, and that they can mend by confirming anew.
    """
    with transaction.atomic():
        row = Suppression.objects.select_for_update().filter(address_hash=address_hash, reason=reason).first()
        if row is None:
            return False
        entry = journal.lifted(address_hash, reason)
        row.delete()
        transaction.on_commit(lambda: journal.append([entry]))
    return True


def reasons(address):
    """Return the set of reasons for which an address gets nothing."""
    found = Suppression.objects.filter(address_hash=addresses.keyed_hash(address))
    return set(found.values_list("reason", flat=True))


def is_silenced(address):
    """Return whether an address may not even be asked: bounced, complained, blocked or erased."""
    return bool(reasons(address) & LASTING)


def catch_up():
    """Write to the journal what could not be written when it happened; return how much. Safe to repeat."""
    written = 0
    while rows := list(Suppression.objects.filter(journaled=False).order_by("id")[:_AT_ONCE]):
        if not journal.append(map(_entry, rows)):
            break
        Suppression.objects.filter(pk__in=[row.pk for row in rows]).update(journaled=True)
        written += len(rows)
    return written


def _entry(row):
    if row.reason == Suppression.Reason.ERASED:
        return journal.erased(row.address_hash, row.since)
    return journal.suppressed(row.address_hash, row.reason, row.since)
