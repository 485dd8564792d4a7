"""A tip's history in the admin: its versions, the difference between two, and the way back."""

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse

from desk.errors import NotPermitted
from desk.log import entries_about
from desk.pages import StaffRequest, number_in, route, staff_of
from desk.verbs import refusals_told
from tips import permissions
from tips.admin.pages import tip_or_404, tip_page
from tips.models import Tip, TipVersion
from tips.publishing import history

PER_PAGE = 30
MOST_ENTRIES = 100


def urls(tip_admin: ModelAdmin) -> list[URLPattern]:
    return [
        route(tip_admin, "<int:pk>/history/compare/", compare_view, "tips_tip_compare"),
        route(tip_admin, "<int:pk>/history/<int:number>/revert/", revert_view, "tips_tip_revert"),
    ]


def history_page(tip_admin: ModelAdmin, request: HttpRequest, tip: Tip) -> HttpResponse:
    """List the versions with who, when and what changed in words, and what else was done."""
    page = Paginator(history.saved(tip), PER_PAGE).get_page(request.GET.get("p"))
    shown = list(page.object_list)
    # Each version is compared with the one before it; that of the last one shown is on the next page.
    earlier = [*shown[1:], *history.saved(tip)[page.end_index() : page.end_index() + 1], None]
    return tip_page(
        request,
        "history",
        f"History: {tip}",
        original=tip,
        rows=[
            {
                "version": version,
                "who": history.who(version),
                "summary": history.summary(before, version),
                "before": before,
            }
            for version, before in zip(shown, earlier, strict=False)
        ],
        page=page,
        newest=tip.versions.newest_id(),
        may_revert=permissions.may_change(staff_of(request), tip),
        log=entries_about(tip)[:MOST_ENTRIES],
    )


def compare_view(tip_admin: ModelAdmin, request: StaffRequest, pk: int) -> HttpResponse:
    """Show the difference between two versions; without a second one, the one before it."""
    tip = tip_or_404(tip_admin, request, pk)
    old, new = (_version(tip, number_in(request.GET.get(name))) for name in ("old", "new"))
    if new is None:
        raise Http404("There is no such version.")
    if old is None:
        old = history.saved(tip).filter(pk__lt=new.pk).first() or new
    if old.pk > new.pk:
        old, new = new, old
    return tip_page(
        request,
        "compare",
        f"What changed: {tip}",
        original=tip,
        old=old,
        new=new,
        who_old=history.who(old),
        who_new=history.who(new),
        parts=history.diff(old, new),
        may_revert=permissions.may_change(request.user, tip),
        newest=tip.versions.newest_id(),
    )


def revert_view(tip_admin: ModelAdmin, request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """Show what bringing a version back would change, and do it on POST."""
    tip = tip_or_404(tip_admin, request, pk)
    version, newest = _version(tip, number), history.saved(tip).first()
    if version is None or newest is None:
        raise Http404("There is no such version.")
    if not permissions.may_change(request.user, tip):
        raise NotPermitted(f"You may not change “{tip}”.")
    if request.method == "POST":
        seen = number_in(request.POST.get("seen")) or None
        with refusals_told(request):
            messages.success(request, history.revert(tip, version, by=request.user, seen=seen))
            return HttpResponseRedirect(reverse("admin:tips_tip_change", args=[tip.pk]))
        return HttpResponseRedirect(reverse("admin:tips_tip_revert", args=[tip.pk, version.pk]))
    return tip_page(
        request,
        "revert",
        f"Bring back an earlier text: {tip}",
        original=tip,
        version=version,
        who=history.who(version),
        parts=history.diff(newest, version),
        newest=newest.pk,
    )


def _version(tip: Tip, number: int) -> TipVersion | None:
    return history.saved(tip).filter(pk=number).first()
