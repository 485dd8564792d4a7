"""The verbs that change the weekly slot: for one week, or by a rule from a date on.

They take and return what the verbs of ``queue`` do. A slot is named by its ``day``, a date (``Slot.day``).
"""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.dates import WEEKDAYS

from desk.errors import Overtaken, WrongState, require_reason
from desk.log import log
from tips import dates
from tips.models import SlotAction, SlotException, SlotRule, Tip
from tips.schedule import undo
from tips.schedule.queue_lock import QueueSession, Seen, planning_session
from tips.schedule.slots import Slot, Timetable

# --- One week ---------------------------------------------------------------------------------------


def skip(day: date, reason: str, *, by: User, seen: Seen) -> str:
    """Skip the week of a slot, with a reason: the queue moves on by a week, and no alert is sent."""
    with planning_session(by, seen) as session:
        reason = require_reason(reason, "why", "the calendar")
        slot = session.coming_slot(day)
        if slot.skipped:
            raise WrongState(f"{slot} is skipped already.")
        if held := [tip for tip in session.holding() if tip.publish_at == slot.at and tip.pinned]:
            raise WrongState(f"{slot} is held by “{held[0]}”. Pin it to another slot, or unpin it, first.")
        _except(session, slot, None, reason)
        session.reschedule()
        followed = session.record(f"skipped {slot}", before=undo.snapshot(session, slot))
        return f"{slot} is skipped.{followed}"


def unskip(day: date, *, by: User, seen: Seen) -> str:
    """Take back that a week is skipped; the queue moves up. The slot stands at its regular moment again."""
    with planning_session(by, seen) as session:
        slot = session.coming_slot(day)
        if not slot.skipped:
            raise WrongState(f"{slot} is not skipped.")
        _restore(session, slot)
        session.reschedule()
        change = f"took back that {slot} is skipped"
        return f"{slot} is a slot again.{session.record(change, before=undo.snapshot(session, slot))}"


def move_slot(day: date, when: datetime, reason: str, *, by: User, seen: Seen) -> str:
    """Move a slot within its week to another moment (an aware datetime), with a reason; its tip goes along.

    The slot's regular moment takes an earlier move back.
    """
    with planning_session(by, seen) as session:
        reason = require_reason(reason, "why", "the calendar")
        slot = session.coming_slot(day)
        when = when.replace(second=0, microsecond=0)
        if slot.skipped:
            raise WrongState(f"{slot} is skipped. Take that back before you move it.")
        session.refuse_settled(when, dates.short(when))
        monday, sunday = dates.week(slot.day)
        if not monday <= when.astimezone(ZoneInfo(slot.zone)).date() <= sunday:
            week = f"{dates.short_day(monday)} to {dates.short_day(sunday)}"
            raise WrongState(
                f"A slot moves within its week only, {week}. Or skip it, or pin the tip elsewhere."
            )
        if when == slot.at:
            raise WrongState(f"The slot stands at {slot} already.")
        session.forecast().refuse_taken(Tip(), when)
        held = [tip for tip in session.holding() if tip.publish_at == slot.at]
        if when == slot.regular:
            _restore(session, slot)
        else:
            _except(session, slot, when, reason)
        session.refuse_disorder(slot.day)
        for tip in held:
            (session.repin if tip.pinned else session.write)({tip: when})
        session.reschedule()
        moved = f"{slot} to {dates.short(when)}"
        followed = session.record(f"moved the slot of {moved}", before=undo.snapshot(session, slot))
        return f"Moved the slot of {moved}.{followed}"


def _except(session: QueueSession, slot: Slot, moved_to: datetime | None, reason: str) -> None:
    """Write a move of a slot, or that it is skipped, for want of a moment that it is ``moved_to``."""
    session.week_before = undo.week_before(slot)
    kind = SlotException.Kind.MOVE if moved_to else SlotException.Kind.SKIP
    fields = {"kind": kind, "moved_to": moved_to, "reason": reason, "by": session.by, "at": session.now}
    exception, _ = SlotException.objects.update_or_create(day=slot.day, defaults=fields)
    log(session.by, exception, SlotAction.MOVED if moved_to else SlotAction.SKIPPED, reason)
    session.table = Timetable.load()


def _restore(session: QueueSession, slot: Slot) -> None:
    session.week_before = undo.week_before(slot)
    exception = SlotException.objects.get(day=slot.day)
    log(session.by, exception, SlotAction.RESTORED, "Taken back: the slot stands at its regular moment.")
    exception.delete()
    session.table = Timetable.load()


# --- The rule ---------------------------------------------------------------------------------------


