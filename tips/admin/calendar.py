"""The calendar: which tip goes live when, and every way to change that. It works without scripts.

Each form carries the queue's version as its page showed it (``seen``), so that nobody undoes by accident what
somebody else has just done. What was refused comes back as one line, with what was typed.
"""

from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, re_path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date

from desk.errors import NotPermitted, Refused
from tips import dates, permissions
from tips.admin import calendar_actions
from tips.models import Tip, TipState, Weekday
from tips.schedule import calendar, queue, queue_lock, slots

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

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("verb") == "pin" and not self.errors and not cleaned["tip"]:
            self.add_error("tip", "Choose a tip.")
        if cleaned.get("verb") == "move":
            for name in ("date", "time"):
                if name not in self.errors and not cleaned[name]:
                    self.add_error(name, f"Say on which {name}." if name == "date" else "Say at what time.")
        return cleaned


class RuleForm(forms.Form):
    """Another weekly slot from a date on."""

    seen = forms.IntegerField(min_value=0)
    from_date = forms.DateField(label="From")
    weekday = forms.TypedChoiceField(choices=Weekday.choices, coerce=int)
    time = forms.TimeField()
    zone = forms.CharField(label="Time zone", max_length=64)


class DropForm(forms.Form):
    """A rule that is taken back, named by its date."""

    seen = forms.IntegerField(min_value=0)
    from_date = forms.DateField()


