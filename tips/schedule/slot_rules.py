"""The verbs that change the weekly slot itself; they are among the verbs of ``queue``."""

from zoneinfo import available_timezones

from django.utils import timezone
from django.utils.formats import date_format

from desk.errors import Overtaken, WrongState
from desk.log import log
from tips import dates
from tips.models import SlotAction, SlotException, SlotRule, Weekday
from tips.permissions import APPROVE, permit
from tips.schedule import queue_lock, slots


def change_rule(from_date, weekday, time, zone, *, by, seen):
    """Let tips go live on another weekday (0 is Monday), time or zone from a date on; return what followed.

    The queue gets its new moments at once. What is pinned goes to the slot of its week, else to the next free
    one; skipped weeks stay skipped.
    """
    permit(by, APPROVE, "change the queue")
    with queue_lock.queue_session(by, seen) as session:
        if weekday not in Weekday.values or zone not in available_timezones():
            raise WrongState("Choose a day of the week, and a time zone by its name, as in Europe/Berlin.")
        if from_date <= timezone.localdate(session.now):
            raise WrongState("What has passed keeps its rule. Choose a date from tomorrow on.")
        old, holding = session.table, session.holding()
        rule, _ = SlotRule.objects.update_or_create(
            from_date=from_date, defaults={"weekday": weekday, "time": time, "zone": zone}
        )
        rule.refresh_from_db()
        dropped = _carry_exceptions(from_date)
        session.table = slots.Timetable.load()
        first = next(session.table.between(from_date, from_date + dates.WEEK), None)
        if first and first.at <= session.now:
            raise WrongState(f"The first slot, {first}, would have passed. Choose a later date.")
        _carry_tips(session, old, holding, from_date)
        log(by, rule, SlotAction.RULE_CHANGED, f"Tips go live on {rule}.{dropped}")
        followed = session.record(f"changed the slot to {rule}")
        return f"Tips go live on {rule}.{dropped}{followed}"


def drop_rule(from_date, *, by, seen):
    """Take back the rule that would hold from a date on, before it begins; return what followed.

    The rule before it goes on instead, and the queue gets its new moments as when a rule is changed.
    """
    permit(by, APPROVE, "change the queue")
    with queue_lock.queue_session(by, seen) as session:
        old, holding = session.table, session.holding()
        rule = next((each for each in old.rules if each.from_date == from_date), None)
        if rule is None:
            raise Overtaken(f"No rule begins on {_date(from_date)} any more. Look at the weekly slot again.")
        if from_date <= timezone.localdate(session.now):
            raise WrongState(f"The rule from {_date(from_date)} on holds already. Change the slot instead.")
        if rule == old.rules[0]:
            raise WrongState("There is no rule before this one, which could go on. Change the slot instead.")
        # While it still has the number by which its history is found.
        log(by, rule, SlotAction.RULE_DROPPED, f"Taken back: {rule}.")
        rule.delete()
        dropped = _carry_exceptions(from_date)
        session.table = slots.Timetable.load()
        _carry_tips(session, old, holding, from_date)
        followed = session.record(f"took back the slot {rule}")
        return f"Tips do not go live on {rule}: the rule before goes on.{dropped}{followed}"


def _carry_tips(session, old, holding, from_date):
    """Give the whole queue its moments by the session's new table."""
    for each in session.table.rules:
        session.refuse_disorder(each.from_date)
    _carry_pinned(session, old, holding, from_date)
    session.reschedule()


def _carry_exceptions(from_date):
    """Keep skipped and moved weeks so under a new rule; forget those whose week has no slot any more.

    Returns a sentence that names what was forgotten; it begins with a space, or is empty.
    """
    dropped = []
    table = slots.Timetable.load()
    taken = set(table.exceptions)
    for each in SlotException.objects.filter(day__gte=from_date).order_by("day"):
        if table.slot(each.day):
            continue
        monday, sunday = dates.week(each.day)
        slot = next(table.between(max(monday, from_date), sunday), None)
        if slot is None or slot.day in taken or slot.regular == each.moved_to:
            what = "the skip" if each.kind == SlotException.Kind.SKIP else "the move"
            dropped.append(f"{what} of {_date(each.day)} ({each.reason})")
            each.delete()
        else:
            taken.add(slot.day)
            SlotException.objects.filter(pk=each.pk).update(day=slot.day)
    return f" Dropped, since they fit no slot any more: {', '.join(dropped)}." if dropped else ""


def _carry_pinned(session, old, holding, from_date):
    """Give pinned tips the slot of their week under a new rule, else the next free one."""
    slot_of = {tip.pk: old.at(tip.publish_at) for tip in holding if tip.pinned}
    carried = [tip for tip in holding if slot_of.get(tip.pk) and slot_of[tip.pk].day >= from_date]
    taken = {tip.publish_at for tip in holding if tip.pinned and tip not in carried}
    moments = {}
    for tip in carried:
        monday, _ = dates.week(slot_of[tip.pk].day)
        slot = next(slot for slot in session.open_slots(taken) if slot.day >= max(monday, from_date))
        taken.add(slot.at)
        moments[tip.pk] = slot.at
        session.moved.append(queue_lock.Move(tip, tip.publish_at, slot.at))
    session.repin(moments)


def _date(day):
    return date_format(day, "l, j F Y")
