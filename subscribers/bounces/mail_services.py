"""What a mail service reports by its webhook, judged as reports by mail are."""

import hashlib
import json
from typing import Any

from subscribers import tipmail, tokens
from subscribers.bounces import reports
from subscribers.bounces.reading import Reading, failed
from subscribers.delivery.judgement import Cause, Judgement, Kind, judge
from subscribers.models import BounceReport

# What Anymail makes of a service's own reasons; "bounced" and "other" say no more than the event itself.
_CAUSES = {
    "invalid": Cause.NO_MAILBOX,
    "timed_out": Cause.SYSTEM,
    "blocked": Cause.POLICY,
    "spam": Cause.POLICY,
    "unsubscribed": Cause.POLICY,
}


# What Anymail's signal sends has no types.
def on_tracking_event(sender: object, event: Any, esp_name: str, **kwargs: object) -> None:
    """Take what a mail service reports, by Anymail's signal ``tracking``.

    Our token is in the Message-ID, or somewhere in what the service sends along of the mail.
    """
    if event.event_type not in ("bounced", "rejected", "complained"):
        return
    raw = json.dumps(event.esp_event, default=str, sort_keys=True)
    delivery = tipmail.read_token(str(event.message_id or "")) or tipmail.read_token(raw)
    words = str(event.mta_response or event.description or "")
    if event.event_type == BounceReport.Kind.COMPLAINED:
        reader = tokens.found(tokens.Purpose.LEAVE, raw)
        reading = Reading(BounceReport.Kind.COMPLAINED, delivery, words=words, reader=reader)
    else:
        reading = failed(_judged(words, str(event.reject_reason or "")), delivery, words)
    digest = hashlib.sha256(f"{esp_name} {event.event_id or raw}".encode("utf-8", "replace")).hexdigest()
    reports.note(reading, esp_name[:30], digest)


def _judged(words: str, reject_reason: str) -> Judgement:
    """Return what a refusal means by the mail server's words, and by the service's own reason for it."""
    judged, cause = judge(words), _CAUSES.get(reject_reason)
    if cause is None or judged.kind is not Kind.HARD:
        return judged
    if cause is Cause.NO_MAILBOX and judged.cause is not Cause.UNEXPLAINED:
        return judged
    return Judgement(cause, judged.status, is_certain=cause is Cause.NO_MAILBOX and not judged.status)
