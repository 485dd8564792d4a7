"""What is answered where nothing can be written: the disk is full or read-only, or the database is away.

Readers' pages write nothing, and are served. Whoever sends a form gets 503, when to come again, and a page
that says so and holds what was typed. Each verb runs in one transaction, so that nothing of it was done.
"""

import logging
import sys
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string

from desk.storage_errors import COME_AGAIN_SOON, retry_after
from shield import request_origin
from tipsite.pages.application import AWAY

_log = logging.getLogger(__name__)
_BARE = """<!doctype html>
<html lang="en">
<title>Something went wrong</title>
<h1>Something went wrong on our side</h1>
<p>The page could not be shown. It was not your doing. Please try again in a minute.</p>
<p><a href="/">Go to the latest tip</a></p>
"""
# What no page shows again; what it had to do with is typed anew.
_SECRET = ("password", "code", "token")


def answer(request: HttpRequest) -> HttpResponse:
    """Answer a request that failed: 503 where nothing can be written or read just now, otherwise 500.

    Django calls this (``handler500``) while it handles the exception, from whatever layer that came.
    """
    return _come_again(request, sys.exc_info()[1]) or _failed(500)


def answer_bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django takes for a bad one (``handler400``): 503 as above, otherwise 400.

    A session that cannot be saved looks to Django like one that was deleted meanwhile.
    """
    return _come_again(request, exception) or _failed(400)


def answer_while_away(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware that asks readers to come again where the page store knows that the database is away.

    So no request waits for the database in vain, and each leaves one line in the log.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        return _page(request, request.META[AWAY]) if AWAY in request.META else get_response(request)

    return middleware


def _come_again(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    seconds = retry_after(error)
    return None if seconds is None else _page(request, seconds)


def _failed(status: int) -> HttpResponse:
    """Return the page of a failure; a bare one where the fault lies in what dresses all pages."""
    try:
        page: str = render_to_string(f"{status}.html", {"SITE_NAME": settings.SITE_NAME})
    except Exception:
        _log.exception("The page for status %s could not be written either.", status)
        page = _BARE
    return HttpResponse(page, status=status)


def _page(request: HttpRequest, seconds: int) -> HttpResponse:
    """Return the page that says to come again after some seconds."""
    context = {
        "SITE_NAME": settings.SITE_NAME,
        "SITE_URL": settings.SITE_URL,
        "is_sent": request.method not in ("GET", "HEAD"),
        "is_busy": seconds == COME_AGAIN_SOON,
        "action": request.get_full_path(),
        "carried": _carried(request),
        # A form that came with a token is taken only with one. Readers' forms have none, and get no cookie.
        "csrf_token": get_token(request) if "csrfmiddlewaretoken" in request.POST else "",
    }
    response = HttpResponse(render_to_string("503.html", context), status=503)
    response["Retry-After"] = str(seconds)
    response["Cache-Control"] = "no-store"
    return response


def _carried(request: HttpRequest) -> list[tuple[str, str]]:
    """Return (name, value) of each field of a form that the page can hold to be sent again.

    Nothing of a form with a secret or a file, and of one that did not come from a page of ours.
    """
    if request.method != "POST" or request_origin.origin(request) is not request_origin.Origin.OWN:
        return []
    typed = [name for name in request.POST if name != "csrfmiddlewaretoken"]
    if request.FILES or any(word in name for name in typed for word in _SECRET):
        return []
    return [(name, each) for name in typed for each in request.POST.getlist(name)]
