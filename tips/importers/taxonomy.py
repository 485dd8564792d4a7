"""Names in an archive to rows: slugs of tips, and categories and tags that are there or are made."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils.text import slugify

from tips.models import Category, FormerSlug, Tag, Tip
from tips.publishing import tagging
from tips.publishing.slugs import LONGEST, numbered

_BETWEEN_WORDS = re.compile(r"[‐‑‒–—―…/]|\.{2,}")


def taken_slugs() -> set[str]:
    """Return the slugs that tips have or had."""
    former = FormerSlug.objects.filter(tip__isnull=False)
    return {*Tip.objects.values_list("slug", flat=True), *former.values_list("slug", flat=True)}


def new_slug(title: str, day: date | None, taken: set[str]) -> str:
    """Take a slug that is not among those ``taken``; a second tip of one title gets the year of its day."""
    slug = slugify(_BETWEEN_WORDS.sub(" ", title.replace("’", ""))).strip("-_")
    if len(slug) > LONGEST:
        slug = slug[: LONGEST + 1].rpartition("-")[0] or slug[:LONGEST]
    slug = slug or "tip"
    if slug in taken and day:
        slug = f"{slug}-{day.year}"
    slug = numbered(slug, taken, len(slug))
    taken.add(slug)
    return slug


@dataclass
class Names:
    """Rows of one table by name: ``known`` is {key of a name: pk}, ``former`` {slug of an old name: pk}.

    In a dry run, a row that would be made has a primary key below zero.
    """

    dry_run: bool
    known: dict[str, int]
    former: dict[str, int]
    slug: Callable[[str], str]
    make: Callable[[str], Tag | Category]

    def find(self, name: str) -> int | None:
        """Return the primary key of the row that a name means, or None."""
        return self.known.get(tagging.key(name)) or self.former.get(self.slug(name))

    def find_or_make(self, name: str) -> int:
        """Return the primary key of the row that a name means; an unknown name gets a new row."""
        pk = self.find(name)
        if pk is None:
            pk = -1 - len(self.known) if self.dry_run else self.make(name).pk
            self.known[tagging.key(name)] = pk
        return pk


def tags(dry_run: bool) -> Names:
    """Return the tags by name; the name of a tag that staff renamed or merged means what became of it."""
    # Of two tags of one name, the older counts: it comes last.
    known = {tagging.key(tag.name): tag.pk for tag in Tag.objects.order_by("-pk")}
    former = dict(FormerSlug.objects.filter(tag__isnull=False).values_list("slug", "tag"))
    return Names(dry_run, known, former, tagging.slug_for, tagging.make)


def categories(dry_run: bool) -> Names:
    """Return the categories by name; a renamed category is known by the slug that its old name made."""
    present = Category.objects.order_by("-pk")
    known = {tagging.key(category.name): category.pk for category in present}
    former = {category.slug: category.pk for category in present if slugify(category.name) != category.slug}
    taken = {category.slug for category in present}

    def make(name: str) -> Category:
        slug = numbered(slugify(name)[:90] or "category", taken, 90)
        taken.add(slug)
        return Category.objects.create(name=name, slug=slug)

    return Names(dry_run, known, former, slugify, make)
