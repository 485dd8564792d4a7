"""Verbs over categories: make and rename. A category keeps its slug for good; its old names mean it.

Only a merger (``merging``) gives a category the slugs of others, which lead to it from then on.
"""

from django.contrib.auth.models import User
from django.db import transaction

from desk.errors import WrongState
from tips.models import Category, FormerSlug, Tip
from tips.publishing import naming, slugs
from tips.text.slugify import slugify


def make(name: str) -> Category:
    """Return a new category of a name that none has or had, with a slug that no other one has."""
    return naming.made(Category, name, free_slug)


def free_slug(name: str) -> str:
    """Return a slug made from a name that no category has, and none had."""
    base = slugify(name, Category.LONGEST_MADE_SLUG, accents=False)
    categories = Category.objects.filter(slug__startswith=base).order_by()
    former = FormerSlug.objects.filter(category__isnull=False, slug__startswith=base)
    taken = categories.values_list("slug", flat=True).union(former.values_list("slug", flat=True))
    return slugs.numbered(base, set(taken), Category.LONGEST_MADE_SLUG)


@transaction.atomic
def save(category: Category, before: str, *, by: User) -> None:
    """Save a category that a form has changed; ``before`` is the name that it had, empty for a new one.

    Raises WrongState where somebody deleted it meanwhile.
    """
    if before and not Category.objects.select_for_update().filter(pk=category.pk).exists():
        raise WrongState(f"The category “{before}” has gone meanwhile: somebody merged or deleted it.")
    tips = Tip.objects.filter(categorised__category=category.pk)
    with naming.renamed(tips, "category", before or category.name, category.name, by=by):
        category.save()
    naming.settle(category)
    if before:
        naming.remember(category, before)
