"""Two people at one tip: who else has it open, and a form that is older than what it would overwrite.

The form carries the number of the newest version (``seen_version``). A form that was refused is shown again
with what was typed and with the newest number: whoever saves it then has seen the difference.
"""

from types import SimpleNamespace

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import reverse

from desk.pages import Context, StaffRequest, number_in, staff_of
from tips import permissions
from tips.admin.forms import TipForm, saved
from tips.admin.pages import tip_or_404
from tips.models import WRITTEN, Tip
from tips.publishing import history, presence


def still_open(request: StaffRequest, pk: int) -> HttpResponse:
    """Note that the form is still open; return as JSON the line about others, and about savings since."""
    tip = tip_or_404(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    presence.touch(tip, request.user)
    since = history.since(tip, number_in(request.POST.get("seen_version")))
    older = "Your form is older; when you save it, you are shown the difference."
    line = f"{saved(since[1])} {older}" if since else presence.line(presence.others(tip, request.user))
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
        typed = form.cleaned_data
        # What the refused form holds, in the shape of a version; a faulty field stands as it is saved.
        yours = SimpleNamespace(
            **{name: typed.get(name, getattr(newest, name)) for name in (*WRITTEN, "tags")}
        )
        yours.categories = sorted(map(str, typed.get("in_categories", newest.categories)))
        context["theirs"] = history.diff(opened, newest) if opened else []
        context |= {"yours": history.diff(newest, yours), "saved_by": history.who(newest)}
    return context
