"""Tips and the ways into them, with the rules that the database holds too. By subject; import from here."""

from tips.models.editing import Opening, PreviewLink
from tips.models.images import Image, ImageUse
from tips.models.imports import Contribution, FormerSlug, ImportRun, Origin
from tips.models.placements import CategorisedTip, Placement, TaggedTip
from tips.models.published import ListingIndex, PublishedQuerySet, State, newest_first, oldest_first
from tips.models.slots import QueueVersion, SlotException, SlotRule, Weekday
from tips.models.taxonomy import Category, Tag
from tips.models.tip import Tip, TipQuerySet
from tips.models.vocabulary import Word

__all__ = [
    "CategorisedTip",
    "Category",
    "Contribution",
    "FormerSlug",
    "Image",
    "ImageUse",
    "ImportRun",
    "ListingIndex",
    "Opening",
    "Origin",
    "Placement",
    "PreviewLink",
    "PublishedQuerySet",
    "QueueVersion",
    "SlotException",
    "SlotRule",
    "State",
    "Tag",
    "TaggedTip",
    "Tip",
    "TipQuerySet",
    "Weekday",
    "Word",
    "newest_first",
    "oldest_first",
]
