"""What a mailing's state means, in words for staff: how it stands, why, and what to do next."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from subscribers.models import Delivery, Mailing, Subscriber
from tips.dates import in_words

_COLOURS = {
    Mailing.State.PREPARED: "to-come",
    Mailing.State.BUILDING: "to-come",
    Mailing.State.SENDING: "to-come",
    Mailing.State.SENT: "public",
    Mailing.State.PAUSED: "withdrawn",
    Mailing.State.HELD: "in-review",
    Mailing.State.CANCELLED: "cancelled",
}
# A worker looks every second or so; what has waited longer than this has no worker.
_SOON = timedelta(minutes=2)


@dataclass(frozen=True)
class Status:
    """How a mailing stands: a ``colour`` (of the desk's states), a word, a sentence, and what to do next."""

    colour: str
    word: str
    sentence: str
    advice: str


def describe(mailing, now=None, *, held=0):
    """Return the Status of a mailing; ``held`` is how many of its deliveries wait for a person."""
    now = now or timezone.now()
    colour, word = _COLOURS[mailing.state], Mailing.State(mailing.state).label
    if mailing.trouble and mailing.state == Mailing.State.SENDING:
        colour, word = "in-review", "Sending, waits"
    sentence, advice = _SENTENCES[mailing.state](mailing, now)
    if held and mailing.state in Mailing.SENDS_AGAIN:
        one = held == 1
        advice = (
            f"{held} {'is' if one else 'are'} uncertain for the second time: say whether to send"
            f" {'it' if one else 'them'} again, or to count {'it' if one else 'them'} as sent. {advice}"
        ).strip()
    return Status(colour, word, sentence, advice)


def audience_ahead(mailing):
    """Return how many a mailing that is to begin would go to now, or None where that cannot be told."""
    if mailing.state not in (Mailing.State.PREPARED, Mailing.State.HELD) or mailing.kind != Mailing.Kind.TIP:
        return None
    return Subscriber.objects.reachable(timezone.localdate()).count()


def time_left(left):
    """Return a span of time (a timedelta or None) as people say it, rounded up; "" for None."""
    if left is None:
        return ""
    minutes = max(1, -(-int(left.total_seconds()) // 60))
    if minutes == 1:
        return "about a minute left"
    if minutes < 120:
        return f"about {minutes} minutes left"
    return f"about {-(-minutes // 60)} hours left"


def counts(progress):
    """Return what a mailing's page counts, as (name, words, number), of its ``mailings.Progress``."""
    states, delivery = progress.states, Delivery.State
    return [
        ("sent", "sent", states[delivery.SENT]),
        ("deferred", "put off", states[delivery.DEFERRED]),
        ("refused", "refused", states[delivery.REFUSED]),
        ("uncertain", "uncertain", states[delivery.UNCERTAIN]),
        ("skipped", "skipped", states[delivery.SKIPPED]),
        ("remaining", "remaining", progress.remaining),
    ]


def _prepared(mailing, now):
    when = in_words(mailing.starts_at)
    if mailing.starts_at > now:
        return (
            f"It begins on {when}.",
            f"Stop is certain until {when}. If all is well, there is nothing to do.",
        )
    if now - mailing.starts_at < _SOON:
        return f"It should begin this moment: its time was {when}.", ""
    return (
        f"It should have begun on {when}, and has not.",
        "No worker seems to send mail. Look at “Is Tuesday safe?” for the reason.",
    )


def _opening(mailing, now):
    made = f"{mailing.audience} so far" if mailing.audience else "it begins this moment"
    return f"The list of its receivers is being made ({made}); sending follows by itself.", ""


def _sending(mailing, now):
    if mailing.trouble:
        trouble = mailing.trouble.rstrip(".")
        return (
            f"It waits: {trouble}.",
            "It goes on by itself once that is over. Mend it if you can; nobody loses their mail.",
        )
    return f"It has been on its way since {in_words(mailing.started_at)}.", ""


def _sent(mailing, now):
    ended = f", {in_words(mailing.ended_at)}" if mailing.ended_at else ""
    return f"Everybody was dealt with{ended}.", ""


def _paused(mailing, now):
    reason = mailing.reason or "No reason was noted."
    if mailing.by_id:
        return reason, "Resume it when it may go on; nobody gets it twice."
    if mailing.tripped_from:
        advice = "See to the cause first, then resume: who was refused in the last stretch is tried again."
    else:
        advice = "See to the cause first; then resume it, or cancel it."
    return f"It stopped itself. {reason}", advice


def _held(mailing, now):
    # Some reasons say what to do themselves, in a list of their own; here that follows anyhow.
    reason = mailing.reason.removesuffix(" Release or cancel it.") or "It waits for somebody to decide."
    return reason, "Release it to send it after all, or cancel it."


def _cancelled(mailing, now):
    reason = mailing.reason or "It was cancelled."
    if mailing.started_at:
        return reason, "Nothing more goes out. Whoever had got it by then can be sent a correction."
    return reason, "It went to nobody."


_SENTENCES = {
    Mailing.State.PREPARED: _prepared,
    Mailing.State.BUILDING: _opening,
    Mailing.State.SENDING: _sending,
    Mailing.State.SENT: _sent,
    Mailing.State.PAUSED: _paused,
    Mailing.State.HELD: _held,
    Mailing.State.CANCELLED: _cancelled,
}
