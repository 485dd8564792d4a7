"""Names in an archive to rows: slugs of tips, and categories and tags that are there or are made."""

import re
from collections.abc import Callable, Iterable
from datetime import date

from django.utils.text import slugify

from tips.models import Category, FormerSlug, Tag, Tip
from tips.publishing import tagging
from tips.publishing.slugs import LONGEST, numbered

_BETWEEN_WORDS = re.compile(r"[‐‑‒–—―…/]|\.{2,}")


def taken_slugs() -> set[str]:
    """Return the slugs of all tips, present and former ones."""
    former = FormerSlug.objects.filter(tip__isnull=False).values_list("slug", flat=True)
    return {*Tip.objects.values_list("slug", flat=True), *former}


def free_slug(title: str, day: date | None, taken: set[str]) -> str:
    """Return a slug that is not ``taken``; a second tip of one title gets the year of its day."""
    slug = slugify(_BETWEEN_WORDS.sub(" ", title.replace("’", ""))).strip("-_")
    if len(slug) > LONGEST:
        slug = slug[: LONGEST + 1].rpartition("-")[0] or slug[:LONGEST]
    slug = slug or "tip"
    if slug in taken and day:
        slug = f"{slug}-{day.year}"
    return numbered(slug, taken, len(slug))


class Names:
    """Rows of one table by name, old names included.

    In a dry run, a row that would be made has a primary key below zero.
    """

    def __init__(
        self,
        dry_run: bool,
        names: Iterable[tuple[str, int]],
        former: dict[str, int],
        slug: Callable[[str], str],
        make: Callable[[str], Tag | Category],
    ) -> None:
        """``names`` are (name, pk), the one that counts last; ``former`` is {slug of an old name: pk}."""
        self.dry_run = dry_run
        self.known = {tagging.key(name): pk for name, pk in names}
        self.former, self.slug, self.make = former, slug, make

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
    former = FormerSlug.objects.filter(tag__isnull=False).values_list("slug", "tag")
    names = Tag.objects.order_by("-pk").values_list("name", "pk")
    return Names(dry_run, names, dict(former), tagging.slug_for, tagging.make)


def categories(dry_run: bool) -> Names:
    """Return the categories by name; a renamed category is known by the slug that its old name made."""
    rows = list(Category.objects.order_by("-pk").values_list("name", "pk", "slug"))
    former = {slug: pk for name, pk, slug in rows if slugify(name) != slug}
    taken = {slug for _, _, slug in rows}

    def make(name: str) -> Category:
        slug = numbered(slugify(name)[:90] or "category", taken, 90)
        taken.add(slug)
        return Category.objects.create(name=name, slug=slug)

    return Names(dry_run, ((name, pk) for name, pk, _ in rows), former, slugify, make)
