"""The card that a shared link shows: where it is, and who gets it.

A tip's card is served by the rule of its page: not before its moment, and gone once it is withdrawn. Where a
tip has none, or none yet, the site's own stands in for it; before the worker's first minute that is one with
the bell alone. None is drawn here.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from tips.models import Card, Tip
from tips.public import by_slug
from tips.text import shortening

# In characters; readers of screens read it out before the text.
_LONGEST_ALT = 300
# What ``drawing.site_card`` makes of no name.
_BARE = Path(settings.BASE_DIR) / "static" / "card.png"


class Shown(NamedTuple):
    """A card as a page names it: its full URL, and what it says."""

    url: str
    alt: str


def of(tip: Tip) -> Shown:
    """Return the card that a tip's page names, of a tip from ``by_slug``. Another picture has another URL."""
    if not tip.card_name:
        return of_site()
    path = reverse("tips:card", args=[tip.slug])
    said = " ".join(filter(None, [f"{tip.title}.", tip.takeaway]))
    url = f"{settings.SITE_URL}{path}?v={_version(tip.card_name)}"
    return Shown(url, shortening.at_word(said, _LONGEST_ALT))


def _version(name: str) -> str:
    """Return the beginning of the digest in a file's name: long enough to tell two pictures apart."""
    return name.removeprefix(f"{Card.FOLDER}/")[:10]


def of_site() -> Shown:
    """Return the site's own card, which all other pages name."""
    return Shown(settings.SITE_URL + reverse("tips:site_card"), settings.SITE_NAME)


@require_safe
def serve(request: HttpRequest, slug: str) -> HttpResponse:
    """Serve the card of a tip to whoever may see its page, or the site's own in its place."""
    try:
        tip = by_slug.tip(slug)
    except Http404:
        return _nothing(404, "There is no such card.")
    if tip.is_gone:
        return _nothing(410, "This tip was withdrawn.")
    if tip.slug != slug:
        moved = redirect("tips:card", tip.slug, permanent=True)
        moved.headers["Cache-Control"] = "no-cache"
        return moved
    return (tip.card_name and _served(request, tip.card_name)) or serve_site(request)


@require_safe
def serve_site(request: HttpRequest) -> HttpResponse:
    """Serve the site's own card."""
    names = Card.objects.filter(pk=Card.OF_SITE).values_list("name", flat=True)
    for name in names:
        if answer := _served(request, name):
            return answer
    return _sent(request, "bare", _bare)


@lru_cache(maxsize=1)
def _bare() -> bytes:
    return _BARE.read_bytes()


def _nothing(status: int, why: str) -> HttpResponse:
    """Say why there is no card, and have caches ask again: networks keep what ends in .png for a while."""
    headers = {"Cache-Control": "no-cache"}
    return HttpResponse(why, status=status, content_type="text/plain; charset=utf-8", headers=headers)


def _served(request: HttpRequest, name: str) -> HttpResponse | None:
    """Answer with the picture in a file, None where it is lost. Caches ask each time: it may be withdrawn."""

    def read() -> bytes:
        with default_storage.open(name) as file:
            content: bytes = file.read()
            return content

    try:
        return _sent(request, _version(name), read)
    except FileNotFoundError:
        return None


def _sent(request: HttpRequest, version: str, read: Callable[[], bytes]) -> HttpResponse:
    headers = {
        "ETag": f'"{version}"',
        "Cache-Control": "no-cache",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if known := get_conditional_response(request, etag=headers["ETag"]):
        return HttpResponse(status=known.status_code, headers=headers)
    return HttpResponse(read(), content_type="image/png", headers=headers)
