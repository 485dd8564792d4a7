"""The images under ``/media/``.

Readers see an image while a published tip shows it, and caches for up to a day longer; before and after,
only staff and those who hold a live preview link do.
"""

from pathlib import Path

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from tips.image_store import KINDS
from tips.models import Image, ImageUse, Tip
from tips.permissions import CHANGE_ANY
from tips.publishing import preview


@require_safe
def serve(request: HttpRequest, name: str) -> HttpResponse:
    """Serve an image: to everybody while a published tip shows it, else to its writers and by a preview link.

    Its writers are who uploaded it, the authors of tips that show it, and whoever may change all tips.

    Browsers and caches may keep a public image for a day. No longer, for it may be withdrawn.
    """
    image = get_object_or_404(Image, name=name)
    is_public = ImageUse.objects.filter(image=image, tip__in=Tip.objects.published()).exists()
    if not is_public and not _may_see(request, image):
        raise Http404("There is no such picture.")
    try:
        content = (Path(settings.MEDIA_ROOT) / name).read_bytes()
    except FileNotFoundError:
        raise Http404("There is no such picture.") from None
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin" if is_public else "same-origin",
        "Cache-Control": "public, max-age=86400" if is_public else "private, no-store",
        **({"ETag": f'"{name}"'} if is_public else {"X-Robots-Tag": "noindex"}),
    }
    return HttpResponse(content, content_type=KINDS[name.rsplit(".", 1)[1]], headers=headers)


def _may_see(request: HttpRequest, image: Image) -> bool:
    # The admin site also turns away staff who have still to give a code.
    user = request.user
    if isinstance(user, User) and admin.site.has_permission(request) and user.has_perm("tips.view_tip"):
        is_own = image.uploaded_by_id == user.pk or image.uses.filter(tip__author=user).exists()
        if is_own or user.has_perm(CHANGE_ANY):
            return True
    link = preview.live_link(request.GET.get("preview", ""))
    return link is not None and ImageUse.objects.filter(image=image, tip=link.tip).exists()
