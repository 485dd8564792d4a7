"""What the tips themselves say for or against each coming slot: a look of ``verdict``."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from django.urls import reverse

from tips import dates, permissions
from tips.models import TipState
from tips.schedule.reasons import Reason, Remedy, Severity
from tips.schedule.slot_states import SlotRow, SlotState
from tips.schedule.verdict import Question, named, named_day


def look(question: Question) -> Iterator[Reason]:
    """Say of each slot whether it has a tip that is approved, and whole."""
    if question.of_site and not question.rows:
        rule = Remedy("Add a slot rule", reverse("admin:tips_calendar_rule"), permissions.APPROVE)
        reason = Reason("slot", Severity.STOP, "No slot is to come.", "No slot", "there is no weekly slot")
        yield replace(reason, advice="Add a slot rule.", remedies=(rule,))
    for row in question.rows:
        yield _of_slot(row, question.now)


def _of_slot(row: SlotRow, now: datetime) -> Reason:
    day, tip, when = row.slot.day, row.tip, dates.short(row.slot.at, now)
    another = other_tip(row, now)
    is_weekly = row.slot.is_weekly
    if tip is None:
        reason = Reason(
            "slot", Severity.STOP, f"Nothing is planned for {when}.", "Free", "nothing is planned"
        )
        label = f"Plan a tip for {dates.short_day(row.slot.at, now)}"
        plan = tuple(replace(remedy, label=label) for remedy in another)
        advice = "Plan an approved tip there, or skip the slot in the calendar."
        return replace(reason, advice=advice, day=day, remedies=plan)
    page = reverse("admin:tips_tip_change", args=[tip.pk])
    if row.state == SlotState.AT_RISK:
        is_draft = tip.state == TipState.DRAFT
        state = "a draft" if is_draft else "in review"
        words = f"is planned for {when}, but is still {state}."
        reason = Reason("slot", Severity.STOP, words, state.capitalize(), f"its tip is still {state}")
        review = Remedy("Review it, and approve", page, permissions.APPROVE)
        if is_draft:
            review = Remedy("Finish the draft", page, permissions.APPROVE, owner=tip.author_id)
        advice = "Approve it, or let another tip take the slot." if is_weekly else "Approve it before then."
        return replace(
            reason, advice=advice, day=day, tip=tip.pk, remedies=(review, *another), subject=named(tip)
        )
    if not tip.has_body:
        words = f"goes live {when}, but its text is missing: readers see its excerpt, and no mail goes out."
        reason = Reason("no-text", Severity.STOP, words, "No full text", "its tip has no text")
        write = Remedy("Write its text", page, permissions.CHANGE_ANY)
        advice = "Write its text, or give the slot to another tip." if is_weekly else "Write its text."
        return replace(
            reason, advice=advice, day=day, tip=tip.pk, remedies=(write, *another), subject=named(tip)
        )
    return Reason("slot", Severity.GOOD, "", "Approved", day=day, tip=tip.pk)


def other_tip(row: SlotRow, now: datetime) -> tuple[Remedy, ...]:
    """Return the remedy of giving a slot to another tip; none where a tip has a moment of its own."""
    if not row.slot.is_weekly:
        return ()
    url = reverse("admin:tips_calendar_week", args=[row.slot.day.isoformat()])
    return (Remedy(f"Give {named_day(row.slot.at, now)} to another tip", url, permissions.APPROVE),)
