"""What the log says was done, as codes: the sentences beside them are for people alone."""

from django.db import models


class PageAction(models.TextChoices):
    """What was done to a page of the site's own."""

    APPROVED = "page_approved"
    TAKEN_BACK = "page_taken_back"
    BROUGHT_BACK = "page_brought_back"


class TipAction(models.TextChoices):
    """What was done to a tip."""

    SUBMITTED = "submitted"
    TAKEN_BACK = "taken_back"
    REVIEW_BEGAN = "review_began"
    SENT_BACK = "sent_back"
    BACK_IN_REVIEW = "back_in_review"
    APPROVED = "approved"
    PLANNED = "planned"
    PUBLISHED = "published"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    REINSTATED = "reinstated"
    EXCLUDED_FROM_MAIL = "excluded_from_mail"
    RELEASED_FOR_MAIL = "released_for_mail"
    REVERTED = "reverted"
    OLD_NOTICES = "old_notices"
    SERIES_CHANGED = "series_changed"
    HUDDLE_WRITTEN = "huddle_written"
    DUPLICATED = "duplicated"
    SLUG_CHANGED = "slug_changed"
    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    DUE_DAY_SET = "due_day_set"
    DUE_DAY_REMOVED = "due_day_removed"
    PREVIEW_LINK_MADE = "preview_link_made"
    PREVIEW_LINK_REVOKED = "preview_link_revoked"
    MOVED_IN_QUEUE = "moved_in_queue"
    PINNED = "pinned"
    UNPINNED = "unpinned"
    SWAPPED = "swapped"
    RESCHEDULED = "rescheduled"
    MOVE_UNDONE = "move_undone"
    TAGGED = "tagged"
    UNTAGGED = "untagged"
    CATEGORISED = "categorised"
    AUTHOR_CHANGED = "author_changed"
    MADE_OF_IDEA = "made_of_idea"
    COMMENTED = "commented"
    ANSWERED = "answered"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    COMMENT_TAKEN_BACK = "comment_taken_back"


class SlotAction(models.TextChoices):
    """What was done to a slot rule, or to the slot of one week."""

    RULE_CHANGED = "rule_changed"
    RULE_DROPPED = "rule_dropped"
    SKIPPED = "skipped"
    MOVED = "moved"
    RESTORED = "restored"


class LabelAction(models.TextChoices):
    """What was done to a tag or a category."""

    RENAMED = "renamed"
    MERGED_AWAY = "merged_away"
    GAINED = "gained"
