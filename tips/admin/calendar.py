"""The calendar: which tip goes live when, and how to change that. It works without scripts.

Each form carries the queue's version as its page showed it (``seen``), so that nobody undoes by accident what
somebody else has just done. What was refused comes back as one line, with what was typed.
"""

from contextlib import suppress
from datetime import date, datetime
from functools import partial
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, re_path, reverse
from django.utils import timezone

from desk.errors import Refused
from desk.pages import Context, StaffRequest, number_in, page, route
from desk.verbs import refusals_told
from tips import dates, permissions
from tips.admin import calendar_actions
from tips.models import Tip, TipState, Weekday
from tips.schedule import calendar, queue, queue_lock, slot_changes, slots

MOST_PAGES = 1000
# Of what is not lined up yet, so many are offered; the list of tips has all.
MOST_OFFERED = 50
_PLANS = (TipState.DRAFT, TipState.IN_REVIEW)


class MoveForm(forms.Form):
    """One move, as any of the page's forms, or a drag, sends it."""

    verb = forms.CharField()
    seen = forms.IntegerField(min_value=0)
    tip = forms.ModelChoiceField(Tip.objects.for_lists())
    other = forms.ModelChoiceField(Tip.objects.for_lists(), required=False)
    day = forms.DateField(required=False)


class WeekForm(forms.Form):
    """What can be done with one week; each verb needs some of it."""

    verb = forms.ChoiceField(choices=[(name, name) for name in ("pin", "skip", "unskip", "move")])
    seen = forms.IntegerField(min_value=0)
    tip = forms.ModelChoiceField(Tip.objects.for_lists(), required=False)
    reason = forms.CharField(max_length=500, required=False)
    date = forms.DateField(required=False)
    time = forms.TimeField(required=False)

    def clean(self) -> Context:
        cleaned = super().clean() or {}
        if cleaned.get("verb") == "pin" and not self.errors and not cleaned["tip"]:
            self.add_error("tip", "Choose a tip.")
        if cleaned.get("verb") == "move":
            for name in ("date", "time"):
                if name not in self.errors and not cleaned[name]:
                    self.add_error(name, f"Say on which {name}." if name == "date" else "Say at what time.")
        return cleaned


class DropForm(forms.Form):
    """A rule that is taken back, named by its date."""

    seen = forms.IntegerField(min_value=0)
    from_date = forms.DateField(label="From")


class RuleForm(DropForm):
    """Another weekly slot from a date on."""

    weekday = forms.TypedChoiceField(choices=Weekday.choices, coerce=int)
    time = forms.TimeField()
    zone = forms.CharField(label="Time zone", max_length=64)


def urls(tip_admin: ModelAdmin) -> list[URLPattern]:
    week = tip_admin.admin_site.admin_view(partial(week_view, tip_admin))
    return [
        route(tip_admin, "calendar/", calendar_view, "tips_calendar"),
        route(tip_admin, "calendar/move/", move_view, "tips_calendar_move"),
        route(tip_admin, "calendar/rule/", rule_view, "tips_calendar_rule"),
        re_path(r"^calendar/(?P<day>\d{4}-\d\d-\d\d)/$", week, name="tips_calendar_week"),
    ]


# --- The page -----------------------------------------------------------------------------------------


def calendar_view(tip_admin: ModelAdmin, request: StaffRequest) -> HttpResponse:
    """Show the weeks and the queue; who may move finds the forms for it."""
    if not tip_admin.has_view_permission(request):
        raise PermissionDenied
    number = min(max(number_in(request.GET.get("page")), 1), MOST_PAGES)
    # Before what it is the version of: a page must not show older tips under a newer number.
    seen = queue.version()
    stretch = calendar.around(request.user, page=number)
    waiting, to_plan, undecided = _waiting(request, stretch.now) if number == 1 else ([], [], 0)
    shown = {week.tip.pk for week in stretch.coming if week.tip}
    days: dict[datetime | None, date] = {week.slot.at: week.slot.day for week in stretch.coming}
    for tip in waiting:
        vars(tip).update(
            is_further_on=tip.pk not in shown, day=days.get(tip.publish_at) if tip.publish_at else None
        )
    has_older = (
        number == 1
        or Tip.objects.published_dated().filter(publish_at__lt=dates.moment(stretch.first)).exists()
    )
    return page(
        request,
        "tips/calendar",
        "Calendar",
        seen=seen,
        weeks=stretch,
        now=stretch.now,
        next=stretch.next,
        waiting=waiting,
        to_plan=to_plan,
        undecided=undecided,
        may_move=request.user.has_perm(permissions.APPROVE),
        page=number,
        older=number + 1 if has_older and number < MOST_PAGES else None,
        newer=number - 1,
    )


