"""URLs of readers' pages as others write them: in capitals, with decomposed or wide letters, encoded twice.

Each leads to the page's own URL by one redirect, and only where the answer would be that nothing is found.
"""

from collections.abc import Callable
from urllib.parse import unquote

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import Resolver404, ResolverMatch, resolve, reverse

from tips.text import slugify

# Their tokens and names of files are exact: a URL in other letters is another one.
_EXACT = {"preview", "media"}


def lead_to_canonical(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Return the middleware that leads from what is not found to the URL that was meant, if any."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 404 and request.method in ("GET", "HEAD"):
            return _redirect(request) or response
        return response

    return middleware


def _redirect(request: HttpRequest) -> HttpResponse | None:
    match = _meant(request.path_info)
    if match is None:
        return None
    url = reverse(match.view_name, args=match.args, kwargs=match.kwargs)
    if match.kwargs:
        # Only the view knows whether there is such a page, and whether it has moved since.
        try:
            found = match.func(request, *match.args, **match.kwargs)
        except Http404:
            return None
        url = found.headers.get("Location", url)
    query = request.META.get("QUERY_STRING", "")
    # Browsers ask again: as with a former slug, this may be another page one day.
    headers = {"Cache-Control": "no-cache"}
    return HttpResponsePermanentRedirect(f"{url}?{query}" if query else url, headers=headers)


def _meant(path: str) -> ResolverMatch | None:
    """Return the page of ours that a path means in other letters, or None."""
    canonical = slugify.canonical(unquote(path))
    if canonical == path:
        return None
    for candidate in (canonical, f"{canonical}/"):
        try:
            match = resolve(candidate)
        except Resolver404:
            continue
        return match if match.namespace == "tips" and match.url_name not in _EXACT else None
    return None
