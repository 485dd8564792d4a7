"""The pictures of a body: what each must have, and those that somebody may use again."""

import re
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db.models import OuterRef, Q, Subquery

from desk.errors import WrongState
from tips.models import Image, ImageUse, Tip
from tips.permissions import CHANGE_ANY
from tips.text import body_images, sanitiser
from tips.text.body_images import Shown

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
    uses = ImageUse.objects.all()
    if not user.has_perm(CHANGE_ANY):
        uses = uses.filter(Q(tip__author=user) | Q(tip__in=Tip.objects.published().order_by().values("pk")))
    for word in re.findall(r"\w+", query[:100]):
        uses = uses.filter(
            Q(alt__icontains=word) | Q(caption__icontains=word) | Q(tip__title__icontains=word)
        )
    # The pictures first, each with its last use alone, however many tips show one of them.
    last = uses.filter(image=OuterRef("pk")).order_by("-tip").values("pk")[:1]
    latest = Image.objects.annotate(last_use=Subquery(last)).exclude(last_use=None)
    shown = {vars(image)["last_use"]: image for image in latest.order_by("-uploaded_at", "-name")[:MOST]}
    of_shown = ImageUse.objects.filter(pk__in=shown).select_related("tip")
    found = {
        shown[use.pk].name: Found(shown[use.pk], use.alt, use.caption, use.tip.title)
        for use in of_shown.only("alt", "caption", "tip__title")
    }
    if not query.strip():
        unused = Image.objects.filter(uploaded_by=user, uses=None).order_by("-uploaded_at")[:MOST]
        found |= {image.name: Found(image) for image in unused}
    latest_first = sorted(
        found.values(), key=lambda each: (each.image.uploaded_at, each.image.name), reverse=True
    )
    return latest_first[:MOST]


def without_gone(body: str) -> tuple[str, list[Shown]]:
    """Return a clean body without the pictures that are not on the site any more, and those pictures."""
    shown = body_images.shown(body)
    names = {image.name for image in shown}
    here = set(Image.objects.filter(pk__in=names).values_list("pk", flat=True)) if names else set()
    gone = [image for image in shown if image.name not in here]
    if not gone:
        return body, []
    return sanitiser.clean(body_images.without(body, names - here)), gone


def with_image_sizes(body: str) -> str:
    """Return a clean body with the sizes of its images set.

    Raises WrongState where an image has no alternative text, or is not there.
    """
    shown = body_images.shown(body)
    if not shown:
        return body
    images = Image.objects.in_bulk({image.name for image in shown})
    for number, (name, alt, _) in enumerate(shown, 1):
        noun = "The picture" if len(shown) == 1 else f"Picture {number}"
        if name not in images:
            raise WrongState(f"{noun} is not on this site (any more). Upload it again, or take it out.")
        if not alt:
            missing = f"{noun} has no alternative text."
            raise WrongState(f"{missing} Say what it shows, for those who cannot see it.")
    return body_images.with_sizes(body, {name: (image.width, image.height) for name, image in images.items()})
