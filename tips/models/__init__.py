"""Tips and the ways into them, with the rules that the database holds too. By subject; import from here."""

from tips.models.actions import SlotAction, TagAction, TipAction
from tips.models.contributions import Contribution
from tips.models.editing import EditingSession, PreviewLink
from tips.models.former_slugs import FormerSlug
from tips.models.images import Image, ImageUse
from tips.models.imports import ImportOrigin, ImportRun
from tips.models.placements import CategorisedTip, Placement, TaggedTip
from tips.models.published import ListingIndex, PublishedQuerySet, TipState, newest_first, oldest_first
from tips.models.slots import QueueVersion, SlotException, SlotRule, Weekday
from tips.models.taxonomy import Category, Tag
from tips.models.tip import TEXTS, Tip, TipQuerySet
from tips.models.versions import TipVersion, TipVersionQuerySet
from tips.models.vocabulary import Word

__all__ = [
    "TEXTS",
    "CategorisedTip",
    "Category",
    "Contribution",
    "EditingSession",
    "FormerSlug",
    "Image",
    "ImageUse",
    "ImportOrigin",
    "ImportRun",
    "ListingIndex",
    "Placement",
    "PreviewLink",
    "PublishedQuerySet",
    "QueueVersion",
    "SlotAction",
    "SlotException",
    "SlotRule",
    "Tag",
    "TagAction",
    "TaggedTip",
    "Tip",
    "TipAction",
    "TipQuerySet",
    "TipState",
    "TipVersion",
    "TipVersionQuerySet",
    "Weekday",
    "Word",
    "newest_first",
    "oldest_first",
]
