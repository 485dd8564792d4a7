"""Two people at one tip: who else has it open, and a form that is older than what it would overwrite.

The form carries the number of the newest version (``seen_version``). A form that was refused is shown again
with what was typed and with the newest number: whoever saves it then has seen the difference.
"""

from types import SimpleNamespace

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import URLPattern, reverse

from desk.pages import Context, StaffRequest, number_in, route, staff_of
from tips import permissions
from tips.admin.forms import TipForm, saved
from tips.admin.pages import tip_or_404
from tips.models import TEXTS, Tip, TipVersion
from tips.publishing import history, presence


def urls(tip_admin: ModelAdmin) -> list[URLPattern]:
    return [route(tip_admin, "<int:pk>/still-open/", still_open, "tips_tip_still_open")]


def still_open(tip_admin: ModelAdmin, request: StaffRequest, pk: int) -> HttpResponse:
    """Note that the form is still open; return as JSON the line about others, and about savings since."""
    tip = tip_or_404(tip_admin, request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    presence.touch(tip, request.user)
    if since := history.since(tip, number_in(request.POST.get("seen_version"))):
        line = f"{saved(since[1])} Your form is older; when you save it, you are shown the difference."
    else:
        line = presence.line(presence.others(tip, request.user))
    return JsonResponse({"line": line})


def form_context(request: HttpRequest, tip: Tip, form: TipForm) -> Context:
    """Return what the page with a tip's form says of others, and note that this person has it open."""
    user = staff_of(request)
    if not permissions.may_change(user, tip):
        return {}
    if request.method == "GET":
        presence.touch(tip, user)
    context = {
        "seen_version": tip.versions.newest_id(),
        "still_open": reverse("admin:tips_tip_still_open", args=[tip.pk]),
        "others": presence.line(presence.others(tip, user)),
    }
    if form.since:
        opened, newest = form.since
        context |= {
            "theirs": history.diff(opened, newest) if opened else [],
            "yours": history.diff(newest, _typed(form, newest)),
            "saved_by": history.who(newest),
        }
    return context


def _typed(form: TipForm, newest: TipVersion) -> SimpleNamespace:
    """Return what a refused form holds in the shape of a version; a faulty field stands as it is saved."""
    typed = form.cleaned_data
    categories = typed.get("in_categories")
    return SimpleNamespace(
        **{name: typed.get(name, getattr(newest, name)) for name in TEXTS},
        categories=newest.categories
        if categories is None
        else sorted(str(category) for category in categories),
        tags=typed.get("tags", newest.tags),
    )
