"""What to put into a page in place of a tip's URL (oEmbed 1.0, oembed.com). Nothing is fetched for it.

A tip's URL, that of its embed, and home's are known; home's means the tip of the week.
"""

from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import Resolver404, resolve, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from tips.public import by_slug, embeds

# The parameters of the query that change the answer.
PARAMETERS = ("url", "format", "maxwidth", "maxheight")
# Nobody's URL of ours is longer.
_LONGEST_URL = 3000
_OF_THE_WEEK = {"home", "embed_current"}
_OF_A_TIP = {"detail", "embed"}


@require_safe
def answer(request: HttpRequest) -> JsonResponse:
    """Answer with what the page around is to show: a frame, at most as wide and high as was asked for.

    404 says that the URL is of no tip (2.3.4.1), 410 that its tip was withdrawn, and 501 that the answer is
    to be had as JSON alone.
    """
    if request.GET.get("format", "json") != "json":
        return _refusal(501, "The answer is to be had as JSON alone: ask with format=json.")
    try:
        slug = _slug(request.GET.get("url", ""))
        tip = by_slug.tip(slug) if slug else None
    except Http404:
        return _refusal(404, "The parameter url names no tip of this site. Give the address of a tip's page.")
    if tip and tip.is_gone:
        return _refusal(410, "The tip was withdrawn.")
    title = tip.title if tip else settings.SITE_NAME
    path = reverse("tips:embed", args=[tip.slug]) if tip else reverse("tips:embed_current")
    width = _at_most(request.GET.get("maxwidth"), embeds.WIDTH)
    height = _at_most(request.GET.get("maxheight"), embeds.HEIGHT)
    frame = format_html(
        '<iframe src="{}" width="{}" height="{}" title="{}" loading="lazy" style="border:0;max-width:100%">'
        "</iframe>",
        settings.SITE_URL + path,
        width,
        height,
        title,
    )
    return _as_json(
        {
            "version": "1.0",
            "type": "rich",
            "html": frame,
            "width": width,
            "height": height,
            "title": title,
            "provider_name": settings.SITE_NAME,
            "provider_url": f"{settings.SITE_URL}/",
        }
    )


def _slug(url: str) -> str:
    """Return the slug of the tip that a URL is of, "" for the tip of the week. Raises Http404."""
    try:
        parts = urlsplit(url[:_LONGEST_URL])
    except ValueError:
        raise Http404("This is no URL.") from None
    if parts.scheme not in ("http", "https") or parts.netloc.lower() != urlsplit(settings.SITE_URL).netloc:
        raise Http404("This is no page of this site.")
    try:
        match = resolve(unquote(parts.path) or "/")
    except Resolver404:
        raise Http404("There is no such page.") from None
    if match.namespace == "tips" and match.url_name in _OF_A_TIP:
        return str(match.kwargs["slug"])
    if match.namespace == "tips" and match.url_name in _OF_THE_WEEK:
        return ""
    raise Http404("This page is of no tip.")


def _at_most(asked: str | None, usual: int) -> int:
    """Return a length in pixels: the usual one, or less where less is asked for."""
    return min(int(asked), usual) if asked and asked.isdecimal() and len(asked) < 6 and int(asked) else usual


def _refusal(status: int, why: str) -> JsonResponse:
    return _as_json({"error": why}, status)


def _as_json(data: dict[str, object], status: int = 200) -> JsonResponse:
    """Return an answer that scripts of any site may read, since it is everybody's."""
    return JsonResponse(
        data,
        status=status,
        json_dumps_params={"ensure_ascii": False},
        headers={"Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache"},
    )
