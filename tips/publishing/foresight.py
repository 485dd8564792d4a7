"""What the verbs over a tip will do, for their buttons and for the pages that ask first.

Nothing is locked and nothing is changed. Each function takes who would do the verb, and the tip as it stands.
"""

import copy
from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone

from desk.errors import WrongState
from desk.foresight import Foresight, Step
from desk.names import person
from tips import dates
from tips.models import Tip, TipState
from tips.permissions import CHANGE_ANY
from tips.publishing import consequences
from tips.publishing.consequences import Outlook
from tips.publishing.workflow import was_public
from tips.schedule.forecast import Forecast, Moves
from tips.schedule.queue_lock import floats

_ON_THE_SITE = "On the site, in the lists and in the feeds."


def submit(user: User, tip: Tip) -> Foresight:
    sentence = "An editor reads it next. You can take it back until an editor has opened it."
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
    now, forecast = timezone.now(), Forecast()
    at: datetime | None = None
    moves: Moves = {}
    if not tip.undated:
        try:
            at, moves = forecast.approved(tip)
        except WrongState as refusal:
            return Foresight("Approve", "Approve it?", sentence=str(refusal))
    seen = _outlook(tip, now, state=TipState.APPROVED, publish_at=at)
    if at is None:
        steps = [Step(_at_once(now), "Readers see it", "On the site, listed after all dated tips.")]
        words, sentence = "Approve, public at once", f"Readers see it at once. {seen.sentence}".strip()
    else:
        passed = bool(tip.publish_at and tip.publish_at <= now)
        front = f" Its day, {_day(tip)}, has passed, so that it goes first." if passed else ""
        steps = [Step(_when(at, now), "Readers see it", _ON_THE_SITE + front)]
        words, sentence = f"Approve for {dates.short(at)}", _goes_live(seen)
    return Foresight(
        words,
        f"{words}?".replace("Approve", "Approve it", 1),
        sentence=sentence,
        steps=[*steps, *seen.steps, *_moved(user, moves)],
        leave="Leave it in review",
        key=_key(at, seen),
        asks=bool(moves),
    )


def publish_now(user: User, tip: Tip) -> Foresight:
    now = timezone.now()
    seen = _outlook(tip, now, state=TipState.APPROVED, publish_at=now)
    also = f", and {seen.press}" if seen.press else ""
    approves = "" if tip.state == TipState.APPROVED else " It counts as approved by you."
    steps = [Step(_at_once(now), "Readers see it", f"{_ON_THE_SITE}{approves}"), *seen.steps]
    lead = ""
    if tip.publish_at and tip.publish_at > now:
        days = (timezone.localdate(tip.publish_at) - timezone.localdate(now)).days
        sooner = f" You would bring it forward by {days} day{'' if days == 1 else 's'}." if days else ""
        lead = f"It is planned for {dates.short(tip.publish_at)}.{sooner}"
        steps += _freed(user, tip, now)
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
    forecast = Forecast(now)
    try:
        forecast.refuse_taken(tip, when)
        moves = forecast.pinned(tip, when)
    except WrongState:
        # The verb itself refuses, and says why.
        return Foresight(label, question, lead, leave=_leave(tip))
    seen = _outlook(tip, now, publish_at=when, pinned=True)
    is_displacing = _is_displacing(moves, when)
    also = f", and move {_count(len(moves))}" if is_displacing else ""
    return Foresight(
        f"Give it {dates.short(when)}{also}",
        f"Give it {dates.short(when)}{also}?",
        lead,
        _goes_live(seen),
        [Step(_when(when, now), "Readers see it", _ON_THE_SITE), *seen.steps, *_moved(user, moves)],
        _leave(tip),
        key=f"{_key(when, seen)} {_moves_key(moves)}" if is_displacing else "",
        asks=is_displacing,
    )


