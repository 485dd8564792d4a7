"""Slugs that a tag or a tip once had."""

from django.db import models
from django.db.models import Q

from tips.models.taxonomy import Tag
from tips.models.tip import Tip


class FormerSlug(models.Model):
    """A slug that a tag or a tip once had, and where its readers are sent now."""

    slug = models.SlugField(max_length=220, allow_unicode=True, db_index=False)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, null=True, related_name="former_slugs")
    tip = models.ForeignKey(Tip, on_delete=models.CASCADE, null=True, related_name="former_slugs")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="former_slug_of_one_thing",
                condition=Q(tag__isnull=False, tip__isnull=True) | Q(tag__isnull=True, tip__isnull=False),
            ),
            models.UniqueConstraint("slug", name="former_tag_slug_once", condition=Q(tag__isnull=False)),
            models.UniqueConstraint("slug", name="former_tip_slug_once", condition=Q(tip__isnull=False)),
        ]
