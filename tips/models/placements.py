"""Where each tip stands: its places in the lists of categories and tags."""

from collections.abc import Collection

from django.db import connection, models
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


def read_labels(tips: Collection[Tip]) -> None:
    """Read the categories and the tags of some tips, as ``prefetch_related`` would, but in one statement.

    Of each label the name and the slug are read.
    """
    if not tips:
        return
    places = ", ".join(["%s"] * len(tips))
    pks = [tip.pk for tip in tips]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 0 AS kind, p.tip_id, g.id, g.name, g.slug FROM tips_categorisedtip p"
            f" JOIN tips_category g ON g.id = p.category_id WHERE p.tip_id IN ({places}) UNION ALL"
            " SELECT 1, p.content_object_id, g.id, g.name, g.slug FROM tips_taggedtip p"
            f" JOIN tips_tag g ON g.id = p.tag_id WHERE p.content_object_id IN ({places}) ORDER BY 1, 4",
            pks * 2,
        )
        rows = cursor.fetchall()
    columns, alias = ["id", "name", "slug"], connection.alias
    for tip in tips:
        kept = {}
        for kind, (name, model) in enumerate((("categories", Category), ("tags", Tag))):
            found = model._default_manager.all()
            # Where ``prefetch_related`` puts what it has read.
            found._result_cache = [
                model.from_db(alias, columns, row[2:]) for row in rows if row[0] == kind and row[1] == tip.pk
            ]
            kept[name] = found
        vars(tip).setdefault("_prefetched_objects_cache", {}).update(kept)
