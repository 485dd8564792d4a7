"""The calendar: which tip goes live when, and how to change that. It works without scripts.

Each form carries the queue's version as its page showed it (``seen``), so that nobody undoes by accident what
somebody else has just done. What was refused comes back as one line, with what was typed.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from itertools import takewhile
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS

from desk.errors import WrongState
from desk.pages import Context, StaffRequest, number_in, page
from desk.verbs import refusals_told
from tips import dates, permissions
from tips.admin.pages import require_any
from tips.models import Tip, TipState
from tips.schedule import queue, queue_lock, slot_changes, slot_states, slots

MOST_PAGES = 1000
# Of what is not lined up yet, so many are offered; the list of tips has all.
MOST_OFFERED = 50
_PLANS = (TipState.DRAFT, TipState.IN_REVIEW)
# What the verbs of a week need besides, and what is said where it is missing.
_NEEDED = {"pin": {"tip": "Choose a tip."}, "move": {"date": "Choose a date.", "time": "Choose a time."}}


class SeenForm(forms.Form):
    """What was sent from a page that showed a version of the queue."""

    seen = forms.IntegerField(min_value=0)


class MoveForm(SeenForm):
    """One move, as any of the page's forms, or a drag, sends it."""

    verb = forms.CharField()
    tip = forms.ModelChoiceField(Tip.objects.for_lists())
    other = forms.ModelChoiceField(Tip.objects.for_lists(), required=False)
    day = forms.DateField(required=False)


class WeekForm(SeenForm):
    """What can be done with one week; each verb needs some of it."""

    verb = forms.ChoiceField(choices=[(name, name) for name in ("pin", "skip", "unskip", "move")])
    tip = forms.ModelChoiceField(Tip.objects.for_lists(), required=False)
    reason = forms.CharField(max_length=500, required=False)
    date = forms.DateField(required=False)
    time = forms.TimeField(required=False)

    def clean(self) -> None:
        for name, message in _NEEDED.get(self.cleaned_data.get("verb", ""), {}).items():
            if name not in self.errors and not self.cleaned_data[name]:
                self.add_error(name, message)


class DropForm(SeenForm):
    """A rule that is taken back, named by its date."""

    from_date = forms.DateField(label="From")


class RuleForm(DropForm):
    """Another weekly slot from a date on."""

    weekday = forms.TypedChoiceField(choices=WEEKDAYS, coerce=int)
    time = forms.TimeField()
    zone = forms.CharField(label="Time zone", max_length=64)


# --- The page -----------------------------------------------------------------------------------------


def calendar_view(request: StaffRequest) -> HttpResponse:
    """Show the weeks and the queue; who may move finds the forms for it."""
    require_any(request, "view", "change")
    number = min(max(number_in(request.GET.get("page")), 1), MOST_PAGES)
    # Before what it is the version of: a page must not show older tips under a newer number.
    context: Context = {"seen": queue.version(), "page": number, "newer": number - 1}
    weeks = slot_states.around(request.user, page=number)
    older = Tip.objects.published_dated().filter(publish_at__lt=dates.moment(weeks.first))
    has_older = number < MOST_PAGES and (number == 1 or older.exists())
    context |= {"weeks": weeks, "older": number + 1 if has_older else None}
    if number == 1:
        context |= {"next": weeks.next, "now": weeks.now, **_waiting(request, weeks)}
    return page(request, "tips/calendar", "Calendar", **context)


def _waiting(request: StaffRequest, weeks: slot_states.Weeks) -> Context:
    """Return the queue, what is in review without a day, and how many more of these there are."""
    in_review = Tip.objects.filter(state=TipState.IN_REVIEW, publish_at=None, undated=False)
    queryset = (queue_lock.holders(weeks.now) | in_review).for_lists().select_related("author")
    if not request.user.has_perm(permissions.CHANGE_ANY):
        # Of what has no moment yet, authors see their own.
        queryset = queryset.exclude(~Q(author=request.user), publish_at=None)
    tips = list(queryset)
    slot_states.hide_titles(tips, request.user)
    shown = {week.tip for week in weeks.coming}
    days: dict[datetime | None, date] = {week.slot.at: week.slot.day for week in weeks.coming}
    for tip in tips:
        vars(tip).update(is_further_on=tip not in shown, day=days.get(tip.publish_at))
    waiting, to_plan = [tip for tip in tips if tip.publish_at], [tip for tip in tips if not tip.publish_at]
    undecided = max(len(to_plan) - MOST_OFFERED, 0)
    return {"waiting": waiting, "to_plan": to_plan[:MOST_OFFERED], "undecided": undecided}


# --- Moves --------------------------------------------------------------------------------------------


def move_view(request: StaffRequest) -> HttpResponse:
    """Do one move of a tip, and lead back to it in the calendar."""
    _require_editor(request)
    if request.method != "POST":
        return _to_calendar()
    form = MoveForm(request.POST)
    if not form.is_valid() or form.cleaned_data["verb"] not in MOVES:
        messages.error(request, "Nothing was moved: choose a tip and where it goes.")
        return _to_calendar()
    tip, seen = form.cleaned_data["tip"], form.cleaned_data["seen"]
    move, needed = MOVES[form.cleaned_data["verb"]]
    with refusals_told(request):
        target = [form.cleaned_data[needed]] if needed else []
        if not all(target):
            raise WrongState("Choose a slot." if needed == "day" else "Choose two tips.")
        messages.success(request, move(tip, *target, by=request.user, seen=seen))
        return _to_calendar(f"#tip-{tip.pk}")
    # Without a fragment: the line that says why stands at the top, and must be seen.
    return _to_calendar()


