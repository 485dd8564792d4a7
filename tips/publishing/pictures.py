"""The pictures that somebody may use again, and the words by which they are found."""

import re
from itertools import islice
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db.models import Q

from tips.models import Image, ImageUse, Tip
from tips.permissions import CHANGE_ANY

MOST = 24


class Found(NamedTuple):
    """A picture, and what the tip that showed it last says of it; empty where no tip shows it."""

    image: Image
    alt: str = ""
    caption: str = ""
    title: str = ""


def library(user: User, query: str = "") -> list[Found]:
    """Return the pictures that somebody may see, the latest first, at most MOST.

    These are the pictures of what readers can see, of the person's own tips and uploads, and, for whoever may
    change all tips, of all. ``query`` narrows them to those whose words (alternative text, caption, the tip's
    title) hold each of its own.
    """
    uses = ImageUse.objects.select_related("image", "tip").order_by("-image__uploaded_at", "image", "-tip")
    if not user.has_perm(CHANGE_ANY):
        uses = uses.filter(Q(tip__author=user) | Q(tip__in=Tip.objects.published().order_by().values("pk")))
    for word in re.findall(r"\w+", query[:100]):
        uses = uses.filter(
            Q(alt__icontains=word) | Q(caption__icontains=word) | Q(tip__title__icontains=word)
        )
    uses = uses.only("alt", "caption", "image", "tip__title")
    found: dict[str, Found] = {}
    for use in islice(uses.iterator(), MOST * 8):
        found.setdefault(use.image_id, Found(use.image, use.alt, use.caption, use.tip.title))
    if not query.strip():
        unused = Image.objects.filter(uploaded_by=user, uses=None).order_by("-uploaded_at")[:MOST]
        found |= {image.name: Found(image) for image in unused}
    latest = sorted(found.values(), key=lambda each: (each.image.uploaded_at, each.image.name), reverse=True)
    return latest[:MOST]
