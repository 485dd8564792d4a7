"""What readers navigate the archive by: few categories, many tags, and what they were called once."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import models
from django.db.models import F, Q
from taggit.managers import _TaggableManager
from taggit.models import TagBase

from tips.models import urls
from tips.models.lines import KeyField, LineField, SlugField
from tips.text import folding, slugify

_Row = TypeVar("_Row", bound="Named")


class NamedQuerySet(models.QuerySet[_Row]):
    """Rows found by their names, in any spelling that a reader takes for the same."""

    def by_names(self, names: Iterable[str]) -> dict[str, _Row]:
        """Return {key of a name: the row that has the name, or had it once}; unknown names are missing.

        Two queries at most. The key is ``folding.column_key`` of the name.
        """
        keys = set(map(folding.column_key, names))
        found = {row.name_key: row for row in self.filter(name_key__in=keys)} if keys else {}
        if unknown := keys - found.keys():
            renamed = self.filter(former_names__name_key__in=unknown)
            renamed = renamed.annotate(former_key=F("former_names__name_key"))
            found |= {vars(row)["former_key"]: row for row in renamed}
        return found

    def update(self, **values: object) -> int:
        """Update rows; the key follows the name."""
        if isinstance(name := values.get("name"), str):
            values["name_key"] = folding.column_key(name)
        return super().update(**values)

    def bulk_update(self, objs: Iterable[_Row], fields: Iterable[str], batch_size: int | None = None) -> int:
        """Update many rows; the key follows the name."""
        rows, names = list(objs), set(fields)
        for row in rows:
            row.name_key = folding.column_key(row.name)
        return super().bulk_update(rows, names | ({"name_key"} if "name" in names else set()), batch_size)


class Named(models.Model):
    """What has a name, on one line, and a page of its own. No two have names that read alike."""

    # In characters, of a slug that is made of a name: the column has room for a number behind it.
    LONGEST_MADE_SLUG = 90

    name = LineField("name", max_length=100)
    name_key = KeyField(max_length=folding.LONGEST_KEY, editable=False)
    slug: "models.SlugField[str, str]"

    objects = NamedQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("name_key", name="%(class)s_name_once"),
            models.CheckConstraint(name="%(class)s_name_is_visible", condition=~Q(name_key="")),
        ]

    def __str__(self) -> str:
        return self.name

    # Whatever Django's and taggit's own ``save`` take.
    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        if update_fields is not None and "name" in update_fields:
            update_fields = {*update_fields, "name_key"}
        super().save(update_fields=update_fields, **options)

    def get_absolute_url(self) -> str:
        return urls.of_slug(str(self._meta.model_name), self.slug)


class Category(Named):
    """One of the few categories, which staff curate."""

    slug = SlugField(max_length=100, unique=True, help_text="The category's address.")

    class Meta(Named.Meta):
        verbose_name_plural = "categories"


class Tag(Named, TagBase):
    """One of the many tags, which writers choose freely."""

    slug = SlugField("slug", max_length=100, unique=True, allow_unicode=True)

    class Meta(Named.Meta):
        pass

    def slugify(self, tag: str, i: int | None = None) -> str:
        """Return the slug that a name makes; taggit asks for the ``i``-th other one where that is taken."""
        return slugify.slugify(tag, self.LONGEST_MADE_SLUG) + (f"-{i + 1}" if i else "")


class DeskChoice(models.TextChoices):
    """Tags by which editors choose tips for readers to find at once: the slug, and the name it is made of.

    Such a tag may get another name, and keeps its slug (``publishing.tagging``).
    """

    START_HERE = "start-here", "start here"
    BEST_OF = "best-of", "best of"


class TagsManager(_TaggableManager):
    """The tags of a tip. Names given as text are found and made as everywhere: by what a reader sees."""

    def _to_tag_model_instances(self, tags: Iterable[Tag | str], tag_kwargs: object) -> list[Tag]:
        given = [tag for tag in tags if isinstance(tag, Tag) or folding.visible(tag)]
        known = Tag.objects.by_names(tag for tag in given if isinstance(tag, str))
        found = []
        for tag in given:
            if isinstance(tag, str):
                key = folding.column_key(tag)
                tag = known[key] = known.get(key) or Tag.objects.create(name=tag)
            found.append(tag)
        return list(dict.fromkeys(found))


class FormerName(models.Model):
    """A name that a tag or a category once had: whoever types it, or imports it, means what it became.

    Remembered by its key, never by its slug: "$5 questions" and "5 questions" have one slug.
    """

    name_key = models.CharField(max_length=folding.LONGEST_KEY)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, null=True, related_name="former_names")
    category = models.ForeignKey(Category, on_delete=models.CASCADE, null=True, related_name="former_names")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="former_name_of_one_thing",
                condition=Q(tag__isnull=False, category__isnull=True)
                | Q(tag__isnull=True, category__isnull=False),
            ),
            models.UniqueConstraint("name_key", name="former_tag_name_once", condition=Q(tag__isnull=False)),
            models.UniqueConstraint(
                "name_key", name="former_category_name_once", condition=Q(category__isnull=False)
            ),
        ]


class FormerSlug(models.Model):
    """A slug that a tag, a category or a tip once had, and where its readers are sent now."""

    slug = models.SlugField(max_length=220, allow_unicode=True, db_index=False)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, null=True, related_name="former_slugs")
    category = models.ForeignKey(Category, on_delete=models.CASCADE, null=True, related_name="former_slugs")
    tip = models.ForeignKey("tips.Tip", on_delete=models.CASCADE, null=True, related_name="former_slugs")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="former_slug_of_one_thing",
                condition=Q(tag__isnull=False, category__isnull=True, tip__isnull=True)
                | Q(tag__isnull=True, category__isnull=False, tip__isnull=True)
                | Q(tag__isnull=True, category__isnull=True, tip__isnull=False),
            ),
            models.UniqueConstraint("slug", name="former_tag_slug_once", condition=Q(tag__isnull=False)),
            models.UniqueConstraint(
                "slug", name="former_category_slug_once", condition=Q(category__isnull=False)
            ),
            models.UniqueConstraint("slug", name="former_tip_slug_once", condition=Q(tip__isnull=False)),
        ]
