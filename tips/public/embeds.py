"""A tip for a frame in somebody else's page: the only pages that may be framed.

They have no form and no script, and need no other file. Their links open in the window around the frame.
"""

from base64 import b64encode
from functools import lru_cache
from hashlib import sha256

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from tips.models import Tip
from tips.public import by_slug
from tips.public.current_tip import current
from tips.text import shortening

# In pixels: what a frame is given by whoever says nothing else. Longer texts scroll in it.
WIDTH, HEIGHT = 600, 300
# In characters, so that a page stays below 3 kB.
_LONGEST_TEXT = 420


@require_safe
def of_tip(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one tip, by the rule of its page: 404 before its moment, 410 once it is withdrawn."""
    tip = by_slug.tip(slug)
    if tip.is_gone:
        return _framed(request, None, status=410)
    if tip.slug != slug:
        url = reverse("tips:embed", args=[tip.slug])
        return HttpResponsePermanentRedirect(url, headers={"Cache-Control": "no-cache"})
    return _framed(request, tip)


@require_safe
def of_the_week(request: HttpRequest) -> HttpResponse:
    """Show the tip of the week, whichever it is by now."""
    return _framed(request, current())


def _framed(request: HttpRequest, tip: Tip | None, status: int = 200) -> HttpResponse:
    style, digest = _style()
    text = shortening.at_word(tip.takeaway or tip.excerpt, _LONGEST_TEXT) if tip else ""
    context = {"tip": tip, "text": text, "style": style, "is_gone": status == 410}
    response = render(request, "tips/embed.html", context, status=status)
    response.xframe_options_exempt = True
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors *; style-src '{digest}'"
    )
    return response


@lru_cache(maxsize=1)
def _style() -> tuple[SafeString, str]:
    """Return the style of the pages, and its digest as a content policy names it (CSP 3, section 2.3.1)."""
    style = render_to_string("tips/_embed_style.html")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return style, f"sha256-{digest}"
