"""What the verbs over a tip will do, for their buttons and for the pages that ask first.

Nothing is locked and nothing is changed. Each function takes who would do the verb, and the tip as it stands.
"""

import copy
from datetime import UTC, datetime

from django.contrib.auth.models import User
from django.utils import timezone

from desk.errors import WrongState
from desk.foresight import Foresight, Step
from desk.names import person
from tips import dates
from tips.models import Tip, TipState
from tips.publishing import consequences, queue_steps
from tips.publishing.consequences import Outlook
from tips.publishing.workflow import may_approve_next, was_public
from tips.schedule.forecast import Forecast, Moves

_ON_THE_SITE = "On the site, in the lists and in the feeds."


def submit(user: User, tip: Tip) -> Foresight:
    sentence = "An editor reads it next. You can take it back until an editor has opened it."
    if may_approve_next(user, tip):
        sentence = "It is in review then: approve it yourself, or leave that to another editor."
    return Foresight("Submit for review", "Submit it for review?", sentence=sentence, leave="Keep writing")


def take_back(user: User, tip: Tip) -> Foresight:
    sentence = "It is a draft again, and you can change it. Nobody else has begun to work on it."
    return Foresight("Take back", "Take it back?", sentence=sentence, leave="Leave it in review")


def assign(user: User, tip: Tip) -> Foresight:
    sentence = "It waits for that editor then. Every other editor can still see to it."
    return Foresight("Assign", "Which editor sees to it?", sentence=sentence, leave="Leave it as it is")


def set_due_day(user: User, tip: Tip) -> Foresight:
    sentence = "Its author sees the day with the draft. Nothing happens by itself on that day."
    return Foresight("Set the day", "By when is it to be submitted?", sentence=sentence)


def approve(user: User, tip: Tip) -> Foresight:
    now = timezone.now()
    at: datetime | None = None
    moves: Moves = {}
    if not tip.undated:
        try:
            at, _, moves = Forecast.load().approved(tip)
        except WrongState as refusal:
            return Foresight("Approve", "Approve it?", sentence=str(refusal))
    seen = _outlook(tip, now, state=TipState.APPROVED, publish_at=at)
    if at is None:
        steps = [Step(at_once(now), "Readers see it", "On the site, listed after all dated tips.")]
        words, sentence = "Approve, public at once", f"Readers see it at once. {seen.sentence}".strip()
    else:
        passed = bool(tip.publish_at and tip.publish_at <= now)
        front = f" Its day, {_day(tip)}, has passed, so that it goes first." if passed else ""
        steps = [Step(queue_steps.when(at, now), "Readers see it", _ON_THE_SITE + front)]
        words, sentence = f"Approve for {dates.short(at)}", goes_live(seen)
    return Foresight(
        words,
        f"{words}?".replace("Approve", "Approve it", 1),
        sentence=sentence,
        steps=[*steps, *seen.steps, *queue_steps.moved(user, moves)],
        leave="Leave it in review",
        key=_key(at, seen),
        asks=bool(moves),
    )


def publish_now(user: User, tip: Tip) -> Foresight:
    now = timezone.now()
    seen = _outlook(tip, now, state=TipState.APPROVED, publish_at=now)
    also = f", and {seen.press}" if seen.press else ""
    approves = "" if tip.state == TipState.APPROVED else " It counts as approved by you."
    steps = [Step(at_once(now), "Readers see it", f"{_ON_THE_SITE}{approves}"), *seen.steps]
    lead = ""
    if tip.publish_at and tip.publish_at > now:
        days = (timezone.localdate(tip.publish_at) - timezone.localdate(now)).days
        sooner = f" You would bring it forward by {days} day{'' if days == 1 else 's'}." if days else ""
        lead = f"It is planned for {dates.short(tip.publish_at)}.{sooner}"
        steps += queue_steps.freed(user, tip, now)
    return Foresight(
        f"Publish now{also}",
        f"Publish it now{also}?",
        lead,
        f"Readers see it at once. {seen.sentence}".strip(),
        steps,
        _leave(tip),
        key=seen.key,
    )


def schedule(user: User, tip: Tip, when: datetime | None = None) -> Foresight:
    """Foresee another day for a tip; without ``when``, what stands before a day is chosen."""
    now, label, question = timezone.now(), "Give it another day", "Give it another day?"
    lead = f"It is planned for {dates.short(tip.publish_at)}." if tip.publish_at else ""
    if when is None:
        sentence = "It stays approved, and appears on the new day instead."
        return Foresight(label, question, lead, sentence, leave=_leave(tip))
    forecast = Forecast.load()
    try:
        forecast.refuse_taken(tip, when)
        moves = forecast.pinned(tip, when)
    except WrongState:
        # The verb itself refuses, and says why.
        return Foresight(label, question, lead, leave=_leave(tip))
    seen = _outlook(tip, now, publish_at=when, pinned=True)
    is_displacing = queue_steps.is_displacing(moves, when)
    also = f", and move {queue_steps.count(len(moves))}" if is_displacing else ""
    return Foresight(
        f"Give it {dates.short(when)}{also}",
        f"Give it {dates.short(when)}{also}?",
        lead,
        goes_live(seen),
        [
            Step(queue_steps.when(when, now), "Readers see it", _ON_THE_SITE),
            *seen.steps,
            *queue_steps.moved(user, moves),
        ],
        _leave(tip),
        key=f"{_key(when, seen)} {queue_steps.moves_key(moves)}" if is_displacing else "",
        asks=is_displacing,
    )


