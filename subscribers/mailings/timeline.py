"""The timeline of one delivery, in words for staff: each try, each answer, and what came back."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone

from subscribers.models import BounceReport, Delivery, Mailing, Subscriber, Suppression
from subscribers.people import receivers, suppressions
from tips.dates import short, short_day

# What the enhanced status codes mean that are met most (RFC 3463, and 7372 for 5.7.x).
_MEANINGS = {
    "1.1": "nobody there has this address",
    "1.2": "that domain does not exist",
    "1.3": "the address is not well formed",
    "1.6": "the mailbox has moved",
    "1.10": "that domain takes no mail",
    "2.1": "the mailbox is closed",
    "2.2": "the mailbox is full",
    "2.3": "the mail is too large for the mailbox",
    "3.4": "the mail is too large for their server",
    "4.1": "their server did not answer",
    "4.4": "no way to their server was found",
    "7.1": "their server does not want this mail",
}
_STATUS = re.compile(r"\b[245]\.(\d{1,3}\.\d{1,3})$")
_LATEST = datetime.max.replace(tzinfo=UTC)
# The engine's codes for why somebody was left out, which it keeps in the place of a reply.
_SKIPPED = {
    "left": "they had left by then",
    "erased": "they had been erased by then",
    "paused": "they had asked for a rest",
    **{reason.value: f"nothing is sent to them ({reason.label.lower()})" for reason in Suppression.Reason},
}


@dataclass(frozen=True)
class Event:
    """What happened, in a sentence, and when (an aware datetime, or None where that was not noted)."""

    at: datetime | None
    words: str


def of(delivery: Delivery) -> list[Event]:
    """Return what happened to a delivery of a mailing, as Events in order; undated ones come last."""
    dated = [
        (delivery.mailing and delivery.mailing.started_at, "Queued, when the mailing began."),
        (delivery.first_tried_at, "Tried, and put off for the first time."),
        (delivery.blamed_at, "The mail server found fault with the sender; it was put off."),
        (delivery.state != Delivery.State.SENT and delivery.sent_at, "The mail server took it."),
        (delivery.complained_at, "They complained of it: nothing is sent to them any more."),
    ]
    events = [Event(at, words) for at, words in dated if at]
    if delivery.uncertain_count == 1 and delivery.state != Delivery.State.UNCERTAIN:
        words = "Once nobody knew whether it had been sent, so it was sent once more: it may have come twice."
        events.append(Event(None, words))
    reports = BounceReport.objects.filter(delivery=delivery).order_by("at", "pk")
    events += [_outcome(delivery), *map(_came_back, reports)]
    return sorted(events, key=lambda event: event.at or _LATEST)


def meaning(reply: str) -> str:
    """Return what a server's reply, as it is kept, means in words, or ""."""
    status = _STATUS.search(reply)
    return _MEANINGS.get(status[1], "") if status else ""


def absence(mailing: Mailing, subscriber: Subscriber | None, typed: str) -> str:
    """Return why a mailing has no row for the subscriber of an address that was ``typed``, for staff."""
    if not typed:
        return "Type an address."
    if subscriber is None:
        return "Nobody on the list has this address. If they were erased, their row is here without a name."
    if mailing.started_at is None:
        return "This mailing has no receivers yet: they are written down when it begins."
    if receivers.have_any(subscriber.pk, [mailing.pk]):
        return "They got it. It is so long ago that when, and what their server said, is not kept any more."
    if mailing.condensed_at:
        return "They did not get it, or were erased since. It is so long ago that why is not kept any more."
    return f"They have no row here: {_why_absent(mailing, mailing.started_at, subscriber)}."


def _why_absent(mailing: Mailing, started_at: datetime, subscriber: Subscriber) -> str:
    if subscriber.joined_at > started_at:
        return f"they joined after it began, on {short(subscriber.joined_at)}"
    if Delivery.objects.filter(tip=mailing.tip, subscriber=subscriber).exists():
        return "they got this tip with their welcome, so not once more"
    if subscriber.left_at:
        return f"they left, on {short(subscriber.left_at)}"
    if suppressions.is_silenced(subscriber.address):
        return "a reason stands against their address, and nothing is sent to it. Look the address up"
    if subscriber.paused_until and subscriber.is_paused(timezone.localdate()):
        return f"they asked for a rest until {short_day(subscriber.paused_until)}"
    if mailing.corrects_id:
        return "they did not get the mailing that this one corrects"
    if mailing.state == Mailing.State.BUILDING:
        return "the list of its receivers is still being made"
    return "they are on the list now, but were not when it began, or had a rest then"


def _outcome(delivery: Delivery) -> Event:
    means = f" ({text})" if (text := meaning(delivery.reply)) else ""
    said = f" Its answer: {delivery.reply}{means}." if delivery.reply else ""
    tries = f" Tries so far: {delivery.tries}." if delivery.tries > 1 else ""
    match delivery.state:
        case Delivery.State.QUEUED:
            return Event(None, f"It waits for its turn.{said}")
        case Delivery.State.SENDING:
            return Event(None, "It is in the hands of a worker.")
        case Delivery.State.SENT:
            again = f" It took {delivery.tries} tries." if delivery.tries > 1 else ""
            return Event(delivery.sent_at or delivery.settled_at, f"Sent: the mail server took it.{again}")
        case Delivery.State.DEFERRED:
            when = f" It is tried again on {short(delivery.due_at)}." if delivery.due_at else ""
            return Event(None, f"The mail server put it off.{said}{tries}{when}")
        case Delivery.State.REFUSED if delivery.refusal == Delivery.Refusal.EXPIRED:
            return Event(delivery.settled_at, f"Given up: it was put off for a day.{said}{tries}")
        case Delivery.State.REFUSED:
            after = " Nothing is sent to this address any more." if delivery.suppressed else ""
            return Event(delivery.settled_at, f"Refused by the mail server.{said}{after}")
        case Delivery.State.SKIPPED:
            why = _SKIPPED.get(delivery.reply, delivery.reply or "no reason was noted")
            return Event(None, f"Left out: {why}.")
    noted = f" What was noted: {delivery.reply}." if delivery.reply else ""
    words = "Uncertain: nobody knows whether it was sent, so it is sent once more."
    if delivery.due_at is None:
        words = "Uncertain for the second time: nobody knows whether it was sent, and a person decides."
    return Event(delivery.settled_at, words + noted)


def _came_back(report: BounceReport) -> Event:
    quoted = f"“{report.words}”" if report.words else ""
    said = f"{report.status} {quoted}".strip()
    means = f" ({text})" if (text := meaning(report.status)) else ""
    answer = f" It said: {said}." if said else ""
    why = f" {report.get_cause_display()}." if report.cause else ""
    after = " Nothing is sent to this address any more." if report.acted else ""
    return Event(report.at, f"Came back: {report.get_kind_display().lower()}{means}.{why}{answer}{after}")
