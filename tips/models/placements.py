"""Where each tip stands: its places in the lists of categories and tags."""

from django.db import models
from taggit.models import ItemBase

from tips.models.published import ListingIndex, PublishedQuerySet, TipState, newest_first
from tips.models.taxonomy import Category, Tag
from tips.models.tip import Tip


class Placement(models.Model):
    """A tip's place in one list, with a copy of what that list is ordered and filtered by.

    The copies let the last page of a long list cost what the first one does: it is found in an index
    alone. Database triggers keep them true (``triggers``), whatever writes a tip. ``TIP_ID`` names the
    column with the tip's id, as it does on the tip itself.
    """

    TIP_ID = "tip_id"

    state = models.CharField(max_length=10, choices=TipState, default=TipState.DRAFT, editable=False)
    publish_at = models.DateTimeField(null=True, editable=False)

    objects = PublishedQuerySet.as_manager()

    class Meta:
        abstract = True


class CategorisedTip(Placement):
    tip = models.ForeignKey(Tip, models.CASCADE, related_name="categorised", db_index=False)
    category = models.ForeignKey(Category, models.CASCADE, related_name="placements", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint("tip", "category", name="categorised_once")]
        indexes = [ListingIndex("category", "state", newest_first(), "tip", name="categorised_listing")]


class TaggedTip(Placement, ItemBase):
    TIP_ID = "content_object_id"

    content_object = models.ForeignKey(Tip, models.CASCADE, related_name="tagged", db_index=False)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="placements", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint("content_object", "tag", name="tagged_once")]
        indexes = [ListingIndex("tag", "state", newest_first(), "content_object", name="tagged_listing")]