def send_back(user: User, tip: Tip) -> Foresight:
    now = timezone.now()
    seen = _outlook(tip, now, state=TipState.DRAFT)
    to = f" to {person(tip.author)}" if tip.author else ""
    who = person(tip.author) if tip.author else "Its author"
    steps = [Step(_at_once(now), "It is a draft again", f"{who} can change it, and reads your reason.")]
    if tip.state == TipState.APPROVED and tip.publish_at:
        risk = "It appears only if it is approved again by then."
        steps.append(Step(_when(tip.publish_at, now), "Its week is at risk", risk))
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
            steps=[Step(_at_once(now), "Readers see it no more", gone), *seen.steps],
            leave="Leave it public",
        )
    gone = "Readers have not seen it, and are told nothing. Reinstated, it is a draft."
    return Foresight(
        "Withdraw",
        f"Withdraw it before its day, {_day(tip)}?",
        sentence=gone,
        steps=[Step(_at_once(now), "It leaves its week", gone), *seen.steps, *_freed(user, tip, now)],
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
        steps=[Step(_at_once(now), "Readers see it again", place), *seen.steps],
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
        return _goes_live(seen)
    return seen.sentence


def pin(user: User, tip: Tip, at: datetime) -> Foresight:
    """Foresee that a tip is pinned to the slot at a moment; ``asks`` where another has to make room."""
    moves = Forecast().pinned(tip, at)
    is_displacing = _is_displacing(moves, at)
    label = f"Pin it, and move {_count(len(moves))}" if is_displacing else "Pin it"
    return Foresight(label, steps=_moved(user, moves), key=_moves_key(moves), asks=is_displacing)


def skip(user: User, at: datetime) -> Foresight:
    """Foresee that the slot at a moment is skipped."""
    forecast = Forecast()
    held = next((tip for tip in forecast.holding if tip.publish_at == at and not floats(tip)), None)
    if held:
        first = "Pin it to another week, or let it float, before you skip this one."
        title = f"{_named(user, held)} is pinned here"
        return Foresight("Skip this week", steps=[Step(dates.short(at), title[0].upper() + title[1:], first)])
    step = Step(dates.short(at), "Nothing goes live", "Nothing is mailed, and no alert is sent.")
    return Foresight("Skip this week", steps=[step, *_moved(user, forecast.skipped(at))])


def _outlook(tip: Tip, now: datetime, **changes: object) -> Outlook:
    after = copy.copy(tip)
    for name, value in changes.items():
        setattr(after, name, value)
    return consequences.outlook(tip, after, now)


def _goes_live(seen: Outlook) -> str:
    """Return what follows for a tip that is to come."""
    by_mail = f" and {seen.clause}" if seen.clause else ""
    return f"Then it goes live on the site{by_mail}. {'' if by_mail else seen.sentence}".strip()


def _key(at: datetime | None, seen: Outlook) -> str:
    return f"{at.isoformat() if at else 'undated'} {seen.key}".strip()


def _leave(tip: Tip) -> str:
    if tip.state == TipState.IN_REVIEW:
        return "Leave it in review"
    return f"Leave it for {_day(tip)}" if tip.publish_at else "Leave it as it is"


def _day(tip: Tip) -> str:
    return dates.short_day(tip.moment)


def _at_once(now: datetime) -> str:
    return f"{timezone.localtime(now):%H:%M}, now"


def _when(at: datetime, now: datetime) -> str:
    """Return when a step follows: the hour alone, where it is today."""
    is_today = timezone.localdate(at) == timezone.localdate(now)
    return f"{timezone.localtime(at):%H:%M}" if is_today else dates.short(at, now)


# --- What the queue moves -------------------------------------------------------------------------------


def _named(user: User, tip: Tip) -> str:
    return f"“{tip}”" if user.has_perm(CHANGE_ANY) else "another tip"


def _count(number: int) -> str:
    return "1 tip" if number == 1 else f"{number} tips"


def _moves_key(moves: Moves) -> str:
    return ",".join(f"{tip.pk}:{at.isoformat()}" for tip, (_, at) in moves.items())


def _is_displacing(moves: Moves, at: datetime) -> bool:
    return any(before == at for before, _ in moves.values())


def _more(number: int) -> str:
    return "1 more tip moves" if number == 1 else f"{number} more tips move"


def _moved(user: User, moves: Moves) -> list[Step]:
    """Return the step that says which tip goes where, and how many go with it."""
    if not moves:
        return []
    first = min(moves, key=lambda tip: moves[tip][1])
    _, after = moves[first]
    more = len(moves) - 1
    rest = f"{_more(more)} with it." if more else ""
    title = f"{_named(user, first)} moves to {dates.short(after)}"
    return [Step("", title[0].upper() + title[1:], rest)]


def _freed(user: User, tip: Tip, now: datetime) -> list[Step]:
    """Return the step that says what becomes of the week that a tip leaves, if it has one."""
    at, forecast = tip.publish_at, Forecast(now)
    if at is None or at <= forecast.settled_until or forecast.table.at(at) is None:
        return []
    moves = forecast.without(tip)
    heir = next((held for held, (_, after) in moves.items() if after == at), None)
    if heir:
        more = len(moves) - 1
        rest = f", and {_more(more)} up" if more else ""
        title = f"{_named(user, heir)} takes that week"
        detail = f"It moves up from {dates.short(moves[heir][0])}{rest}."
        return [Step(_when(at, now), title[0].upper() + title[1:], detail)]
    following = forecast.after(at)
    detail = "Nothing waits behind it."
    if following and not floats(following):
        detail = f"Nothing moves up: {_named(user, following)} is pinned to {dates.short(following.moment)}."
    return [Step(_when(at, now), "That week is free again", detail)]
