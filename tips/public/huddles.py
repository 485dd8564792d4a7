"""The sheet for a team's meeting about a tip: one page to print."""

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from tips.public import by_slug
from tips.publishing import huddles


@require_safe
def sheet(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the sheet of a tip to whoever may see its page: 404 before its moment, 410 once withdrawn."""
    tip = by_slug.tip(slug)
    if tip.is_gone:
        gone = render(request, "tips/withdrawn.html", status=410)
        patch_cache_control(gone, no_cache=True)
        return gone
    if tip.slug != slug:
        url = reverse("tips:huddle", args=[tip.slug])
        return HttpResponsePermanentRedirect(url, headers={"Cache-Control": "no-cache"})
    return render(request, "tips/huddle.html", {"tip": tip, "sheet": huddles.sheet(tip), "lines": range(8)})