def send_back(user: User, tip: Tip) -> Foresight:
    now = timezone.now()
    seen = _outlook(tip, now, state=TipState.DRAFT)
    to = f" to {person(tip.author)}" if tip.author else ""
    who = person(tip.author) if tip.author else "Its author"
    steps = [Step(at_once(now), "It is a draft again", f"{who} can change it, and reads your reason.")]
    if tip.state == TipState.APPROVED and tip.publish_at:
        risk = "It appears only if it is approved again by then."
        steps.append(Step(queue_steps.when(tip.publish_at, now), "Its week is at risk", risk))
    return Foresight(
        f"Send back{to}",
        f"Send it back{to}?",
        sentence="It appears only when it is approved anew.",
        steps=[*steps, *seen.steps],
        leave=_leave(tip),
    )


def withdraw(user: User, tip: Tip) -> Foresight:
    now = timezone.now()
    seen = _outlook(tip, now, state=TipState.WITHDRAWN)
    if tip.is_published:
        keeps = "" if tip.undated else " It keeps its day: reinstated, it stands there again."
        gone = f"It leaves every list and feed, and its page says that it is gone.{keeps}"
        return Foresight(
            "Withdraw",
            "Take it away from readers?",
            sentence=f"{gone} {seen.sentence}".strip(),
            steps=[Step(at_once(now), "Readers see it no more", gone), *seen.steps],
            leave="Leave it public",
        )
    gone = "Readers have not seen it, and are told nothing. Reinstated, it is a draft."
    return Foresight(
        "Withdraw",
        f"Withdraw it before its day, {_day(tip)}?",
        sentence=gone,
        steps=[
            Step(at_once(now), "It leaves its week", gone),
            *seen.steps,
            *queue_steps.freed(user, tip, now),
        ],
        leave=_leave(tip),
    )


def reinstate(user: User, tip: Tip) -> Foresight:
    now = timezone.now()
    if not was_public(tip):
        sentence = "It had not been public. It is a draft again, without a day."
        return Foresight("Reinstate as a draft", "Reinstate it as a draft?", sentence=sentence)
    seen = _outlook(tip, now, state=TipState.APPROVED)
    also = f", and {seen.press}" if seen.press else ""
    place = f"At its old day, {_day(tip)}." if tip.publish_at else "Undated, as it was."
    return Foresight(
        f"Reinstate{also}",
        f"Bring it back to readers{also}?",
        sentence=f"Readers see it again. {place} {seen.sentence}".strip(),
        steps=[Step(at_once(now), "Readers see it again", place), *seen.steps],
        leave="Leave it withdrawn",
        key=seen.key,
        asks=any(step.is_mail for step in seen.steps),
    )


def exclude(user: User, tip: Tip) -> Foresight:
    seen = _outlook(tip, timezone.now(), for_mail=False)
    site = "Readers see it on the site all the same. Only a publisher takes the mark back."
    return Foresight(
        "Mark as not for mail",
        "Keep it from being mailed?",
        sentence=f"{seen.sentence} {site}".strip(),
        lead=site,
        steps=seen.steps,
        leave="Leave it for mail",
    )


def release(user: User, tip: Tip) -> Foresight:
    seen = _outlook(tip, timezone.now(), for_mail=True)
    also = f", and {seen.press}" if seen.press else ""
    return Foresight(
        f"Lift “not for mail”{also}",
        f"Lift “not for mail”{also}?",
        sentence=seen.sentence,
        steps=seen.steps,
        leave="Leave it not for mail",
        key=seen.key,
    )


def afterwards(tip: Tip) -> str:
    """Return what follows now that a verb is done, in the words that were said before it."""
    now = timezone.now()
    seen = consequences.outlook(tip, tip, now)
    if tip.state == TipState.APPROVED and tip.publish_at and tip.publish_at > now:
        return goes_live(seen)
    return seen.sentence


def _outlook(tip: Tip, now: datetime, **changes: object) -> Outlook:
    after = copy.copy(tip)
    for name, value in changes.items():
        setattr(after, name, value)
    return consequences.outlook(tip, after, now)


def goes_live(seen: Outlook) -> str:
    """Return what follows for a tip that is to come."""
    by_mail = f" and {seen.clause}" if seen.clause else ""
    return f"Then it goes live on the site{by_mail}. {'' if by_mail else seen.sentence}".strip()


def _key(at: datetime | None, seen: Outlook) -> str:
    # In one zone, whether a form or the database gave the moment.
    return f"{at.astimezone(UTC).isoformat() if at else 'undated'} {seen.key}".strip()


def _leave(tip: Tip) -> str:
    if tip.state == TipState.IN_REVIEW:
        return "Leave it in review"
    return f"Leave it for {_day(tip)}" if tip.publish_at else "Leave it as it is"


def _day(tip: Tip) -> str:
    return dates.short_day(tip.moment)


def at_once(now: datetime) -> str:
    """Return when a step follows that follows at once."""
    return f"{dates.clock(now)}, now"
