"""Verbs that move the queue, done to several tips at once: as they were foreseen, or not at all.

What will follow is found by doing it: the verb is done to one tip after the other, in one transaction under
the queue's lock, and all is taken back unless the person has seen just that. So the page that asks and the
verb cannot say different things. A tip that refuses does not keep the others from it; it is named.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from desk.errors import NotPermitted, Refused
from desk.foresight import Foresight, Step
from tips import dates
from tips.models import Tip
from tips.publishing import (
    comment_threads,
    consequences,
    editing,
    foresight,
    preconditions,
    questions,
    queue_steps,
    workflow,
)
from tips.schedule import queue, queue_lock
from tips.schedule.forecast import Moves, holders


@dataclass(frozen=True)
class Done:
    """A tip that a verb was done to: as it was, as it is, and what the verb said.

    ``along`` says what else goes with it.
    """

    was: Tip
    tip: Tip
    sentence: str
    along: str = ""


@dataclass(frozen=True)
class Together:
    """A verb for several tips: what it is called, what runs, and the Step that tells of one tip.

    ``step`` is called with what was done, what is foreseen elsewhere, and the moment. ``stand_ins`` are the
    answers with which it is tried before a person has given any. Where it ``inspects``, the page
    shows what ``questions.of`` finds. ``along`` is asked before the verb what else goes with a tip.
    """

    label: str
    run: Callable[..., str]
    step: Callable[[Done, consequences.Outlook, datetime], Step]
    leave: str
    stand_ins: Mapping[str, object]
    inspects: bool = False
    along: Callable[[Tip], str] = lambda tip: ""


@dataclass(frozen=True)
class Outcome:
    """What becomes of several tips: those it is ``done`` to, and why the others refuse.

    ``looks`` are what ``questions.of`` finds, in sentences that name the tip. Only where ``is_kept``
    it was done; else it would be.
    """

    done: Sequence[Done]
    refused: Sequence[str]
    looks: Sequence[str]
    foresight: Foresight
    is_kept: bool


def do(
    together: Together,
    tips: Sequence[Tip],
    stamps: Mapping[str, str],
    *,
    by: User,
    foreseen: str,
    answers: Mapping[str, object] | None = None,
) -> Outcome:
    """Do a verb to tips in their order, where what follows has the key ``foreseen``; return what follows.

    ``stamps`` are those of the tips as the person saw them, by primary key. Without ``answers``, nothing is
    kept.
    """
    with transaction.atomic():
        # From here on nobody saves a tip, nor moves one.
        queue_lock.lock()
        now = timezone.now()
        before = {tip: tip.moment for tip in _holding(now)}
        given = together.stand_ins if answers is None else answers
        done: list[Done] = []
        refused: list[str] = []
        looks: list[str] = []
        locked = Tip.objects.select_for_update(of=("self",)).in_bulk([tip.pk for tip in tips])
        for shown in _overdue_last(tips, now):
            tip = locked.get(shown.pk)
            try:
                if tip is None or tip.stamp != stamps.get(str(tip.pk)):
                    raise preconditions.overtaken(shown)
                faults = questions.of(tip) if together.inspects else []
                was, along = copy.copy(tip), together.along(tip)
                with transaction.atomic():
                    sentence = together.run(tip, **given, by=by)
            except (NotPermitted, Refused) as refusal:
                refused.append(str(refusal))
            else:
                done.append(Done(was, tip, sentence, along))
                looks += [f"“{tip}”: {fault.sentence}" for fault in faults]
        seen = _foresee(together, done, refused, before, by, now)
        is_kept = answers is not None and bool(done) and seen.key == foreseen
        if not is_kept:
            transaction.set_rollback(True)
    return Outcome(done, refused, looks, seen, is_kept)


def _holding(now: datetime) -> list[Tip]:
    return list(holders(now).only("id", "title", "state", "publish_at", "pinned", "undated"))


def _overdue_last(tips: Sequence[Tip], now: datetime) -> list[Tip]:
    """Return tips in the order in which they are taken: each whose day has passed goes to the front."""
    overdue = [tip for tip in tips if tip.publish_at and tip.publish_at <= now]
    return [
        *(tip for tip in tips if tip not in overdue),
        *sorted(overdue, key=lambda tip: tip.moment, reverse=True),
    ]


def _foresee(
    together: Together,
    done: Sequence[Done],
    refused: Sequence[str],
    before: Mapping[Tip, datetime],
    by: User,
    now: datetime,
) -> Foresight:
    """Return what follows from what was done, as the page says it before it is kept."""
    acted = {each.was for each in done}
    # One that was done first may have moved with those that came behind it; one that is deleted is not there.
    current = Tip.objects.in_bulk([tip.pk for tip in acted])
    after = {tip: tip.moment for tip in _holding(now) if tip in before and tip not in acted}
    moves: Moves = {tip: (before[tip], at) for tip, at in after.items() if before[tip] != at}
    steps, keys = [], []
    for each in done:
        tip = current.get(each.was.pk)
        each.tip.publish_at = tip.publish_at if tip else None
        seen = consequences.outlook(each.was, tip, now) if tip else consequences.Outlook()
        at = each.tip.publish_at or each.was.publish_at
        steps.append((at or now, each.was.pk, together.step(each, seen, now)))
        keys.append(f"{each.was.pk} {at} {seen.key} {each.along}")
    words = f"{together.label} {queue_steps.count(len(done))}"
    key = sha256("\n".join([*sorted(keys), queue_steps.moves_key(moves)]).encode()).hexdigest()
    in_order = [step for *_, step in sorted(steps, key=lambda each: each[:2])]
    return Foresight(
        words,
        f"{words}?",
        steps=[*in_order, *queue_steps.moved(by, moves)],
        leave=together.leave,
        key=key,
    )


# --- The verbs ----------------------------------------------------------------------------------------


def _approved(each: Done, seen: consequences.Outlook, now: datetime) -> Step:
    at = each.tip.publish_at
    if at is None:
        return Step(foresight.at_once(now), f"Readers see “{each.tip}”", seen.sentence)
    passed = bool(each.was.publish_at and each.was.publish_at <= now)
    first = " Its day has passed, so that it goes first." if passed else ""
    return Step(dates.short(at, now), f"“{each.tip}” goes live", foresight.goes_live(seen) + first)


def _withdrawn(each: Done, seen: consequences.Outlook, now: datetime) -> Step:
    if each.was.is_published:
        return Step(foresight.at_once(now), f"Readers see “{each.tip}” no more", seen.sentence)
    return Step(dates.short(each.was.moment, now), f"“{each.tip}” leaves its week", seen.sentence)


def _planned(each: Done, seen: consequences.Outlook, now: datetime) -> Step:
    when = dates.short(each.tip.moment, now)
    return Step(when, f"“{each.tip}” is planned", "It appears only if it is approved by then.")


def _delete(tip: Tip, *, by: User) -> str:
    """Delete a tip, with an entry in the log, or neither."""
    LogEntry.objects.log_actions(by.pk, [tip], DELETION)
    editing.delete(tip, by=by)
    return "Deleted."


def _deleted(each: Done, seen: consequences.Outlook, now: datetime) -> Step:
    at = each.was.publish_at
    held = f"It gives its week back, {dates.short(at, now)}." if at and at > now else ""
    return Step("", f"“{each.tip}” is deleted", f"{held} {each.along}".strip())


def _comments_along(tip: Tip) -> str:
    number = tip.editorial_comments.count()
    return f"{comment_threads.counted(number)} {'goes' if number == 1 else 'go'} with it." if number else ""


APPROVE = Together(
    "Approve",
    workflow.approve,
    _approved,
    "Leave them in review",
    {"override": "Not said yet."},
    inspects=True,
)
WITHDRAW = Together(
    "Withdraw", workflow.withdraw, _withdrawn, "Leave them as they are", {"reason": "Not said yet."}
)
PLAN = Together("Plan", queue.plan, _planned, "Leave them without a day", {})
DELETE = Together("Delete", _delete, _deleted, "Leave them as they are", {}, along=_comments_along)
