"""The addresses of tips: made from the title, kept from then on, and changed only on purpose."""

import itertools
import re

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from desk.errors import Overtaken, WrongState
from desk.log import log
from tips.models import FormerSlug, Tip, TipAction
from tips.permissions import CHANGE_ANY, permit

LONGEST = 200
_TAKEN = "This address is taken. Choose another."
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


def free(title, besides=None):
    """Return an address made from a title that no other tip has or had; empty where a title makes none.

    ``besides`` is the id of the tip that it is for.
    """
    base = slugify(title)[:LONGEST].strip("-_")
    tips = Tip.objects.filter(slug__startswith=base).exclude(pk=besides)
    former = FormerSlug.objects.filter(tip__isnull=False, slug__startswith=base).exclude(tip=besides)
    taken = {*tips.values_list("slug", flat=True), *former.values_list("slug", flat=True)}
    return numbered(base, taken)


def numbered(base, taken):
    """Return a slug, or the first of slug-2, slug-3… where it is among those ``taken``."""
    candidates = itertools.chain([base], (f"{base}-{number}" for number in itertools.count(2)))
    return next(slug for slug in candidates if slug not in taken)


def require_free(slug, besides=None, *, by):
    """Raise WrongState where another tip has an address, or had it and still sends its readers on.

    The other tip is named to ``by`` only where it is public, or they may read it all the same.
    """
    sees_all = by.has_perm(CHANGE_ANY)
    other = Tip.objects.filter(slug=slug).exclude(pk=besides).first()
    if other:
        if not (sees_all or other.is_published):
            raise WrongState(_TAKEN)
        raise WrongState(f"“{slug}” is the address of “{other}”. Choose another.")
    former = FormerSlug.objects.select_related("tip").filter(slug=slug, tip__isnull=False)
    former = former.exclude(tip=besides).first()
    if former:
        if not (sees_all or former.tip.is_published):
            raise WrongState(_TAKEN)
        raise WrongState(
            f"“{slug}” was the address of “{former.tip}”, and still leads there. Choose another."
        )


def change(tip, slug, *, by):
    """Give a tip another address, on purpose. Where readers knew the old one, it leads to the new one.

    Going back to an address that the tip had is fine. Raises WrongState where the address is none, or
    another tip's.
    """
    permit(by, CHANGE_ANY, "change the address of a tip")
    slug = slug.strip().strip("/").lower()
    if len(slug) > LONGEST or not _SLUG.fullmatch(slug):
        raise WrongState(
            f"An address is made of small letters, digits and hyphens, at most {LONGEST}: “thank-you-notes”."
        )
    with transaction.atomic():
        before = Tip.objects.select_for_update(of=("self",)).filter(pk=tip.pk).first()
        if before is None or before.slug != tip.slug:
            raise Overtaken(f"Somebody else changed the address of “{tip}” meanwhile. Look at it again.")
        if slug == before.slug:
            raise WrongState(f"“{slug}” is its address already.")
        require_free(slug, besides=tip.pk, by=by)
        FormerSlug.objects.filter(tip=tip, slug=slug).delete()
        if before.is_published or before.is_gone:
            FormerSlug.objects.get_or_create(tip=tip, slug=before.slug)
            leads = " The old one leads there."
        else:
            leads = ""
        Tip.objects.filter(pk=tip.pk).update(slug=slug, updated_at=timezone.now())
        sentence = f"Address changed from “{before.slug}” to “{slug}”.{leads}"
        log(by, tip, TipAction.SLUG_CHANGED, sentence)
    tip.slug = slug
    return sentence
