"""Names in an archive to rows: slugs of tips, and categories and tags that are there or are made."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from tips.models import Category, FormerName, FormerSlug, Tag, Tip
from tips.publishing import categories as publishing_categories
from tips.publishing import tagging
from tips.publishing.slugs import LONGEST, numbered
from tips.text import folding
from tips.text.slugify import slugify


def taken_slugs() -> set[str]:
    """Return the slugs that tips have or had."""
    former = FormerSlug.objects.filter(tip__isnull=False)
    return {*Tip.objects.values_list("slug", flat=True), *former.values_list("slug", flat=True)}


def new_slug(title: str, day: date | None, taken: set[str]) -> str:
    """Take a slug that is not among those ``taken``; a second tip of one title gets the year of its day."""
    slug = slugify(title, LONGEST, accents=False)
    if slug in taken and day:
        slug = f"{slug}-{day.year}"
    slug = numbered(slug, taken, len(slug))
    taken.add(slug)
    return slug


@dataclass
class Names:
    """Rows of one table by name: ``known`` is {key of a name: pk}, former names included.

    In a dry run, a row that would be made has a primary key below zero.
    """

    dry_run: bool
    known: dict[str, int]
    make: Callable[[str], Tag | Category]

    def find(self, name: str) -> int | None:
        """Return the primary key of the row that a name means, or None."""
        return self.known.get(folding.column_key(name))

    def find_or_make(self, name: str) -> int:
        """Return the primary key of the row that a name means; an unknown name gets a new row."""
        pk = self.find(name)
        if pk is None:
            pk = -1 - len(self.known) if self.dry_run else self.make(name).pk
            self.known[folding.column_key(name)] = pk
        return pk


def tags(dry_run: bool) -> Names:
    """Return the tags by name; the name of a tag that staff renamed or merged means what became of it."""
    return Names(dry_run, _known(Tag, "tag"), tagging.make)


def categories(dry_run: bool) -> Names:
    """Return the categories by name; a former name of a category means it."""
    return Names(dry_run, _known(Category, "category"), publishing_categories.make)


def _known(model: type[Tag | Category], kind: str) -> dict[str, int]:
    """Return {key of a name that a row has, or once had: pk}."""
    present = model._default_manager.order_by().values_list("name_key", "pk")
    former = FormerName.objects.filter(**{f"{kind}__isnull": False}).values_list("name_key", kind)
    return dict(present.union(former))
