"""The calendar: which tip goes live when. It works without scripts.

How it is changed stands in ``calendar_moves`` and ``calendar_weeks``. Each form carries the queue's version
as its page showed it (``seen``), so that nobody undoes by accident what somebody else has just done.
"""

from datetime import date, datetime

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone

from desk.pages import Context, StaffRequest, number_in, page
from tips import dates, permissions
from tips.admin.pages import require_any
from tips.models import PLANS, Idea, QueueVersion, Tip, TipQuerySet
from tips.schedule import coming_weeks, month_views, slot_states, undo
from tips.search import similar

MOST_PAGES = 1000
# Behind so many pages of weeks to come nobody plans.
MOST_LATER_PAGES = 20
# Nor behind so many years, in the tables of months.
MOST_YEARS = 10
# Of what is not lined up yet, and of ideas, so many are offered; the lists have all.
MOST_TO_PLAN, MOST_IDEAS = 8, 5


def calendar_view(request: StaffRequest) -> HttpResponse:
    """Show the weeks to come, and beside them what can be planned; who may move finds the buttons for it."""
    require_any(request, "view", "change")
    if "page" in request.GET:
        return _past(request)
    later = min(number_in(request.GET.get("later")), MOST_LATER_PAGES)
    # Before what it is the version of: a page must not show older tips under a newer number.
    version = QueueVersion.objects.first()
    plan = coming_weeks.plan(request.user, page=later)
    context: Context = {"plan": plan, "seen": version.version if version else 0}
    context["can_undo"] = undo.may_undo(request.user, version)
    context["earlier_page"] = later - 1 if later > 1 else None
    context["later_page"] = later + 1 if plan.has_more and later < MOST_LATER_PAGES else None
    if later == 0:
        context |= _drawer(request)
    return page(request, "tips/calendar", "Calendar", **context)


def _drawer(request: StaffRequest) -> Context:
    """Return what can be planned, the last edited first, and the newest ideas."""
    tips = list(to_plan(request).select_related("author").order_by("-updated_at", "id")[: MOST_TO_PLAN + 1])
    ideas = list(Idea.objects.all()[: MOST_IDEAS + 1])
    return {
        "to_plan": tips[:MOST_TO_PLAN],
        "has_more_to_plan": len(tips) > MOST_TO_PLAN,
        "ideas": ideas[:MOST_IDEAS],
        "has_more_ideas": len(ideas) > MOST_IDEAS,
    }


def to_plan(request: StaffRequest) -> TipQuerySet:
    """Return the drafts and tips in review that have no day; authors see their own."""
    tips = Tip.objects.filter(state__in=PLANS, publish_at=None, undated=False).for_lists()
    return tips if request.user.has_perm(permissions.CHANGE_ANY) else tips.filter(author=request.user)


def _past(request: StaffRequest) -> HttpResponse:
    """Show past weeks, the latest first, a stretch to a page."""
    number = min(max(number_in(request.GET.get("page")), 1), MOST_PAGES)
    weeks = slot_states.around(request.user, page=number)
    older = Tip.objects.published_dated().filter(publish_at__lt=dates.moment(weeks.first))
    context: Context = {"weeks": weeks, "newer": number - 1}
    context["older"] = number + 1 if number < MOST_PAGES and older.exists() else None
    return page(request, "tips/calendar_past", "Past weeks", **context)


def months_view(request: StaffRequest) -> HttpResponse:
    """Show two months as tables, with the slots and what is due."""
    require_any(request, "view", "change")
    found = month_views.months(request.user, _month(request.GET.get("from", "")))
    months = found.tables
    following, last = month_views.next_month(months[-1].first), month_views.next_month(months[0].first, -1)
    before, after = [month_views.next_month(last, -1), last], [following, month_views.next_month(following)]
    context: Context = {"months": months, "of_site": found.of_site, "before": before, "after": after}
    return page(request, "tips/calendar_months", "Calendar", **context)


def _month(text: str) -> date | None:
    """Return the first day of a month written as 2026-12, or None."""
    try:
        month = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  a month has no zone
    except ValueError:
        return None
    return month if 1990 <= month.year <= timezone.localdate().year + MOST_YEARS else None


def doubles_view(request: StaffRequest) -> JsonResponse:
    """Return as JSON, for tips that wait to be planned, a line about an earlier one with the same text."""
    require_any(request, "view", "change")
    numbers = [number_in(number) for number in request.GET.getlist("tip")[:MOST_TO_PLAN]]
    tips = list(to_plan(request).filter(pk__in=numbers).defer(None))
    author = None if request.user.has_perm(permissions.CHANGE_ANY) else request.user.pk
    response = JsonResponse({"lines": {str(tip.pk): doubles_line(tip, author) for tip in tips}})
    response["Cache-Control"] = "private, no-store"
    return response


def doubles_line(tip: Tip, author: int | None = None) -> str:
    """Say which earlier tip says much the same, or return an empty text. ``author`` as in ``duplicates``."""
    found = similar.duplicates(tip.title, tip.body, tip.takeaway, tip.pk, author, limit=1)
    for other, _ in found:
        return f"Like “{other}”, {dates.short_day(other.publish_at) if other.publish_at else 'without a day'}"
    return ""


def to_calendar(fragment: str = "") -> HttpResponseRedirect:
    """Lead back to the calendar, to a place in it."""
    return HttpResponseRedirect(reverse("admin:tips_calendar") + fragment)


def require_editor(request: StaffRequest) -> None:
    """Raise unless a person may change the queue."""
    require_any(request, "view", "change")
    permissions.permit(request.user, permissions.APPROVE, "change the queue")
