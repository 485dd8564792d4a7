"""Names in an archive to rows: addresses of tips, categories and tags that are there or are made."""

import re

from django.utils.text import slugify

from tips.models import Category, FormerSlug, Tag, Tip
from tips.publishing import tagging

_BETWEEN_WORDS = re.compile(r"[‐‑‒–—―…/]|\.{2,}")
_LONGEST = 200


class Slugs:
    """The addresses of tips, present and former ones."""

    def __init__(self):
        self.taken = set(Tip.objects.values_list("slug", flat=True))
        self.taken.update(FormerSlug.objects.filter(tip__isnull=False).values_list("slug", flat=True))

    def take(self, title, day):
        """Return an address for a tip that no other one has or had; a second one gets the year of its day."""
        base = slugify(_BETWEEN_WORDS.sub(" ", title.replace("’", ""))).strip("-_")
        if len(base) > _LONGEST:
            base = base[: _LONGEST + 1].rpartition("-")[0] or base[:_LONGEST]
        base = base or "tip"
        slug, number = base, 1
        if slug in self.taken and day:
            slug = base = f"{base}-{day.year}"
        while slug in self.taken:
            number += 1
            slug = f"{base}-{number}"
        self.taken.add(slug)
        return slug


class _Names:
    """Rows by name. In a dry run what would be made has a number below zero."""

    def __init__(self, dry_run):
        self.dry_run = dry_run
        self.known = {}

    def find(self, name):
        """Return the primary key of the row that a name means, or None."""
        return self.known.get(tagging.key(name)) or self.renamed(name)

    def find_or_make(self, name):
        """Return the primary key of the row that a name means; an unknown one is made."""
        pk = self.find(name)
        if pk is None:
            pk = -1 - len(self.known) if self.dry_run else self.make(name)
            self.known[tagging.key(name)] = pk
        return pk


class Tags(_Names):
    """Tags by name; the name of a tag that staff renamed or merged means what became of it."""

    def __init__(self, dry_run):
        super().__init__(dry_run)
        self.known = {
            tagging.key(name): pk for pk, name in Tag.objects.order_by("-pk").values_list("pk", "name")
        }
        self.former = dict(FormerSlug.objects.filter(tag__isnull=False).values_list("slug", "tag"))

    def renamed(self, name):
        return self.former.get(tagging.slug_for(name))

    def make(self, name):
        return tagging.make(name).pk


class Categories(_Names):
    """Categories by name; one that staff renamed is known by the address that its old name made."""

    def __init__(self, dry_run):
        super().__init__(dry_run)
        self.slugs = set()
        self.former = {}
        for pk, name, slug in Category.objects.order_by("-pk").values_list("pk", "name", "slug"):
            self.known[tagging.key(name)] = pk
            self.slugs.add(slug)
            if slugify(name) != slug:
                self.former[slug] = pk

    def renamed(self, name):
        return self.former.get(slugify(name))

    def make(self, name):
        base = slug = slugify(name)[:90] or "category"
        number = 1
        while slug in self.slugs:
            number += 1
            slug = f"{base}-{number}"
        self.slugs.add(slug)
        return Category.objects.create(name=name, slug=slug).pk
