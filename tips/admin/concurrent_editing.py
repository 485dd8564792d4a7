"""Two people at one tip: who else has it open, and what one of them changed meanwhile.

The form carries what it showed (``desk.concurrent_forms``), and the number of the newest version
(``seen_version``), by which the page tells who saved the tip since, and what that changed.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import reverse

from desk.pages import Context, StaffRequest, number_in, staff_of
from tips import permissions
from tips.admin.forms import TipForm, saved
from tips.admin.pages import tip_or_404
from tips.models import Tip
from tips.publishing import history, presence, workflow


def still_open(request: StaffRequest, pk: int) -> HttpResponse:
    """Note that the form is still open; return as JSON the line about others, and about savings since."""
    tip = tip_or_404(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    presence.touch(tip, request.user)
    workflow.begin_review(tip, by=request.user)
    presence.forget_old()
    since = history.since(tip, number_in(request.POST.get("seen_version")))
    stays = "What you did not touch stays as they left it; where you both changed the same, you are asked."
    line = f"{saved(since[1])} {stays}" if since else presence.line(presence.others(tip, request.user))
    return JsonResponse({"line": line})


def form_context(request: HttpRequest, tip: Tip, form: TipForm) -> Context:
    """Return what the page with a tip's form says of others, and note that this person has it open."""
    user = staff_of(request)
    if not permissions.may_change(user, tip):
        return {}
    context = {
        "seen_version": version_shown(tip),
        "still_open": reverse("admin:tips_tip_still_open", args=[tip.pk]),
        "others": presence.line(presence.others(tip, user)),
    }
    if form.since and form.is_bound:
        opened, newest = form.since
        context["theirs"] = history.diff(opened, newest) if opened else []
        context["saved_by"] = history.who(newest)
    return context


def version_shown(tip: Tip) -> int:
    """Return the number of the version that was the newest when a tip was read to be shown."""
    shown = vars(tip).get("version_shown")
    return shown if isinstance(shown, int) else tip.versions.newest_id()
