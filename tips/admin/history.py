"""A tip's history in the admin: its versions, the difference between two, and the way back."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from desk.log import entries_about
from desk.pages import Context, StaffRequest, number_in, staff_of
from desk.verbs import refusals_told
from tips import permissions
from tips.admin.pages import tip_or_404, tip_page
from tips.models import Tip
from tips.publishing import history

PER_PAGE = 30
ENTRIES_PER_PAGE = 100


def history_page(request: HttpRequest, tip: Tip) -> HttpResponse:
    """List the versions with who, when and what changed in words, and what else was done."""
    page = Paginator(history.saved(tip), PER_PAGE).get_page(request.GET.get("p"))
    shown = list(page.object_list)
    # Each version is compared with the one before it; that of the last one shown is on the next page.
    earlier = [*shown[1:], *history.saved(tip)[page.end_index() : page.end_index() + 1], None]
    versions = [
        (version, before, history.who(version), history.summary(before, version))
        for version, before in zip(shown, earlier, strict=False)
    ]
    log = Paginator(entries_about(tip), ENTRIES_PER_PAGE).get_page(request.GET.get("done"))
    context: Context = {"page": page, "versions": versions, "log": log}
    return tip_page(request, "history", "History", tip, **context, **_reverting(request, tip))


def compare_view(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the difference between two versions; without a second one, the one before it."""
    tip = tip_or_404(request, pk)
    versions = history.saved(tip)
    new = get_object_or_404(versions, pk=number_in(request.GET.get("new")))
    old = versions.filter(pk=number_in(request.GET.get("old"))).first()
    old = old or versions.filter(pk__lt=new.pk).first() or new
    old, new = sorted((old, new), key=lambda version: version.pk)
    context: Context = {"old": old, "new": new, "who_old": history.who(old), "who_new": history.who(new)}
    context |= {"parts": history.diff(old, new), **_reverting(request, tip)}
    return tip_page(request, "compare", "What changed", tip, **context)


def revert_view(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """Show what bringing a version back would change, and do it on POST."""
    tip = tip_or_404(request, pk)
    version, newest = get_object_or_404(history.saved(tip), pk=number), history.saved(tip)[0]
    permissions.permit_change(request.user, tip)
    if request.method == "POST":
        seen = number_in(request.POST.get("seen")) or None
        with refusals_told(request):
            messages.success(request, history.revert(tip, version, by=request.user, seen=seen))
            return redirect("admin:tips_tip_change", tip.pk)
        return redirect("admin:tips_tip_revert", tip.pk, version.pk)
    context: Context = {"version": version, "who": history.who(version), "newest": newest.pk}
    context["parts"] = history.diff(newest, history.as_brought_back(tip, version))
    return tip_page(request, "revert", "Bring back an earlier text", tip, **context)


def _reverting(request: HttpRequest, tip: Tip) -> Context:
    may_revert = permissions.may_change(staff_of(request), tip)
    return {"newest": tip.versions.newest_id(), "may_revert": may_revert}
