"""How a mailing stands, in words for staff: its state, why, what to do next, and how far it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from subscribers.mailings import reach
from subscribers.models import Delivery, DeliveryCount, Mailing, SubscriberCount
from subscribers.recovery import doubts
from tips.dates import short

# A worker looks every second or so; what has waited longer than this has no worker.
_SOON = timedelta(minutes=2)
# The time left is reckoned by the pace of so many minutes.
_RECENTLY = timedelta(minutes=5)
# No more deliveries are looked at for it.
_ENOUGH = 1000
_SHOWN = [Delivery.State(name) for name in "sent deferred refused uncertain skipped".split()]


@dataclass(frozen=True)
class Status:
    """How a mailing stands: a ``colour`` (of the desk's states), a word, a sentence, and what to do next."""

    colour: str
    word: str
    sentence: str
    advice: str


@dataclass(frozen=True)
class Progress:
    """How far a mailing is: its deliveries in each state, and the time left where that can be told."""

    audience: int
    states: dict[Delivery.State, int]
    remaining: int
    left: timedelta | None

    @property
    def percent(self) -> int:
        """How much is done, in whole percent; not 100 before all is."""
        done = self.audience - self.remaining
        return done * 100 // self.audience if self.audience else 0

    @property
    def counts(self) -> list[tuple[str, str, int]]:
        """The numbers of a mailing's page, as (name, words, number)."""
        counts = [(str(state), str(state.label).lower(), self.states[state]) for state in _SHOWN]
        return [*counts, ("remaining", "remaining", self.remaining)]

    @property
    def time_left(self) -> str:
        """The time left as people say it, rounded up; or ""."""
        if self.left is None:
            return ""
        minutes = max(1, -(-int(self.left.total_seconds()) // 60))
        if minutes == 1:
            return "about a minute left"
        return f"about {minutes} minutes left" if minutes < 120 else f"about {-(-minutes // 60)} hours left"


def describe(mailing: Mailing, now: datetime | None = None, *, held: int = 0, waits_for: str = "") -> Status:
    """Return the Status of a mailing; ``held`` is how many of its deliveries wait for a person.

    ``waits_for`` is what ``waiting.waits_for`` says; lists, which ask that of no mailing, give nothing.
    """
    state = Mailing.State(mailing.state)
    colour, explain = _STATES[state]
    word = str(state.label)
    if mailing.trouble and state == Mailing.State.SENDING:
        colour, word = "in-review", "Sending, waits"
    sentence, advice = explain(mailing, now or timezone.now())
    if waits_for and not mailing.trouble:
        colour, word, sentence = "in-review", f"{word}, waits", f"{sentence} It waits: {waits_for}"
        advice = "It goes on by itself once that is over; nobody loses their mail."
    if mailing.cause == Mailing.Cause.RESTORED:
        # Its advice names the uncertain ones too.
        return Status(colour, word, *_restored(mailing))
    if held and state in Mailing.SENDS_AGAIN:
        are, them = ("is", "it") if held == 1 else ("are", "them")
        uncertain = f"{held} {are} uncertain for the second time: send {them} again, or count {them} as sent."
        advice = f"{uncertain} {advice}".strip()
    return Status(colour, word, sentence, advice)


def progress(mailing: Mailing, now: datetime | None = None) -> Progress:
    """Return the Progress of a mailing."""
    counts = DeliveryCount.objects.of([mailing.pk])[mailing.pk]
    held = counts[DeliveryCount.HELD]
    states = {state: counts[state] for state in _SHOWN}
    states[Delivery.State.UNCERTAIN] += held
    done = states[Delivery.State.SENT] + states[Delivery.State.REFUSED] + states[Delivery.State.SKIPPED]
    # Its audience may be older than the counts by a moment.
    remaining = max(mailing.audience - done - held, 0)
    left = None
    if mailing.state == Mailing.State.SENDING and mailing.started_at and remaining:
        left = _time_left(mailing, remaining, mailing.started_at, now or timezone.now())
    return Progress(mailing.audience, states, remaining, left)


def _time_left(mailing: Mailing, remaining: int, started_at: datetime, now: datetime) -> timedelta | None:
    """Return how long the rest takes at the pace of the last minutes; None where nothing went out in them."""
    since = max(now - _RECENTLY, started_at)
    settled = mailing.deliveries.filter(settled_at__gt=since, settled_at__lte=now).order_by("-settled_at")
    recent = list(settled.values_list("settled_at", flat=True)[:_ENOUGH])
    if not recent:
        return None
    # Of more, only the newest are looked at: a fast mailing settles a hundred thousand in these minutes.
    if len(recent) == _ENOUGH and recent[-1]:
        since = recent[-1]
    return (now - since) * remaining / len(recent)


def audience_ahead(mailing: Mailing) -> int | None:
    """Return about how many a mailing that is to begin would go to now, or None where that cannot be told.

    Of a long list it is everybody on it: who pauses or is suppressed is not looked for among a million.
    """
    if mailing.state not in (Mailing.State.PREPARED, Mailing.State.HELD) or mailing.kind != Mailing.Kind.TIP:
        return None
    return reach.reachable()


def _prepared(mailing: Mailing, now: datetime) -> tuple[str, str]:
    when = short(mailing.starts_at)
    if mailing.starts_at > now:
        advice = f"Stop is certain until {when}. If all is well, there is nothing to do."
        return f"It begins on {when}.", advice
    if now - mailing.starts_at < _SOON:
        return f"It should begin this moment: its time was {when}.", ""
    advice = "No worker seems to send mail. Look at “Is Tuesday safe?” for the reason."
    return f"It should have begun on {when}, and has not.", advice


def _building(mailing: Mailing, now: datetime) -> tuple[str, str]:
    made = f"{mailing.audience} so far" if mailing.audience else "it begins this moment"
    return f"The list of its receivers is being made ({made}); sending follows by itself.", ""


def _sending(mailing: Mailing, now: datetime) -> tuple[str, str]:
    if mailing.trouble:
        advice = "It goes on by itself once that is over. Mend it if you can; nobody loses their mail."
        return f"It waits: {mailing.trouble.rstrip('.')}.", advice
    return f"It has been on its way since {short(mailing.started_at or now)}.", ""


def _sent(mailing: Mailing, now: datetime) -> tuple[str, str]:
    ended = f", {short(mailing.ended_at)}" if mailing.ended_at else ""
    return f"Everybody was dealt with{ended}.", ""


def _paused(mailing: Mailing, now: datetime) -> tuple[str, str]:
    reason = mailing.reason or "No reason was noted."
    if mailing.by_id:
        return reason, "Resume it when it may go on; nobody gets it twice."
    tried = "resume: who was refused in the last stretch is tried again."
    advice = tried if mailing.tripped_from else "resume it, or cancel it."
    return f"It stopped itself. {reason}", f"See to the cause first, then {advice}"


def _held(mailing: Mailing, now: datetime) -> tuple[str, str]:
    reason = mailing.reason or "It waits for somebody to decide."
    return reason, "Release it to send it after all, or cancel it."


def _restored(mailing: Mailing) -> tuple[str, str]:
    if not mailing.started_at:
        who = f"any of the {SubscriberCount.objects.confirmed()} on the list"
        if mailing.corrects_id:
            who = "any of those who got what it corrects"
        sentence = f"It may have gone out after the backup that was restored here: {who} may have it."
        ask = "Ask somebody who gets the tips, or look into the mail server’s log."
        advice = f"{ask} If it went out, cancel it; if it did not, send it to all."
        return _with_reason(sentence, mailing), advice
    now = doubts.reached(mailing)
    sentence = (
        "It was under way at the backup that was restored here, and may have gone on since:"
        f" {now.sent} have it, and {now.in_doubt} may have it already. Of these, {now.tried} were tried,"
        f" and {now.untried} never, as far as this database and its journal know."
    )
    if now.is_list_open:
        sentence += " Its list was not complete: others may have it who are not counted here."
    advice = "Send it to nobody more, to those never tried, or to all; whoever has it already gets it twice."
    return _with_reason(sentence, mailing), advice


def _with_reason(sentence: str, mailing: Mailing) -> str:
    """Return a sentence, with what was noted of the mailing before the restore."""
    return f"{sentence} Noted before: {mailing.reason}" if mailing.reason else sentence


def _cancelled(mailing: Mailing, now: datetime) -> tuple[str, str]:
    reason = mailing.reason or "It was cancelled."
    if mailing.started_at:
        return reason, "Nothing more goes out. Whoever had got it by then can be sent a correction."
    return reason, "It went to nobody."


# {state: (its colour, the function that returns sentence and advice)}
_STATES = {
    Mailing.State.PREPARED: ("to-come", _prepared),
    Mailing.State.BUILDING: ("to-come", _building),
    Mailing.State.SENDING: ("to-come", _sending),
    Mailing.State.SENT: ("public", _sent),
    Mailing.State.PAUSED: ("withdrawn", _paused),
    Mailing.State.HELD: ("in-review", _held),
    Mailing.State.CANCELLED: ("cancelled", _cancelled),
}
