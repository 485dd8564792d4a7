"""The slugs of tips: made from the title, kept from then on, and changed only on purpose."""

from collections.abc import Container
from itertools import chain, count

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from desk.errors import Overtaken, WrongState
from desk.log import log
from tips.models import FormerSlug, Tip, TipAction
from tips.permissions import CHANGE_ANY, permit
from tips.text.slugify import canonical, is_slug, slugify

LONGEST = 200


def free(title: str, besides: int = 0) -> str:
    """Return a slug made from a title that no other tip has or had; empty only for an empty title.

    ``besides`` is the id of the tip that it is for.
    """
    base = slugify(title, LONGEST, accents=False)
    tips = Tip.objects.filter(slug__startswith=base).exclude(pk=besides)
    former = FormerSlug.objects.filter(tip__isnull=False, slug__startswith=base).exclude(tip=besides)
    taken = {*tips.values_list("slug", flat=True), *former.values_list("slug", flat=True)}
    return numbered(base, taken - {""}, LONGEST)


def numbered(base: str, taken: Container[str], longest: int) -> str:
    """Return a slug, with a number behind its first ``longest`` characters where it is taken."""
    numbered_slugs = (f"{base[:longest]}-{number}" for number in count(2))
    return next(slug for slug in chain([base], numbered_slugs) if slug not in taken)


def require_free(slug: str, besides: int = 0, *, by: User) -> None:
    """Raise WrongState where another tip has a slug, or had it and still sends its readers on.

    The other tip is named to ``by`` only where it is public, or they may read it all the same.
    """
    tips = Tip.objects.exclude(pk=besides)
    other, verb, ending = tips.filter(slug=slug).first(), "is", ""
    if other is None:
        other = tips.filter(former_slugs__slug=slug).first()
        verb, ending = "was", ", and still leads there"
    if other and not (by.has_perm(CHANGE_ANY) or other.is_published):
        raise WrongState("This address is taken. Choose another.")
    if other:
        raise WrongState(f"“{slug}” {verb} the address of “{other}”{ending}. Choose another.")


def change(tip: Tip, slug: str, *, by: User) -> str:
    """Give a tip another slug, on purpose. Where readers knew the old one, it leads to the new one.

    Going back to a slug that the tip had is fine. Raises WrongState where the slug is none, or another tip's.
    """
    permit(by, CHANGE_ANY, "change the address of a tip")
    slug = canonical(slug.strip().strip("/"))
    if len(slug) > LONGEST or not is_slug(slug):
        raise WrongState(f"An address has small letters, digits and hyphens, at most {LONGEST}: “thank-you”.")
    with transaction.atomic():
        before = Tip.objects.select_for_update(of=("self",)).filter(pk=tip.pk).first()
        if before is None or before.slug != tip.slug:
            raise Overtaken(f"Somebody else changed the address of “{tip}” meanwhile. Look at it again.")
        if slug == before.slug:
            raise WrongState(f"“{slug}” is its address already.")
        require_free(slug, besides=tip.pk, by=by)
        FormerSlug.objects.filter(tip=tip, slug=slug).delete()
        sentence = f"Address changed from “{before.slug}” to “{slug}”."
        if before.is_published or before.is_gone:
            FormerSlug.objects.get_or_create(tip=tip, slug=before.slug)
            sentence += " The old one leads there."
        Tip.objects.filter(pk=tip.pk).update(slug=slug, updated_at=timezone.now())
        tip.slug = slug
        return log(by, tip, TipAction.SLUG_CHANGED, sentence)