def change_rule(from_date: date, weekday: int, time: time, zone: str, *, by: User, seen: Seen) -> str:
    """Let tips go live on another weekday (0 is Monday), time or zone from a date on; return what followed.

    The queue gets its new moments at once. What is pinned goes to the slot of its week, else to the next free
    one; skipped weeks stay skipped.
    """
    with planning_session(by, seen) as session:
        if weekday not in WEEKDAYS or zone not in available_timezones():
            raise WrongState("Choose a day of the week, and a time zone by its name, as in Europe/Berlin.")
        if fault := _clock_fault(from_date, weekday, time, ZoneInfo(zone)):
            raise WrongState(fault)
        if from_date <= timezone.localdate(session.now):
            raise WrongState("What has passed keeps its rule. Choose a date from tomorrow on.")
        old = session.table
        fields = {"weekday": weekday, "time": time, "zone": zone}
        rule, _ = SlotRule.objects.update_or_create(from_date=from_date, defaults=fields)
        dropped = _carry(session, old, from_date)
        first = next(session.table.between(from_date, from_date + dates.WEEK), None)
        if first and first.at <= session.now:
            raise WrongState(f"The first slot, {first}, would have passed. Choose a later date.")
        log(by, rule, SlotAction.RULE_CHANGED, f"Tips go live on {rule}.{dropped}")
        return f"Tips go live on {rule}.{dropped}{session.record(f'changed the slot to {rule}')}"


def drop_rule(from_date: date, *, by: User, seen: Seen) -> str:
    """Take back the rule that would hold from a date on, before it begins; return what followed.

    The rule before it goes on instead, and the queue gets its new moments as when a rule is changed.
    """
    with planning_session(by, seen) as session:
        old = session.table
        rule = next((rule for rule in old.rules if rule.from_date == from_date), None)
        if rule is None:
            raise Overtaken(
                f"No rule begins on {dates.short_day(from_date)} any more. Look at the slot again."
            )
        if from_date <= timezone.localdate(session.now):
            raise WrongState(f"The rule from {dates.short_day(from_date)} on holds already. Change the slot.")
        if rule == old.rules[0]:
            raise WrongState("There is no rule before this one, which could go on. Change the slot instead.")
        # While it still has the number by which its history is found.
        log(by, rule, SlotAction.RULE_DROPPED, f"Taken back: {rule}.")
        rule.delete()
        followed = _carry(session, old, from_date) + session.record(f"took back the slot {rule}")
        return f"Tips do not go live on {rule}: the rule before goes on.{followed}"


def _carry(session: QueueSession, old: Timetable, from_date: date) -> str:
    """Bring the weeks that differ, and the whole queue, under the rules as they are written now.

    ``old`` is the timetable before the change. Returns a sentence that names what was dropped; it begins with
    a space, or is empty.
    """
    holding = session.holding()
    dropped = _carry_exceptions(from_date)
    session.table = Timetable.load()
    for rule in session.table.rules:
        session.refuse_disorder(rule.from_date)
    _carry_pinned(session, old, holding, from_date)
    session.reschedule()
    return f" Dropped, since they fit no slot any more: {', '.join(dropped)}." if dropped else ""


def _carry_exceptions(from_date: date) -> list[str]:
    """Keep skipped and moved weeks so under a new rule; forget those whose week has no slot any more.

    Returns the name of each that was forgotten.
    """
    dropped = []
    table = Timetable.load()
    taken = set(table.exceptions)
    for exception in SlotException.objects.filter(day__gte=from_date).order_by("day"):
        if table.slot(exception.day):
            continue
        monday, sunday = dates.week(exception.day)
        slot = next(table.between(max(monday, from_date), sunday), None)
        if slot is None or slot.day in taken or slot.regular == exception.moved_to:
            dropped.append(f"the {exception.kind} of {dates.short_day(exception.day)} ({exception.reason})")
            exception.delete()
        else:
            taken.add(slot.day)
            SlotException.objects.filter(pk=exception.pk).update(day=slot.day)
    return dropped


def _carry_pinned(session: QueueSession, old: Timetable, holding: list[Tip], from_date: date) -> None:
    """Give pinned tips the slot of their week under a new rule, else the next free one."""
    pinned = [(tip, old.at(tip.moment)) for tip in holding if tip.pinned]
    carried = [(tip, slot.day) for tip, slot in pinned if slot and slot.day >= from_date]
    forecast = session.forecast()
    moments: dict[Tip, datetime] = {}
    taken = {tip.moment for tip, _ in pinned} - {tip.moment for tip, _ in carried}
    for tip, day in carried:
        start = max(dates.week(day)[0], from_date)
        moments[tip] = next(slot.at for slot in forecast.open_slots(taken) if slot.day >= start)
        taken.add(moments[tip])
    session.repin(moments)


def _clock_fault(from_date: date, weekday: int, time: time, zone: ZoneInfo) -> str:
    """Say that the clock leaves out, or shows twice, the time of a rule in some week; empty if it does not.

    The clock is put on and back in the same weeks each year, so that two years tell.
    """
    first = from_date + ((weekday - from_date.weekday()) % 7) * dates.DAY
    faults = (dates.clock_fault(first + number * dates.WEEK, time, zone) for number in range(105))
    return next(filter(None, faults), "")
