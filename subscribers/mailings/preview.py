"""A tip's mail in the desk: at two widths, light and dark, and as plain text.

The page shows the HTML in frames. Each is a response of its own with a policy of its own, under which its
styles count and nothing else does: no script runs in it and nothing comes from another site.
"""

import re

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp, csp_replace
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from subscribers.tipmail import rendering
from tips.models import WRITTEN, Tip

# The fields of a tip that its mail is made of, as the form names them.
_FIELDS = WRITTEN
FRAMES = [
    ("desktop-light", "Desktop, light", 640),
    ("phone-light", "Phone, light", 320),
    ("desktop-dark", "Desktop, dark", 640),
    ("phone-dark", "Phone, dark", 320),
]
# No form, no script, no way out of the frame but in a new tab. Its images are asked for with the cookies of
# the person who looks: the images of a tip that is not public are shown to staff alone.
_FRAME_POLICY = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "img-src": [SELF],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": ["allow-same-origin", "allow-popups", "allow-popups-to-escape-sandbox"],
}
_PAGE_POLICY = {"script-src": [SELF], "frame-src": [SELF]}
_DARK = re.compile(r"(?:screen and )?\(\s*prefers-color-scheme:\s*dark\s*\)")


def mail(request: HttpRequest, tip: Tip) -> HttpResponse:
    """Show a tip's mail, or, where the request says so in ``frame``, its HTML for one of the frames."""
    test_url = ""
    if tip.pk and request.user.has_perm("tips.change_tip"):
        test_url = reverse("admin:subscribers_mailing_send_test", args=[tip.pk])
    return show(request, rendering.render(tip), test_url)


def show(request: HttpRequest, frozen: rendering.Frozen, test_url: str = "") -> HttpResponse:
    """Show a mail that is written, as ``mail`` does; ``test_url`` is the page that sends a test, or ""."""
    data = request.POST if request.method == "POST" else request.GET
    if frame := data.get("frame"):
        response, policy = _frame(frozen, is_dark=str(frame).endswith("dark")), csp(_FRAME_POLICY)
    else:
        context = {
            "frozen": frozen,
            "frames": FRAMES,
            "test_url": test_url,
            "size": len(frozen.html.encode()) / 1000,
            "most": rendering.MOST_HTML_BYTES // 1000,
            # Typed texts are nowhere but in the request: each frame sends them again.
            "typed": [(name, data.get(name, "")) for name in _FIELDS] if data is request.POST else None,
        }
        response = render(request, "subscribers/mail_preview.html", context)
        policy = csp_replace(_PAGE_POLICY)
    # The decorator of a view notes the policy on its response.
    policy(lambda _: response)(request)
    return response


def _frame(frozen: rendering.Frozen, is_dark: bool) -> HttpResponse:
    # A frame follows the reader's own light or dark; here each frame has one of the two.
    medium, scheme = ("all", "dark") if is_dark else ("not all", "only light")
    page = _DARK.sub(medium, frozen.html).replace('content="light dark"', f'content="{scheme}"')
    page = page.replace("<head>", '<head><base target="_blank">', 1)
    # Images come from the host of the desk, which may differ from the site's.
    page = re.sub(rf'src="{re.escape(settings.SITE_URL)}(?=/(?:media|static)/)', 'src="', page)
    return HttpResponse(page, headers={"X-Frame-Options": "SAMEORIGIN"})