def _waiting(request: StaffRequest, now: datetime) -> tuple[list[Tip], list[Tip], int]:
    """Return the queue, what is in review without a day, and how many more of these there are."""
    in_review = Tip.objects.filter(state=TipState.IN_REVIEW, publish_at=None, undated=False)
    queryset = (queue_lock.holders(now) | in_review).for_lists().select_related("author")
    if not request.user.has_perm(permissions.CHANGE_ANY):
        # Of what has no moment yet, authors see their own.
        queryset = queryset.exclude(~Q(author=request.user), publish_at=None)
    tips = list(queryset)
    calendar.hide_titles(tips, request.user)
    to_plan = [tip for tip in tips if not tip.publish_at]
    waiting = [tip for tip in tips if tip.publish_at]
    return waiting, to_plan[:MOST_OFFERED], max(len(to_plan) - MOST_OFFERED, 0)


def move_view(tip_admin: ModelAdmin, request: StaffRequest) -> HttpResponse:
    """Do one move of a tip, and lead back to it in the calendar."""
    _require_editor(tip_admin, request)
    if request.method != "POST":
        return _to_calendar()
    form = MoveForm(request.POST)
    if not form.is_valid() or form.cleaned_data["verb"] not in calendar_actions.MOVES:
        messages.error(request, "Nothing was moved: choose a tip and where it goes.")
        return _to_calendar()
    asked = form.cleaned_data
    with refusals_told(request):
        messages.success(request, calendar_actions.MOVES[asked["verb"]](asked, request.user))
        return _to_calendar(f"#tip-{asked['tip'].pk}")
    # Without a fragment: the line that says why stands at the top, and must be seen.
    return _to_calendar()


# --- One week, and the rule ---------------------------------------------------------------------------


def week_view(tip_admin: ModelAdmin, request: StaffRequest, day: str) -> HttpResponse:
    """Pin a tip to a week's slot, skip it, take that back, or move it within its week."""
    _require_editor(tip_admin, request)
    seen, week = queue.version(), _week(day)
    form, refused = WeekForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            sentence = calendar_actions.of_week(week.slot.day, form.cleaned_data, request.user)
        except Refused as refusal:
            refused = str(refusal)
        else:
            messages.success(request, sentence)
            return _to_calendar(f"#week-{week.slot.day}")
        seen, week = queue.version(), _week(day)
    monday, sunday = dates.week(week.slot.day)
    plans = Tip.objects.filter(state__in=_PLANS, pinned=False, undated=False).for_lists()
    return page(
        request,
        "tips/calendar_week",
        f"Week of {calendar.when(week.slot)}",
        409 if refused else 200,
        seen=seen,
        row=week,
        form=form,
        refused=refused,
        tips=[tip for tip in queue.waiting() if tip != week.tip],
        plans=plans.select_related("author").order_by("-state", "-updated_at")[:MOST_OFFERED],
        passed=week.slot.at <= timezone.now(),
        monday=monday,
        sunday=sunday,
        local=timezone.localtime(week.slot.at),
    )


def _week(text: str) -> calendar.SlotRow:
    """Return the week whose slot is on a day, as in "2026-11-30", or raise Http404."""
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if weeks := calendar.between(day, day):
            return weeks[0]
    raise Http404("There is no slot on that day.")


def rule_view(tip_admin: ModelAdmin, request: StaffRequest) -> HttpResponse:
    """Change the weekly slot from a date on, or take back such a change that has not begun."""
    _require_editor(tip_admin, request)
    seen = queue.version()
    table = slots.Timetable.load()
    today = timezone.localdate()
    rule = table.rule_or_first(today)
    first = {"weekday": rule.weekday, "time": f"{rule.time:%H:%M}", "zone": rule.zone} if rule else {}
    drops = request.POST.get("verb") == "drop"
    form, refused = RuleForm(None if drops else request.POST or None, initial=first), ""
    sent = DropForm(request.POST) if drops else form
    if drops and not sent.is_valid():
        refused = "Nothing was taken back: choose a rule from the list."
    elif request.method == "POST" and sent.is_valid():
        change = slot_changes.drop_rule if drops else slot_changes.change_rule
        try:
            messages.success(request, change(**sent.cleaned_data, by=request.user))
            return _to_calendar()
        except Refused as refusal:
            refused = str(refusal)
    return page(
        request,
        "tips/calendar_rule",
        "The weekly slot",
        409 if refused else 200,
        seen=seen,
        form=form,
        refused=refused,
        rules=[(other, other.from_date > today and number > 0) for number, other in enumerate(table.rules)],
        rule=rule,
        zones=sorted(available_timezones()),
        tomorrow=today + dates.DAY,
    )


def _require_editor(tip_admin: ModelAdmin, request: StaffRequest) -> None:
    if not tip_admin.has_view_permission(request) or not request.user.has_perm(permissions.APPROVE):
        raise PermissionDenied("Ask an editor to change the queue.")


def _to_calendar(fragment: str = "") -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:tips_calendar") + fragment)
