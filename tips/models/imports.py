"""What a tip leaves behind: earlier addresses, what an import wrote, who wrote on it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from tips.models.taxonomy import Tag
from tips.models.tip import Tip


class FormerSlug(models.Model):
    """An address that a tag or a tip once had, and where its readers are sent now."""

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


class Origin(models.Model):
    """What an import last wrote into a tip, so that the next one tells its own words from the staff's.

    ``identity`` is the folded title and the date as the archive states them; it stays when staff change
    the tip's title or date. ``texts`` holds a digest of each field as imported; ``categories`` and
    ``tags`` are the names that the archive stated.
    """

    tip = models.OneToOneField(Tip, on_delete=models.CASCADE, primary_key=True, related_name="origin")
    identity = models.CharField(max_length=260, unique=True)
    source = models.CharField(max_length=20)
    texts = models.JSONField(default=dict)
    categories = models.JSONField(default=list)
    tags = models.JSONField(default=list)


class ImportRun(models.Model):
    """One import that was done, with what it counted; written in the import's own transaction."""

    at = models.DateTimeField(db_index=True)
    source = models.CharField(max_length=20)
    files = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    created = models.PositiveIntegerField()
    updated = models.PositiveIntegerField()
    unchanged = models.PositiveIntegerField()


class Contribution(models.Model):
    """Somebody wrote part of a tip's text since it was last approved; approval deletes the row."""

    tip = models.ForeignKey(Tip, on_delete=models.CASCADE, related_name="contributions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint("tip", "user", name="contribution_once_each")]
