"""What becomes of the queue by a verb, as steps of a line of time; and what the calendar's moves do."""

from datetime import datetime
from itertools import islice

from django.contrib.auth.models import User
from django.utils import timezone

from desk.foresight import Foresight, Step
from tips import dates
from tips.models import Tip, TipState
from tips.permissions import CHANGE_ANY
from tips.schedule.forecast import Forecast, Moves, floats


def changed(user: User, tip: Tip, before: Forecast, after: Forecast, press: str) -> Foresight:
    """Say what a move of a tip does, by the queue before it and after it; ``press`` is its button's word.

    It ``asks`` where it takes back what stood: the next slot had an approved tip and loses it, or gets
    another by a pin, or a tip that floats has to make room for one that is pinned, or one of the two coming
    slots has no tip any more. It asks as well where another tip goes live within a day than before, or where
    the next slot is mailed now and was not, or the reverse.
    """
    was = {held: held.moment for held in before.holding}
    stands = next((held for held in after.holding if held == tip), None)
    moves = {
        held: (was[held], held.moment)
        for held in after.holding
        if held != tip and was.get(held, held.moment) != held.moment
    }
    following = next(before.open_slots(()), None)
    promised = _approved(before, following.at) if following else None
    instead = _approved(after, following.at) if following else None
    is_other = following is not None and instead != promised
    is_other_mail = bool(promised and instead and promised.for_mail != instead.for_mail)
    is_named_first = following and instead and is_other and (is_other_mail or instead != tip)
    # Of the tip that is named first, the step below has said where it goes.
    steps = moved(user, {held: at for held, at in moves.items() if not (is_named_first and held == instead)})
    if stands and not (is_named_first and stands == instead):
        is_approved = stands.state == TipState.APPROVED
        risk = "" if is_approved else "It appears only if it is approved by then."
        title = f"“{tip}” {'goes live' if is_approved else 'is planned'}"
        steps.insert(0, Step(dates.short(stands.moment), title, risk))
    is_pin = bool(stands and not floats(stands))
    held_then = {held.moment for held in after.holding}
    lost = promised is not None and (instead is None or (is_pin and instead != promised))
    if following and lost and instead is None and not (stands and stands.moment == following.at):
        steps.append(
            Step(dates.short(following.at), "Nothing goes live", "The next slot has no approved tip.")
        )
    emptied = [slot.at for slot in islice(before.open_slots(()), 2) if slot.at in {*was.values()} - held_then]
    steps += [
        Step(dates.short(at), f"{dates.short_day(at)} is free then", "No tip is planned for that week.")
        for at in emptied
        if not (lost and following and at == following.at)
    ]
    is_soon = following is not None and following.at - before.now <= dates.DAY
    if following and instead and is_named_first:
        steps.insert(0, _goes_live_instead(user, instead, following.at, is_other_mail))
    gives_way = bool(stands and is_pin and is_displacing(moves, stands.moment))
    label = f"{press}, and move {count(len(moves))}" if gives_way else press
    key = f"{stands.moment.isoformat() if stands else ''} {moves_key(moves)}".strip()
    asks = lost or bool(emptied) or gives_way or (is_other and is_soon) or is_other_mail
    return Foresight(label, f"{label}?", steps=steps, key=key, asks=asks)


def _goes_live_instead(user: User, tip: Tip, at: datetime, is_other_mail: bool) -> Step:
    """Return the step that names the next tip, and says of its mail where that is other than before."""
    mailed = "By mail, too." if tip.for_mail else "Nobody gets it by mail: it is marked as not for mail."
    title = f"{_named(user, tip)} goes live next"
    return Step(dates.short(at), title[0].upper() + title[1:], mailed if is_other_mail else "")


def _approved(forecast: Forecast, at: datetime) -> Tip | None:
    """Return the approved tip that holds the slot of a moment, if one does."""
    return next(
        (held for held in forecast.holding if held.moment == at and held.state == TipState.APPROVED), None
    )


def skip(user: User, at: datetime) -> Foresight:
    """Foresee that the slot at a moment is skipped."""
    forecast = Forecast.load()
    held = next((tip for tip in forecast.holding if tip.publish_at == at and not floats(tip)), None)
    if held:
        first = "Pin it to another week, or let it float, before you skip this one."
        title = f"{_named(user, held)} is pinned here"
        return Foresight("Skip this week", steps=[Step(dates.short(at), title[0].upper() + title[1:], first)])
    step = Step(dates.short(at), "Nothing goes live", "Nothing is mailed, and no alert is sent.")
    return Foresight("Skip this week", steps=[step, *moved(user, forecast.skipped(at))])


def _named(user: User, tip: Tip) -> str:
    return f"“{tip}”" if user.has_perm(CHANGE_ANY) else "another tip"


def count(number: int) -> str:
    """Return a number of tips in words."""
    return "1 tip" if number == 1 else f"{number} tips"


def moves_key(moves: Moves) -> str:
    """Return what a forecast of moves depends on, as the key of a Foresight."""
    return ",".join(f"{tip.pk}:{at.isoformat()}" for tip, (_, at) in moves.items())


def is_displacing(moves: Moves, at: datetime) -> bool:
    """Tell whether a tip that stood at a moment has to make room there."""
    return any(before == at for before, _ in moves.values())


def _more(number: int) -> str:
    return "1 more tip moves" if number == 1 else f"{number} more tips move"


def moved(user: User, moves: Moves) -> list[Step]:
    """Return the step that says which tip goes where, and how many go with it."""
    if not moves:
        return []
    first = min(moves, key=lambda tip: moves[tip][1])
    _, after = moves[first]
    more = len(moves) - 1
    rest = f"{_more(more)} with it." if more else ""
    title = f"{_named(user, first)} moves to {dates.short(after)}"
    return [Step("", title[0].upper() + title[1:], rest)]


def freed(user: User, tip: Tip, now: datetime) -> list[Step]:
    """Return the step that says what becomes of the week that a tip leaves, if it has one."""
    at, forecast = tip.publish_at, Forecast.load()
    if at is None or at <= forecast.settled_until or forecast.table.at(at) is None:
        return []
    moves = forecast.without(tip)
    heir = next((held for held, (_, after) in moves.items() if after == at), None)
    if heir:
        more = len(moves) - 1
        rest = f", and {_more(more)} up" if more else ""
        title = f"{_named(user, heir)} takes that week"
        detail = f"It moves up from {dates.short(moves[heir][0])}{rest}."
        return [Step(when(at, now), title[0].upper() + title[1:], detail)]
    following = forecast.after(at)
    detail = "Nothing waits behind it."
    if following and not floats(following):
        detail = f"Nothing moves up: {_named(user, following)} is pinned to {dates.short(following.moment)}."
    return [Step(when(at, now), "That week is free again", detail)]


def when(at: datetime, now: datetime) -> str:
    """Return when a step follows: the hour alone, where it is today."""
    is_today = timezone.localdate(at) == timezone.localdate(now)
    return dates.clock(at) if is_today else dates.short(at, now)
