"""Why an address gets nothing: adding reasons, lifting them, and keeping the journal in step."""

from django.db import transaction

from subscribers import addresses
from subscribers.models import Suppression
from subscribers.people import journal

# What no sign-up lifts. "Unsubscribed" is not among these: whoever left may come back by confirming anew.
LASTING = frozenset(Suppression.Reason) - {Suppression.Reason.UNSUBSCRIBED}
_AT_ONCE = 500


def suppress(address_hash: str, reason: Suppression.Reason, evidence: str = "") -> bool:
    """Note that an address (its ``addresses.keyed_hash``) gets nothing; return whether the reason is new.

    Other reasons that hold stay, and a reason that holds already stays as it is. ``evidence`` says how we
    know, without personal data. The journal has it before this returns.
    """
    return suppress_all([Suppression(address_hash=address_hash, reason=reason, evidence=evidence)]) == 1


def suppress_all(suppressions: list[Suppression]) -> int:
    """Do as ``suppress`` does for many unsaved suppressions; return how many were new.

    They go to the journal together, with one flush, but for those that are ``journaled`` already.
    """
    added = 0
    with transaction.atomic():
        for first in range(0, len(suppressions), _AT_ONCE):
            batch = {
                (new.address_hash, str(new.reason)): new for new in suppressions[first : first + _AT_ONCE]
            }
            held = Suppression.objects.filter(address_hash__in={address_hash for address_hash, _ in batch})
            for key in held.values_list("address_hash", "reason"):
                batch.pop(key, None)
            unjournaled = [new for new in batch.values() if not new.journaled]
            if unjournaled and journal.append(map(_entry, unjournaled)):
                for suppression in unjournaled:
                    suppression.journaled = True
            Suppression.objects.bulk_create(batch.values(), ignore_conflicts=True)
            added += len(batch)
    return added


def lift(address_hash: str, reason: Suppression.Reason) -> bool:
    """Note that a reason holds no longer for an address (its keyed hash); return whether it did.

    The journal has it after the transaction, and never without it. What a crash or a full disk leaves out
    there silences somebody whom a restore brings back; they can mend that by confirming anew.
    """
    return lift_all([address_hash], reason) > 0


def lift_all(address_hashes: list[str], reason: Suppression.Reason) -> int:
    """Do as ``lift`` does for many addresses, with one flush; return how many there were to lift.

    They must be few enough for one statement.
    """
    held = Suppression.objects.filter(address_hash__in=address_hashes, reason=reason)
    lifted = list(held.values_list("address_hash", flat=True))
    if lifted:
        held.delete()
        entries = [journal.new_entry("lifted", address_hash, reason=reason) for address_hash in lifted]
        transaction.on_commit(lambda: journal.append(entries))
    return len(lifted)


def reasons(address: str) -> set[str]:
    """Return the reasons for which an address gets nothing."""
    held = Suppression.objects.filter(address_hash=addresses.keyed_hash(address))
    return set(held.values_list("reason", flat=True))


def is_silenced(address: str) -> bool:
    """Tell whether an address may not even be asked: bounced, complained, blocked or erased."""
    return bool(reasons(address) & LASTING)


def catch_up() -> int:
    """Write to the journal what could not be written when it happened; return how much. Safe to repeat."""
    written = 0
    unwritten = Suppression.objects.filter(journaled=False).order_by("id")
    while (batch := list(unwritten[:_AT_ONCE])) and journal.append(map(_entry, batch)):
        written += unwritten.filter(pk__in=[suppression.pk for suppression in batch]).update(journaled=True)
    return written


def _entry(suppression: Suppression) -> journal.Entry:
    address_hash, since, reason = suppression.address_hash, suppression.since, suppression.reason
    if reason == Suppression.Reason.ERASED:
        return journal.new_entry("erased", address_hash, since)
    return journal.new_entry("suppressed", address_hash, since, reason=reason)
