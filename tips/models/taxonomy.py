"""What readers navigate the archive by: few categories, many tags, and the slugs that once led to them."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from taggit.models import TagBase

from tips.text import characters, html_to_plain


class _OneLineName(models.Model):
    """What has a name, on one line, and a page of its own."""

    name: "models.CharField[str, str]"
    slug: "models.SlugField[str, str]"

    class Meta:
        abstract = True

    # Whatever Django's and taggit's own ``save`` take.
    def save(self, **options: Any) -> None:
        self.name = html_to_plain.one_line(characters.without_controls(self.name))
        super().save(**options)

    def get_absolute_url(self) -> str:
        return reverse(f"tips:{self._meta.model_name}", args=[self.slug])


class Category(_OneLineName):
    """One of the few categories, which staff curate."""

    name = models.CharField(max_length=100, unique=True)
    slug = models.SlugField(max_length=100, unique=True, help_text="The category's address.")

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name


class Tag(_OneLineName, TagBase):
    """One of the many tags, which writers choose freely."""

    class Meta:
        ordering = ["name"]


class FormerSlug(models.Model):
    """A slug that a tag or a tip once had, and where its readers are sent now."""

    slug = models.SlugField(max_length=220, allow_unicode=True, db_index=False)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, null=True, related_name="former_slugs")
    tip = models.ForeignKey("tips.Tip", on_delete=models.CASCADE, null=True, related_name="former_slugs")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="former_slug_of_one_thing",
                condition=Q(tag__isnull=False, tip__isnull=True) | Q(tag__isnull=True, tip__isnull=False),
            ),
            models.UniqueConstraint("slug", name="former_tag_slug_once", condition=Q(tag__isnull=False)),
            models.UniqueConstraint("slug", name="former_tip_slug_once", condition=Q(tip__isnull=False)),
        ]
