"""The images under ``/media/``.

Readers see an image while a published tip shows it, and caches for up to a day longer; before and after,
only staff and those who hold a live preview link do.
"""

from collections.abc import Iterator
from contextlib import suppress

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.files import File
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from tips.image_store import KINDS
from tips.models import Image, ImageUse, Page, Tip
from tips.permissions import CHANGE_ANY
from tips.public import byte_ranges
from tips.publishing import preview
from tips.text import body_images

# What is in memory of a file at once, in bytes.
_CHUNK = 2**16


@require_safe
def serve(request: HttpRequest, name: str) -> HttpResponseBase:
    """Serve an image: to everybody while a published tip shows it, else to its writers and by a preview link.

    Its writers are who uploaded it, the authors of tips that show it, and whoever may change all tips.

    Browsers and caches may keep a public image for a day. No longer, for it may be withdrawn.
    """
    image = get_object_or_404(Image, name=name)
    is_public = _is_public(image)
    if not is_public and not _may_see(request, image):
        raise Http404("There is no such picture.")
    # A page asks for the copy for small screens whether it is made by now or not.
    is_small = request.GET.get("w") == str(body_images.SMALL) and bool(image.small_size)
    tag = f'"{name}{"-small" if is_small else ""}"'
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin" if is_public else "same-origin",
        "Cache-Control": "public, max-age=86400" if is_public else "private, no-store",
        **({"ETag": tag} if is_public else {"X-Robots-Tag": "noindex"}),
    }
    # Whoever has it already costs the store nothing.
    if is_public and (known := get_conditional_response(request, etag=headers["ETag"])):
        return HttpResponse(status=known.status_code, headers=headers)
    file, size = _opened(image, is_small=is_small)
    if is_small and size == image.size and "ETag" in headers:
        headers["ETag"] = f'"{name}"'
    part = byte_ranges.asked_for(request, size, headers.get("ETag", ""))
    if part is not None and not part:
        file.close()
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    sent, status = range(size), 200
    if part is not None:
        sent, status = part, 206
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    headers |= {"Accept-Ranges": "bytes", "Content-Length": str(len(sent))}
    kind = KINDS[name.rsplit(".", 1)[1]]
    if request.method == "HEAD":
        file.close()
        return HttpResponse(status=status, content_type=kind, headers=headers)
    return StreamingHttpResponse(_Part(file, sent), status=status, content_type=kind, headers=headers)


def _opened(image: Image, *, is_small: bool) -> tuple[File[bytes], int]:
    """Return the open file of a picture or of its small copy, and its size. Raises Http404.

    The picture stands in for a copy that was lost: the worker makes it again.
    """
    if is_small:
        with suppress(FileNotFoundError):
            return default_storage.open(image.small_name), image.small_size or 0
    try:
        return default_storage.open(image.name), image.size
    except FileNotFoundError:
        raise Http404("There is no such picture.") from None


def _is_public(image: Image) -> bool:
    """Tell whether readers see a picture now, with a tip, on a page of the site's own, or by the settings."""
    if ImageUse.objects.filter(image=image, tip__in=Tip.objects.published()).exists():
        return True
    return image.hosts.exists() or image.pages.filter(page__state=Page.State.APPROVED).exists()


class _Part:
    """A part of an open file, in chunks; ``close`` closes the file, also where nobody read of it."""

    def __init__(self, file: File[bytes], part: range) -> None:
        self._file, self._part = file, part
        self.close = file.close

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(self._part.start)
        left = len(self._part)
        while left and (chunk := self._file.read(min(left, _CHUNK))):
            left -= len(chunk)
            yield chunk


def _may_see(request: HttpRequest, image: Image) -> bool:
    # The admin site also turns away staff who have still to give a code.
    user = request.user
    if isinstance(user, User) and admin.site.has_permission(request) and user.has_perm("tips.view_tip"):
        is_own = image.uploaded_by_id == user.pk or image.uses.filter(tip__author=user).exists()
        if is_own or user.has_perm(CHANGE_ANY):
            return True
    link = preview.live_link(request.GET.get("preview", ""))
    return link is not None and ImageUse.objects.filter(image=image, tip=link.tip).exists()
