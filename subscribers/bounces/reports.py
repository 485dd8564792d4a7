"""What comes back: delivery reports, complaints, automatic answers and ordinary mail, told apart.

A report counts only if it carries the token of a delivery of ours, which nobody can make who did not get that
mail or send it: whoever merely knows an address cannot have it suppressed. Reports in the standard forms
(RFC 3464, RFC 5965) are read as those say; for the many other forms of bounces a library knows them.
"""

import email
import email.policy
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from flufl.bounce import all_failures

from subscribers import tipmail
from subscribers.delivery import circuit_breaker
from subscribers.delivery.verdicts import NOBODY_THERE
from subscribers.models import BounceReport, ConsentEvent, Delivery, Subscriber, Suppression
from subscribers.people import subscriptions, suppressions

# Of a mail so many bytes are read. A report ends with the mail that it is about, and says all before it.
READ_OF_A_MAIL = 2**18
# More parts than any report has, and more letters than any of its headers: to take such mail apart can take
# the library minutes.
MOST_PARTS = 500
LONGEST_HEADER = 4000
# How long a mail that is about no delivery of ours is remembered.
STRAYS_KEPT = timedelta(days=30)
# An enhanced status (RFC 3463, 2), and no part of a network address or of a program's version.
_CODE = r"[245]\.[0-7]\.\d{1,3}(?!\d|\.\d|-?\w)"
_STATUS = re.compile(rf"(?<![\w./-]){_CODE}")
# Where a mail server says it itself: right after the number of its reply.
_AFTER_REPLY = re.compile(rf"(?<![\w./-])([245])\d\d[ -]+[(\[]?#?((?=\1){_CODE})")
_ADDRESS = re.compile(r"[^\s<>()\"':;,]+@[^\s<>()\"':;,]+")
# Headers by which mail servers say to which address of ours a report came.
_ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
# Headers by which mail programs say which Message-ID they answer.
_ANSWERS = ("In-Reply-To", "References")
# Headers by which machines said, before there was a standard, that they answer for somebody.
_AUTOMATIC = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")
# Fields of a mail that is sent back, or of what is said about it, that may hold our token.
_RETURNED = ("message-id", "return-path", "original-mail-from", "original-envelope-id")

_CAME_BACK = (BounceReport.Kind.BOUNCED, BounceReport.Kind.REFUSED)