def place(tip: Tip, day: date, *, by: User, seen: int) -> str:
    """Bring a tip to the slot of a day, as a drag does; return what followed.

    Onto a tip that floats in the queue, a floating tip takes its place in the order; onto anything else, it
    is pinned, so that a slot before it may stay free.
    """
    slot, waiting = slots.Timetable.load().slot(day), queue.waiting()
    floating = [other for other in waiting if queue_lock.floats(other)]
    there = next((other for other in waiting if slot and other.publish_at == slot.at), None)
    if there is None or there == tip or not {tip, there} <= set(floating):
        return queue.pin(tip, day, by=by, seen=seen)
    later = floating.index(tip) < floating.index(there)
    after, before = (there, None) if later else (None, there)
    return queue.move(tip, by=by, seen=seen, after=after, before=before)


def step(tip: Tip, *, later: bool, by: User, seen: int) -> str:
    """Bring a tip one slot on or back, past skipped ones and what others are pinned to."""
    waiting, now = queue.waiting(), timezone.now()
    here = next((other.moment for other in waiting if other == tip), None)
    if here is None:
        raise WrongState(f"“{tip}” has no slot yet. Choose one for it first.")
    fixed = {other.publish_at for other in waiting if not queue_lock.floats(other) and other != tip}
    coming = slots.Timetable.load().after(now)
    free = (slot for slot in coming if not slot.skipped and slot.at not in fixed)
    before = None if later else [None, *takewhile(lambda slot: slot.at < here, free)][-1]
    slot = next((slot for slot in free if slot.at > here), None) if later else before
    if slot is None:
        raise WrongState(f"“{tip}” has the first slot that it can have.")
    return place(tip, slot.day, by=by, seen=seen)


# What each move calls, and the field that it needs besides the tip.
MOVES: dict[str, tuple[Callable[..., str], str | None]] = {
    "place": (place, "day"),
    "pin": (queue.pin, "day"),
    "swap": (queue.swap, "other"),
    "unpin": (queue.unpin, None),
    "front": (queue.to_front, None),
    "earlier": (partial(step, later=False), None),
    "later": (partial(step, later=True), None),
}


# --- One week, and the rule ---------------------------------------------------------------------------


def week_view(request: StaffRequest, day: str) -> HttpResponse:
    """Pin a tip to a week's slot, skip it, take that back, or move it within its week."""
    _require_editor(request)
    seen, week = queue.version(), _week(day)
    form, status = WeekForm(request.POST or None), 200
    if form.is_valid():
        with refusals_told(request):
            messages.success(request, _change_week(week.slot.day, form.cleaned_data, request.user))
            return _to_calendar(f"#week-{week.slot.day}")
        seen, week, status = queue.version(), _week(day), 409
    monday, sunday = dates.week(week.slot.day)
    context: Context = {"seen": seen, "row": week, "form": form, "monday": monday, "sunday": sunday}
    plans = Tip.objects.filter(state__in=_PLANS, pinned=False, undated=False).for_lists()
    context["plans"] = plans.select_related("author").order_by("-state", "-updated_at")[:MOST_OFFERED]
    context["tips"] = [tip for tip in queue.waiting() if tip != week.tip]
    context["passed"] = week.slot.at <= timezone.now()
    return page(request, "tips/calendar_week", f"Week of {slot_states.when(week.slot)}", status, **context)


def _week(text: str) -> slot_states.SlotRow:
    """Return the week whose slot is on a day, as in "2026-11-30", or raise Http404."""
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if weeks := slot_states.between(day, day):
            return weeks[0]
    raise Http404("There is no slot on that day.")


def _change_week(day: date, asked: Context, by: User) -> str:
    """Do with a week what its form asks for; return what followed."""
    seen = asked["seen"]
    match asked["verb"]:
        case "pin":
            return queue.pin(asked["tip"], day, by=by, seen=seen)
        case "skip":
            return slot_changes.skip(day, asked["reason"], by=by, seen=seen)
        case "unskip":
            return slot_changes.unskip(day, by=by, seen=seen)
    when = dates.moment(asked["date"], asked["time"])
    return slot_changes.move_slot(day, when, asked["reason"], by=by, seen=seen)


def rule_view(request: StaffRequest) -> HttpResponse:
    """Change the weekly slot from a date on, or take back such a change that has not begun."""
    _require_editor(request)
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
            return _to_calendar()
    elif drops:
        status = 409
        messages.error(request, "Nothing was taken back: choose a rule from the list.")
    rules = [(rule, rule.from_date > today and number > 0) for number, rule in enumerate(table.rules)]
    context: Context = {"seen": seen, "form": form, "rules": rules, "tomorrow": today + dates.DAY}
    zones = sorted(available_timezones())
    return page(request, "tips/calendar_rule", "The weekly slot", status, zones=zones, **context)


def _require_editor(request: StaffRequest) -> None:
    require_any(request, "view", "change")
    permissions.permit(request.user, permissions.APPROVE, "change the queue")


def _to_calendar(fragment: str = "") -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:tips_calendar") + fragment)
