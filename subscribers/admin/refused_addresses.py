"""The page on which staff decide where too many addresses at once were refused in mailing after mailing."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from desk.pages import Context, StaffRequest, page, require
from desk.verbs import refusals_told
from subscribers.delivery import repeated_refusals
from subscribers.mailings import refused_addresses
from subscribers.models import RepeatedRefusal, Suppression

_VERBS: dict[str, Callable[..., str]] = {
    "suppress": refused_addresses.suppress,
    "keep": refused_addresses.keep,
    "undo": refused_addresses.undo,
}


def refused_view(request: StaffRequest) -> HttpResponse:
    """Show how many were refused, of how many; do on POST what a button says."""
    require(request, *refused_addresses.SEE)
    if request.method == "POST":
        require(request, *refused_addresses.DECIDE)
        if verb := _VERBS.get(request.POST.get("do", "")):
            with refusals_told(request):
                messages.success(request, verb(by=request.user))
        return redirect("admin:subscribers_refused")
    question = refused_addresses.question()
    context: Context = {
        "opts": Suppression._meta,
        "question": question,
        "replies": refused_addresses.replies() if question else [],
        "last": refused_addresses.last_decision(),
        "silenced": RepeatedRefusal.objects.filter(state=RepeatedRefusal.State.SUPPRESSED).count(),
        "may_decide": request.user.has_perms(refused_addresses.DECIDE),
        "refusals": repeated_refusals.FEWEST_REFUSALS,
        "days": repeated_refusals.SHORTEST_DAYS,
    }
    return page(request, "subscribers/refused", "Refused again and again", **context)
