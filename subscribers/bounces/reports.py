"""What comes back, and what follows from it.

A report counts only if it carries the token of a delivery of ours, which nobody can make who did not get that
mail or send it: whoever merely knows an address cannot have it suppressed. Of a delivery that was condensed
since, a complaint counts all the same, by the link to leave in the mail. ``reading`` says what a mail is,
``delivery.judgement`` what a refusal means.
"""

import hashlib
import re
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from subscribers.bounces.reading import Reading, read
from subscribers.delivery import circuit_breaker, repeated_refusals
from subscribers.models import BounceReport, ConsentEvent, Delivery, Subscriber, Suppression
from subscribers.people import subscriptions, suppressions
from tips import dates

# How long a mail that is about no delivery of ours is remembered.
STRAYS_KEPT = timedelta(days=30)
_ADDRESS = re.compile(r"[^\s<>()\"':;,]+@[^\s<>()\"':;,]+")
# Not what a mailbox or a pipe adds on the way.
_HEADERS_OF_ITS_OWN = re.compile(
    rb"(?:from|to|date|subject|message-id|in-reply-to|auto-submitted|content-type):", re.IGNORECASE
)
_CAME_BACK = (BounceReport.Kind.BOUNCED, BounceReport.Kind.REFUSED)


def take(raw: bytes, source: str = "mailbox", envelope: str = "") -> BounceReport:
    """Read a mail that came back, act on it, and return the report that keeps the evidence.

    ``envelope`` is the address that it was sent to, where the caller knows that. Reading one twice does
    nothing more: then the report ``is_repeated``. Broken mail is ordinary mail: this raises nothing because
    of what stands in it.
    """
    return note(read(raw, envelope), source, digest(raw))


def note(reading: Reading, source: str, digest: str) -> BounceReport:
    """Keep a Reading as evidence and act on it; ``digest`` names the report itself."""
    delivery = Delivery.objects.filter(pk=reading.delivery).first() if reading.delivery else None
    try:
        with transaction.atomic():
            said = {"kind": reading.kind, "status": reading.status}
            said["cause"] = reading.judged.cause if reading.judged else ""
            said["words"] = _without_addresses(reading.words)[:300]
            report = BounceReport.objects.create(delivery=delivery, source=source, digest=digest, **said)
            if delivery is not None:
                report.acted = _act(reading, report, delivery)
                report.save(update_fields=["acted"])
            elif reading.delivery and reading.reader and report.kind == BounceReport.Kind.COMPLAINED:
                reader = Subscriber.objects.filter(public_id=reading.reader).first()
                report.acted = reader is not None and _take_off(reader, _evidence(report))
                report.save(update_fields=["acted"])
    except IntegrityError:
        known = BounceReport.objects.filter(digest=digest).first()
        if known is None:
            # The delivery was condensed at this moment.
            return note(reading, source, digest)
        known.is_repeated = True
        return known
    if delivery is not None and report.kind in _CAME_BACK:
        circuit_breaker.returned(delivery)
    return report


def digest(raw: bytes) -> str:
    """Return a name of a mail that is the same however it came: by a pipe, from a file or from a mailbox."""
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    own = [line for line in head.split(b"\n") if _HEADERS_OF_ITS_OWN.match(line)]
    # An mbox marks lines that begin as one of its mails would.
    lines = [line.rstrip().replace(b">From ", b"From ", 1) for line in body.rstrip().split(b"\n")]
    return hashlib.sha256(b"\n".join([*sorted(own), b"", *lines])).hexdigest()


def _act(reading: Reading, report: BounceReport, delivery: Delivery) -> bool:
    """Draw the consequence of a report for a delivery; return whether its person gets no more mail."""
    # Locked before the delivery, as whoever erases a person takes them.
    locked = Subscriber.objects.select_for_update(of=("self",))
    subscriber = locked.filter(deliveries=delivery).first()
    evidence = _evidence(report)
    if report.kind == BounceReport.Kind.COMPLAINED:
        # Who came back after a complaint leaves by a new one, and by no second report of the old.
        is_new = delivery.complained_at is None
        circuit_breaker.complained(delivery.pk)
        if subscriber is None or not is_new:
            return False
        return _take_off(subscriber, evidence)
    if report.kind not in _CAME_BACK or reading.judged is None or delivery.suppressed:
        return False
    is_gone, silenced = report.kind == BounceReport.Kind.BOUNCED, False
    if is_gone and subscriber is not None and not _has_moved_since(delivery, subscriber):
        silenced = True
        suppressions.suppress(subscriber.address_hash, Suppression.Reason.BOUNCED, evidence)
    refused = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.SENT).update(
        state=Delivery.State.REFUSED,
        refusal=reading.judged.refusal,
        reply=report.status or ("returned, nobody is there" if is_gone else "returned"),
        suppressed=silenced,
    )
    if refused and not silenced:
        delivery.refresh_from_db()
        repeated_refusals.note(delivery)
    return silenced


def _evidence(report: BounceReport) -> str:
    finding = f"{report.status or report.kind} (report {report.pk})"
    return f"report of {dates.dated(timezone.localdate())}: {finding}"


def _take_off(subscriber: Subscriber, evidence: str) -> bool:
    """Take who complained off the list, for good; return True."""
    suppressions.suppress(subscriber.address_hash, Suppression.Reason.COMPLAINED, evidence)
    subscriptions.leave(subscriber, "left by a complaint")
    return True


def _has_moved_since(delivery: Delivery, subscriber: Subscriber) -> bool:
    """Tell whether the subscriber has another address than the one that a delivery went to."""
    moves = subscriber.consents.filter(kind=ConsentEvent.Kind.MOVED)
    sent_at = delivery.sent_at or delivery.settled_at
    return (moves.filter(at__gt=sent_at) if sent_at else moves).exists()


def forget_strays(now: datetime) -> None:
    """Delete what came back and is about no delivery of ours, some time after it came; for the clock."""
    BounceReport.objects.filter(delivery=None, at__lt=now - STRAYS_KEPT).delete()


def _without_addresses(words: str) -> str:
    # To look for an address in one long word takes the square of its length. And no database takes half a
    # letter, and PostgreSQL no letter of none.
    words = words[:2000].encode("utf-8", "replace").decode().replace("\0", " ")
    return " ".join(_ADDRESS.sub("[address]", words).split())