class _ShortHeaders(email.policy.Compat32):
    """Reads headers as they stand, and none to an end that no mail server writes."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST_HEADER]


_POLICY = _ShortHeaders()


@dataclass(frozen=True)
class Reading:
    """What a report says, and the id of the delivery that it is about, if it is about one."""

    kind: BounceReport.Kind
    delivery: int | None = None
    status: str = ""
    words: str = ""


def take(raw: bytes, source: str = "mailbox", envelope: str = "") -> BounceReport:
    """Read a mail that came back, act on it, and return the report that keeps the evidence.

    ``envelope`` is the address that it was sent to, where the caller knows that. Reading one twice does
    nothing more. Broken mail is ordinary mail: this raises nothing because of what stands in it.
    """
    return note(read(raw, envelope), source, hashlib.sha256(raw).hexdigest())


def note(reading: Reading, source: str, digest: str) -> BounceReport:
    """Keep a Reading as evidence and act on it; ``digest`` names the report itself."""
    delivery = Delivery.objects.filter(pk=reading.delivery).first() if reading.delivery else None
    try:
        with transaction.atomic():
            said = {"kind": reading.kind, "status": reading.status}
            said["words"] = _without_addresses(reading.words)[:300]
            report = BounceReport.objects.create(delivery=delivery, source=source, digest=digest, **said)
            if delivery is not None:
                report.acted = _act(report, delivery)
                report.save(update_fields=["acted"])
    except IntegrityError:
        return BounceReport.objects.get(digest=digest)
    if delivery is not None and report.kind in _CAME_BACK:
        circuit_breaker.returned(delivery)
    return report


def _act(report: BounceReport, delivery: Delivery) -> bool:
    """Draw the consequence of a report for a delivery; return whether its person gets no more mail."""
    subscriber = delivery.subscriber
    finding = f"{report.status or report.kind} (report {report.pk})"
    evidence = f"report of {timezone.localdate():%Y-%m-%d}: {finding}"
    if report.kind == BounceReport.Kind.COMPLAINED:
        circuit_breaker.complained(delivery.pk)
        if subscriber is None:
            return False
        suppressions.suppress(subscriber.address_hash, Suppression.Reason.COMPLAINED, evidence)
        subscriptions.leave(subscriber, "left by a complaint")
        return True
    if report.kind not in _CAME_BACK:
        return False
    is_gone, silenced = report.kind == BounceReport.Kind.BOUNCED, False
    if is_gone and subscriber is not None and not _has_moved_since(delivery, subscriber):
        silenced = True
        suppressions.suppress(subscriber.address_hash, Suppression.Reason.BOUNCED, evidence)
    Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.SENT).update(
        state=Delivery.State.REFUSED,
        refusal=Delivery.Refusal.GONE if is_gone else "",
        reply=report.status or ("returned, nobody is there" if is_gone else "returned"),
        suppressed=silenced,
    )
    return silenced


def _has_moved_since(delivery: Delivery, subscriber: Subscriber) -> bool:
    """Tell whether the subscriber has another address than the one that a delivery went to."""
    moves = subscriber.consents.filter(kind=ConsentEvent.Kind.MOVED)
    sent_at = delivery.sent_at or delivery.settled_at
    return (moves.filter(at__gt=sent_at) if sent_at else moves).exists()


def read(raw: bytes, envelope: str = "") -> Reading:
    """Return what a mail says, and about which delivery."""
    try:
        return _read(raw, envelope)
    except (RecursionError, ValueError, LookupError):
        # Parts within parts, hundreds deep, or a header in letters that are none (RFC 2231), of which the
        # library makes an error: no mail server writes such a report.
        return Reading(BounceReport.Kind.OTHER)


def forget_strays(now: datetime) -> None:
    """Delete what came back and is about no delivery of ours, some time after it came; for the clock."""
    BounceReport.objects.filter(delivery=None, at__lt=now - STRAYS_KEPT).delete()


def _read(raw: bytes, envelope: str) -> Reading:
    message = email.message_from_bytes(raw[:READ_OF_A_MAIL], policy=_POLICY)
    if len(list(islice(message.walk(), MOST_PARTS + 1))) > MOST_PARTS:
        return Reading(BounceReport.Kind.OTHER)
    delivery = _delivery(message, envelope)
    # Further in, a report is one that somebody passes on.
    for part in _parts(message) if message.get_content_type() == "multipart/report" else [message]:
        kind = part.get_content_type()
        if kind == "message/feedback-report":
            fields = _fields(part)
            if fields.get("feedback-type", "abuse").strip().lower() in ("abuse", "fraud", "virus", "other"):
                return Reading(BounceReport.Kind.COMPLAINED, delivery, words=fields.get("user-agent", ""))
            return Reading(BounceReport.Kind.OTHER, delivery)
        if kind == "message/delivery-status":
            return _delivery_report(part, delivery)
    # RFC 3834, 5; and what was usual before that.
    is_automatic = str(message.get("Auto-Submitted", "")).strip().lower().startswith("auto-replied")
    sender = str(message.get("From", "")).lower()
    is_from_server = "mailer-daemon" in sender or "postmaster" in sender
    if is_automatic or (not is_from_server and any(name in message for name in _AUTOMATIC)):
        return Reading(BounceReport.Kind.ANSWERED, delivery)
    # What a person quotes or passes on with their answer is no report.
    if not is_from_server and any(name in message for name in _ANSWERS):
        return Reading(BounceReport.Kind.OTHER, delivery)
    return _odd_report(message, delivery)


def _delivery_report(part: Message, delivery: int | None) -> Reading:
    """Read the machine's part of a delivery report (RFC 3464, 2.3)."""
    inner = _inner(part)
    for block in map(_block, inner) if inner else [_fields(part)]:
        if "action" not in block and "status" not in block:
            continue
        action = block.get("action", "").strip().lower()
        status = _status(block.get("status", ""))
        words = block.get("diagnostic-code", "")
        # Many servers say 5.0.0 and put the true code into their words.
        if not status or status.endswith(".0.0"):
            status = _status(words, "5") or status
        if action == "failed" or (not action and status.startswith("5")):
            return Reading(_refusal(status), delivery, status, words)
        if action == "delayed":
            return Reading(BounceReport.Kind.DELAYED, delivery, status, words)
    return Reading(BounceReport.Kind.OTHER, delivery)


