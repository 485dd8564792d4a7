"""The site's own pages, as readers see them."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tips.models import Page

# Above a page stand so many at most: an address has no more parts.
_DEEPEST = 4


@require_safe
def page(request: HttpRequest, path: str) -> HttpResponse:
    """Show an approved page, or lead from a former address to the present one."""
    approved = Page.objects.filter(state=Page.State.APPROVED)
    page = approved.filter(path=f"/{path}/").select_related("parent__parent__parent").first()
    if page is None:
        moved = approved.filter(former_paths__path=f"/{path}/").first()
        if moved is None:
            raise Http404("There is no such page.")
        # It may be moved back one day.
        return HttpResponsePermanentRedirect(moved.path, headers={"Cache-Control": "no-cache"})
    trail, above = list[Page](), page.parent
    while above is not None and len(trail) < _DEEPEST:
        trail.insert(0, above)
        above = above.parent
    below = approved.filter(parent=page).only("title", "path")
    context = {"page": page, "below": below, "trail": [each for each in trail if each.state == page.state]}
    return render(request, "tips/page.html", context)
