"""The pictures under ``/media/``.

Readers see a picture while a published tip shows it, and caches for up to a day longer; before and after,
only staff and those who hold a live preview link do.
"""

from pathlib import Path

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from tips.images import KINDS
from tips.models import Image, ImageUse, Tip
from tips.publishing import preview


@require_safe
def serve(request, name):
    """Give out a picture: to everybody while a published tip shows it, else to staff and by a preview link.

    A public one may be kept for a day, by browsers and by caches on the way: no longer, for it may be
    withdrawn.
    """
    image = Image.objects.filter(name=name).first()
    if image is None:
        raise Http404("There is no such picture.")
    public = ImageUse.objects.filter(image=image, tip__in=Tip.objects.published()).exists()
    if not public and not _may_see(request, image):
        raise Http404("There is no such picture.")
    try:
        content = (Path(settings.MEDIA_ROOT) / name).read_bytes()
    except FileNotFoundError:
        raise Http404("There is no such picture.") from None
    response = HttpResponse(content, content_type=KINDS[name.rsplit(".", 1)[1]])
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin" if not public else "cross-origin"
    if public:
        response["Cache-Control"] = "public, max-age=86400"
        response["ETag"] = f'"{name}"'
    else:
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
    return response


def _may_see(request, image):
    # The desk also turns away who has still to give a code.
    if admin.site.has_permission(request) and request.user.has_perm("tips.view_tip"):
        return True
    link = preview.opened(request.GET.get("preview", ""))
    return link is not None and ImageUse.objects.filter(image=image, tip=link.tip).exists()