class CalendarMixin:
    """Gives the admin of tips the calendar, and its pages for one week and for the weekly slot."""

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("calendar/", view(self.calendar_view), name="tips_calendar"),
            path("calendar/move/", view(self.calendar_move), name="tips_calendar_move"),
            path("calendar/rule/", view(self.calendar_rule), name="tips_calendar_rule"),
            re_path(
                r"^calendar/(?P<day>\d{4}-\d\d-\d\d)/$",
                view(self.calendar_week),
                name="tips_calendar_week",
            ),
            *super().get_urls(),
        ]

    # --- The page -------------------------------------------------------------------------------------

    def calendar_view(self, request):
        """Show the weeks and the queue; who may move finds the forms for it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        page = _number(request.GET.get("page"))
        # Before what it is the version of: a page must not show older tips under a newer number.
        seen = queue.version()
        stretch = calendar.around(page=page).hide_titles(request.user)
        waiting, to_plan, undecided = self._waiting(request, stretch.now) if page == 1 else ([], [], 0)
        shown = {row.tip.pk for row in stretch.coming if row.tip}
        days = {row.slot.at: row.slot.day for row in stretch.coming}
        for tip in waiting:
            tip.is_further_on, tip.day = tip.pk not in shown, days.get(tip.publish_at)
        older = (
            page == 1
            or Tip.objects.published_dated().filter(publish_at__lt=dates.moment(stretch.first)).exists()
        )
        return self._calendar_page(
            request,
            "calendar",
            "Calendar",
            seen=seen,
            weeks=stretch,
            now=stretch.now,
            next=stretch.next,
            verdict=calendar.verdict(stretch.next) if stretch.next else "",
            advice=calendar.advice(stretch.next) if stretch.next else "",
            waiting=waiting,
            to_plan=to_plan,
            undecided=undecided,
            may_move=request.user.has_perm(permissions.APPROVE),
            page=page,
            older=page + 1 if older and page < MOST_PAGES else None,
            newer=page - 1,
        )

    def _waiting(self, request, now):
        """Return the queue, what is in review without a day, and how many more of these there are."""
        in_review = Tip.objects.filter(state=TipState.IN_REVIEW, publish_at=None, undated=False)
        tips = (queue_lock.holders(now) | in_review).for_lists().select_related("author")
        if not request.user.has_perm(permissions.CHANGE_ANY):
            # Of what has no moment yet, authors see their own.
            tips = tips.exclude(~_own(request), publish_at=None)
        tips = list(tips)
        calendar.hide_titles(tips, request.user)
        to_plan = [tip for tip in tips if not tip.publish_at]
        waiting = [tip for tip in tips if tip.publish_at]
        return waiting, to_plan[:MOST_OFFERED], max(len(to_plan) - MOST_OFFERED, 0)

    def calendar_move(self, request):
        """Do one move of a tip, and lead back to it in the calendar."""
        self._refuse_onlookers(request)
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:tips_calendar"))
        form = MoveForm(request.POST)
        if not form.is_valid() or form.cleaned_data["verb"] not in calendar_actions.MOVES:
            self.message_user(request, "Nothing was moved: choose a tip and where it goes.", messages.ERROR)
            return HttpResponseRedirect(reverse("admin:tips_calendar"))
        asked = form.cleaned_data
        try:
            sentence = calendar_actions.MOVES[asked["verb"]](asked, request.user)
        except NotPermitted:
            raise
        except Refused as refusal:
            # Without a fragment: the line that says why stands at the top, and must be seen.
            self.message_user(request, str(refusal), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:tips_calendar"))
        self.message_user(request, sentence, messages.SUCCESS)
        return HttpResponseRedirect(f"{reverse('admin:tips_calendar')}#tip-{asked['tip'].pk}")

    # --- One week, and the rule -----------------------------------------------------------------------

    def calendar_week(self, request, day):
        """Pin a tip to a week's slot, skip it, take that back, or move it within its week."""
        self._refuse_onlookers(request)
        try:
            day = parse_date(day)
        except ValueError:
            day = None
        seen = queue.version()
        row = next(iter(slots.calendar(day, day)), None) if day else None
        if row is None:
            raise Http404("There is no slot on that day.")
        form, refused = WeekForm(request.POST or None), ""
        if request.method == "POST" and form.is_valid():
            try:
                sentence = calendar_actions.of_week(row.slot.day, form.cleaned_data, request.user)
            except NotPermitted:
                raise
            except Refused as refusal:
                refused = str(refusal)
            else:
                self.message_user(request, sentence, messages.SUCCESS)
                return HttpResponseRedirect(f"{reverse('admin:tips_calendar')}#week-{row.slot.day}")
            seen, row = queue.version(), slots.calendar(day, day)[0]
        monday, sunday = dates.week(row.slot.day)
        return self._calendar_page(
            request,
            "calendar_week",
            f"Week of {calendar.when(row.slot)}",
            status=409 if refused else 200,
            seen=seen,
            row=row,
            form=form,
            refused=refused,
            tips=[tip for tip in queue.waiting() if tip != row.tip],
            plans=Tip.objects.filter(state__in=_PLANS, pinned=False, undated=False)
            .for_lists()
            .select_related("author")
            .order_by("-state", "-updated_at")[:MOST_OFFERED],
            passed=row.slot.at <= timezone.now(),
            monday=monday,
            sunday=sunday,
            local=timezone.localtime(row.slot.at),
        )

    def calendar_rule(self, request):
        """Change the weekly slot from a date on, or take back such a change that has not begun."""
        self._refuse_onlookers(request)
        seen = queue.version()
        table = slots.Timetable.load()
        today = timezone.localdate()
        rule = table.rule(today) or next(iter(table.rules), None)
        first = {"weekday": rule.weekday, "time": f"{rule.time:%H:%M}", "zone": rule.zone} if rule else {}
        drops = request.POST.get("verb") == "drop"
        form, refused = RuleForm(None if drops else request.POST or None, initial=first), ""
        sent = DropForm(request.POST) if drops else form
        if drops and not sent.is_valid():
            refused = "Nothing was taken back: choose a rule from the list."
        elif request.method == "POST" and sent.is_valid():
            asked = {**sent.cleaned_data, "by": request.user}
            try:
                sentence = (queue.drop_rule if drops else queue.change_rule)(**asked)
            except NotPermitted:
                raise
            except Refused as refusal:
                refused, seen, table = str(refusal), queue.version(), slots.Timetable.load()
            else:
                self.message_user(request, sentence, messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:tips_calendar"))
        return self._calendar_page(
            request,
            "calendar_rule",
            "The weekly slot",
            status=409 if refused else 200,
            seen=seen,
            form=form,
            refused=refused,
            rules=[(each, each.from_date > today and number > 0) for number, each in enumerate(table.rules)],
            rule=rule,
            zones=sorted(available_timezones()),
            tomorrow=today + dates.DAY,
        )

    def _refuse_onlookers(self, request):
        if not self.has_view_permission(request) or not request.user.has_perm(permissions.APPROVE):
            raise PermissionDenied("Ask an editor to change the queue.")

    def _calendar_page(self, request, name, title, status=200, **context):
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **context}
        return TemplateResponse(request, f"admin/tips/{name}.html", context, status=status)


def _own(request):
    return Q(author=request.user)


def _number(page):
    return min(max(int(page), 1), MOST_PAGES) if (page or "").isdecimal() and len(page) < 9 else 1
