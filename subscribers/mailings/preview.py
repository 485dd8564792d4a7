"""A tip's mail in the desk: at two widths, light and dark, and as plain text.

The page shows the HTML in frames. Each is a response of its own with a policy of its own, under which its
styles count and nothing else does: no script runs in it and nothing comes from another site.
"""

import re

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp, csp_replace
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from subscribers.tipmail import writing
from tips.publishing import preview
from tips.text import body_images

# What the form holds of a tip, and its mail is made of.
_FIELDS = ("title", "takeaway", "excerpt", "body")
FRAMES = [
    ("desktop-light", "Desktop, light", 640),
    ("phone-light", "Phone, light", 320),
    ("desktop-dark", "Desktop, dark", 640),
    ("phone-dark", "Phone, dark", 320),
]
# No form, no script, no way out of the frame but in a new tab. Its pictures are asked for by whoever looks,
# for those of a tip that is not public are shown to staff alone.
_SANDBOX = ["allow-same-origin", "allow-popups", "allow-popups-to-escape-sandbox"]
_DARK = re.compile(r"\(\s*prefers-color-scheme:\s*dark\s*\)")


def mail(request, tip):
    """Show a tip's mail, or, where the request says so in ``frame``, its HTML for one of the frames."""
    trial = ""
    if tip.pk and request.user.has_perm("tips.change_tip"):
        trial = reverse("admin:subscribers_mailing_send_test", args=[tip.pk])
    return show(request, writing.render(tip), trial)


def show(request, frozen, trial=""):
    """Show what a mail says (a ``writing.Frozen``) as ``mail`` does; ``trial`` is where a test is sent."""
    asked = request.POST if request.method == "POST" else request.GET
    if frame := asked.get("frame"):
        return _frame(frozen, is_dark=frame.endswith("dark"))
    return _page(request, frozen, trial)


def needs_link(tip):
    """Tell whether a tip has pictures that are not public yet, so that only a preview link shows them."""
    return not tip.is_published and bool(body_images.shown(tip.body))


def picture_token(tip, *, by):
    """Return the token by which a test of a tip's mail shows its pictures, of a preview link that it makes.

    It is empty where none is needed, and where ``by`` may not show the tip to others.
    """
    if not (needs_link(tip) and preview.may_see(by, tip)):
        return ""
    return preview.token(preview.make_link(tip, by=by))


@csp_replace({"script-src": [SELF], "frame-src": [SELF]})
def _page(request, frozen, trial):
    context = {
        "frozen": frozen,
        "frames": FRAMES,
        "trial": trial,
        "size": len(frozen.html.encode()) / 1000,
        "most": writing.MOST_HTML_BYTES // 1000,
        # What was typed is nowhere but in the request: each frame asks with it again.
        "typed": [(name, request.POST.get(name, "")) for name in _FIELDS]
        if request.method == "POST"
        else None,
    }
    return render(request, "subscribers/mail_preview.html", context)


@csp(
    {
        "default-src": [NONE],
        "style-src": [UNSAFE_INLINE],
        "img-src": [SELF],
        "base-uri": [NONE],
        "form-action": [NONE],
        "frame-ancestors": [SELF],
        "sandbox": _SANDBOX,
    }
)
def _frame(frozen, is_dark):
    # A frame has its reader's own light or dark: here it is the one asked for.
    page = _DARK.sub("all" if is_dark else "not all", frozen.html)
    page = page.replace(
        'content="light dark"', 'content="dark"' if is_dark else 'content="only light"'
    ).replace("<head>", '<head><base target="_blank">', 1)
    # Pictures from where the desk is looked at, which may go by another name than the site.
    page = page.replace(f'src="{settings.SITE_URL}/media/', 'src="/media/')
    response = HttpResponse(page)
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response
