"""The verb over the owner's settings of the site."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from tips.models import Image, SiteSettings

# Returns the version of a wording, a new one for words that were not there before.
_WORDINGS: list[Callable[[str], int]] = []


def register_wordings(version_of: Callable[[str], int]) -> None:
    """Let the room that keeps what people agree to number the wordings."""
    _WORDINGS.append(version_of)


def save(site: SiteSettings, picture: Image | None = None, *, without_picture: bool = False) -> None:
    """Save settings that were validated, with another picture or none.

    Words of the sign-up that are new get a version of their own.
    """
    with transaction.atomic():
        former = site.host_picture_id
        if picture or without_picture:
            site.host_picture = picture
        for version_of in _WORDINGS:
            site.signup_version = version_of(site.signup_promise)
        site.save()
        if picture:
            Image.objects.filter(pk=picture.pk).update(unused_since=None)
        if former and former != site.host_picture_id:
            let_go = Image.objects.filter(pk=former, uses=None, pages=None, hosts=None)
            let_go.update(unused_since=timezone.now())
