"""Tips, and all that is kept about them, with the rules that the database holds too. Import from here.

May import ``tips.text`` and nothing else of ours.
"""

# ruff: noqa: F401  (the names are handed on)

from tips.models.actions import LabelAction, PageAction, SlotAction, TipAction
from tips.models.autosaves import Autosave
from tips.models.cards import Card
from tips.models.counts import ApprovedCount
from tips.models.editing_sessions import EditingSession
from tips.models.edition import Edition
from tips.models.editorial_comments import EditorialComment, EditorialCommentQuerySet
from tips.models.huddles import Huddle
from tips.models.ideas import Idea
from tips.models.images import Image, ImageUse
from tips.models.imports import ImportOrigin, ImportRun
from tips.models.notices import StandingNotice
from tips.models.pages import FormerPath, Page, PageImage, PageVersion
from tips.models.placements import CategorisedTip, Placement, TaggedTip, read_labels
from tips.models.preview_links import PreviewLink
from tips.models.published import (
    PLANS,
    ListingIndex,
    PublishedQuerySet,
    TipState,
    newest_first,
    oldest_first,
)
from tips.models.series import Series, SeriesPart
from tips.models.site_settings import SiteSettings
from tips.models.slot_rules import QueueVersion, SlotException, SlotRule
from tips.models.surroundings import Surroundings
from tips.models.synonyms import Synonym, SynonymGroup
from tips.models.taxonomy import Category, DeskChoice, FormerName, FormerSlug, Tag
from tips.models.tip import TEXTS, WRITTEN, Tip, TipQuerySet
from tips.models.versions import Contribution, TipVersion, TipVersionQuerySet
from tips.models.vocabulary import Word