def _status(words: str, beginning: str = "") -> str:
    """Return the first enhanced status in words that begins so, or "": best one after a reply's number."""
    statuses = [match[2] for match in _AFTER_REPLY.finditer(words)] + _STATUS.findall(words)
    return next((status for status in statuses if status.startswith(beginning)), "")


def _odd_report(message: Message, delivery: int | None) -> Reading:
    if message.is_multipart():
        # What bounced elsewhere and was passed on to us is no report to us.
        message.set_payload([part for part in _inner(message) if part.get_content_type() != "message/rfc822"])
    try:
        for_now, for_good = all_failures(message)
    # It meets every oddity of thirty years of mail servers, and was not written for hostile ones.
    except Exception:
        return Reading(BounceReport.Kind.OTHER, delivery)
    plain = (_decoded(part) for part in message.walk() if part.get_content_type() == "text/plain")
    status = _status(" ".join(plain)[:20000], "5" if for_good else "")
    if for_good or for_now:
        return Reading(_refusal(status) if for_good else BounceReport.Kind.DELAYED, delivery, status)
    return Reading(BounceReport.Kind.OTHER, delivery)


def _refusal(status: str) -> BounceReport.Kind:
    # Without a code that says why, a refusal is not the end of an address.
    return BounceReport.Kind.BOUNCED if status in NOBODY_THERE else BounceReport.Kind.REFUSED


def _delivery(message: Message, envelope: str) -> int | None:
    """Return the id of the delivery that a report is about, or None: by our token, wherever it is brought."""
    places = [envelope]
    places += [str(value) for name in _ADDRESSED for value in message.get_all(name, [])]
    places += [str(message.get(name, "")) for name in _ANSWERS]
    for part in _parts(message):
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers", "message/feedback-report"):
            inner = _inner(part)
            returned = _block(inner[0]) if inner else _fields(part)
            places += [returned.get(name, "") for name in _RETURNED]
    return next(filter(None, map(tipmail.read_token, places)), None)


def _parts(message: Message) -> list[Message]:
    """Return a mail, or the parts right in it, but none of those in them."""
    return _inner(message) if message.get_content_maintype() == "multipart" else [message]


def _inner(part: Message) -> list[Message]:
    """Return the parts right in a part, of which there may be none."""
    payload = part.get_payload()
    return [inner for inner in payload if isinstance(inner, Message)] if isinstance(payload, list) else []


def _block(message: Message) -> dict[str, str]:
    return {name.lower(): " ".join(str(value).split()) for name, value in message.items()}


def _fields(part: Message) -> dict[str, str]:
    """Return the fields in the text of a part, by their names in small letters."""
    if inner := _inner(part):
        return {name: value for block in map(_block, inner) for name, value in block.items()}
    return _block(email.message_from_string(_decoded(part), policy=_POLICY))


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _without_addresses(words: str) -> str:
    # To look for an address in one long word takes the square of its length. And no database takes half a
    # letter, and PostgreSQL no letter of none.
    words = words[:2000].encode("utf-8", "replace").decode().replace("\0", " ")
    return " ".join(_ADDRESS.sub("[address]", words).split())


# --- Mail services --------------------------------------------------------------------------------------


# What Anymail's signal sends has no types.
def on_tracking_event(sender: object, event: Any, esp_name: str, **kwargs: object) -> None:
    """Take what a mail service reports, by Anymail's signal ``tracking``.

    Our token is in the Message-ID, or somewhere in what the service sends along of the mail.
    """
    if event.event_type not in ("bounced", "rejected", "complained"):
        return
    raw = json.dumps(event.esp_event, default=str, sort_keys=True)
    words = f"{event.mta_response or ''} {event.description or ''}"
    status, kind = _status(words), BounceReport.Kind.COMPLAINED
    if event.event_type != kind:
        is_invalid = not status and event.reject_reason == "invalid"
        kind = BounceReport.Kind.BOUNCED if is_invalid else _refusal(status)
    delivery = tipmail.read_token(str(event.message_id or "")) or tipmail.read_token(raw)
    digest = hashlib.sha256(f"{esp_name} {event.event_id or raw}".encode("utf-8", "replace")).hexdigest()
    note(Reading(kind, delivery, status, words), esp_name[:30], digest)
