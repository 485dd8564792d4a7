"""The calendar's pages for one week, and for the rule of the weekly slot.

What was refused comes back as one line, with what was typed.
"""

from contextlib import suppress
from datetime import date
from functools import partial
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.dates import WEEKDAYS

from desk.foresight import Foresight
from desk.pages import Context, StaffRequest, page
from desk.verbs import foreseen_field, refusals_told
from tips import dates
from tips.admin.calendar import require_editor, to_calendar, to_plan
from tips.admin.calendar_moves import SeenForm, as_foreseen
from tips.admin.pages import stamps_in
from tips.models import Tip
from tips.publishing import queue_steps
from tips.schedule import queue, slot_changes, slot_states, slots

# Of what is not lined up yet, so many are offered; the list of tips has all.
MOST_OFFERED = 50
# What the verbs of a week need besides, and what is said where it is missing.
_NEEDED = {"pin": {"tip": "Choose a tip."}, "move": {"date": "Choose a date.", "time": "Choose a time."}}


class WeekForm(SeenForm):
    """What can be done with one week; each verb needs some of it."""

    verb = forms.ChoiceField(choices=[(name, name) for name in ("pin", "skip", "unskip", "move")])
    tip = forms.ModelChoiceField(Tip.objects.for_lists(), required=False)
    # The tips of the list as the page showed them, as the list of tips has them: none may be written since.
    stamps = forms.CharField(required=False)
    reason = forms.CharField(max_length=500, required=False)
    date = forms.DateField(required=False)
    time = forms.TimeField(required=False)

    def clean(self) -> None:
        asked = self.cleaned_data
        for name, message in _NEEDED.get(asked.get("verb", ""), {}).items():
            if name not in self.errors and not asked[name]:
                self.add_error(name, message)
        moves = asked.get("verb") == "move" and asked.get("date") and asked.get("time")
        if moves and (fault := dates.clock_fault(asked["date"], asked["time"])):
            self.add_error("time", fault)


class DropForm(SeenForm):
    """A rule that is taken back, named by its date."""

    from_date = forms.DateField(label="From")


class RuleForm(DropForm):
    """Another weekly slot from a date on."""

    weekday = forms.TypedChoiceField(choices=WEEKDAYS, coerce=int)
    time = forms.TimeField()
    zone = forms.CharField(label="Time zone", max_length=64)


def week_view(request: StaffRequest, day: str) -> HttpResponse:
    """Pin a tip to a week's slot, skip it, take that back, or move it within its week."""
    require_editor(request)
    seen, week = queue.version(), _week(day)
    form, status = WeekForm(request.POST or None), 200
    pinning = None
    if form.is_valid():
        with refusals_told(request):
            foreseen = request.POST.get(foreseen_field("pin"), "")
            said, pinning = _change_week(week.slot.day, form.cleaned_data, request.user, foreseen)
            if pinning is None:
                messages.success(request, said)
                return to_calendar(f"#week-{week.slot.day}")
        seen, week, status = queue.version(), _week(day), 200 if pinning else 409
    context: Context = {"pinning": pinning}
    if week.slot.at > timezone.now() and week.state != slot_states.SlotState.SKIPPED:
        context["skipping"] = queue_steps.skip(request.user, week.slot.at)
    monday, sunday = dates.week(week.slot.day)
    context |= {"seen": seen, "row": week, "form": form, "monday": monday, "sunday": sunday}
    plans = to_plan(request).select_related("author")
    context["plans"] = plans.order_by("-state", "-updated_at")[:MOST_OFFERED]
    context["tips"] = [tip for tip in queue.waiting() if tip != week.tip]
    held = [week.tip] if week.tip else []
    context["stamps"] = " ".join(
        f"{tip.pk}:{tip.stamp}" for tip in [*held, *context["tips"], *context["plans"]]
    )
    context["passed"] = week.slot.at <= timezone.now()
    return page(request, "tips/calendar_week", f"Week of {week.slot}", status, **context)


def _week(text: str) -> slot_states.SlotRow:
    """Return the week whose slot is on a day, as in "2026-11-30", or raise Http404."""
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if weeks := slot_states.between(day, day):
            return weeks[0]
    raise Http404("There is no slot on that day.")


def _change_week(day: date, asked: Context, by: User, foreseen: str) -> tuple[str, Foresight | None]:
    """Do with a week what its form asks for; return what followed, and what a pin has to ask first."""
    seen = asked["seen"]
    match asked["verb"]:
        case "pin":
            stamp = stamps_in(asked["stamps"]).get(str(asked["tip"].pk), "")
            pin = partial(queue.pin, day=day, by=by, seen=seen)
            return as_foreseen(asked["tip"], stamp, pin, "Pin it", by, foreseen)
        case "skip":
            return slot_changes.skip(day, asked["reason"], by=by, seen=seen), None
        case "unskip":
            return slot_changes.unskip(day, by=by, seen=seen), None
    when = dates.moment(asked["date"], asked["time"])
    return slot_changes.move_slot(day, when, asked["reason"], by=by, seen=seen), None


def rule_view(request: StaffRequest) -> HttpResponse:
    """Change the weekly slot from a date on, or take back such a change that has not begun."""
    require_editor(request)
    seen, table, today = queue.version(), slots.Timetable.load(), timezone.localdate()
    rule = table.rule_or_first(today)
    initial = {"weekday": rule.weekday, "time": f"{rule.time:%H:%M}", "zone": rule.zone} if rule else {}
    drops, status = request.POST.get("verb") == "drop", 200
    form = RuleForm(None if drops else request.POST or None, initial=initial)
    sent = DropForm(request.POST) if drops else form
    if sent.is_valid():
        change, status = slot_changes.drop_rule if drops else slot_changes.change_rule, 409
        with refusals_told(request):
            messages.success(request, change(**sent.cleaned_data, by=request.user))
            return to_calendar()
    elif drops:
        status = 409
        messages.error(request, "Nothing was taken back: choose a rule from the list.")
    rules = [(rule, rule.from_date > today and number > 0) for number, rule in enumerate(table.rules)]
    context: Context = {"seen": seen, "form": form, "rules": rules, "tomorrow": today + dates.DAY}
    zones = sorted(available_timezones())
    return page(request, "tips/calendar_rule", "The weekly slot", status, zones=zones, **context)
