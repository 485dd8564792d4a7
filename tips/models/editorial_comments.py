"""What colleagues say of a tip to each other, beside its text. Readers never see any of it."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone

from tips.models.lines import PlainField

# In letters: of a comment, of the words that one is about, and of what is kept of the text around those.
LONGEST_COMMENT, LONGEST_QUOTE, LONGEST_AROUND = 2000, 1000, 40
# For so long after it was written, its writer may take a comment back.
TAKEN_BACK_WITHIN = timedelta(minutes=10)


class EditorialCommentQuerySet(models.QuerySet["EditorialComment"]):
    def threads(self) -> Self:
        """Return the comments that begin a thread, answers left out."""
        return self.filter(thread=None)

    def unresolved(self) -> Self:
        """Return the threads that nobody has resolved."""
        return self.threads().filter(resolved_at=None)


class EditorialComment(models.Model):
    """A colleague's comment on a passage of a tip or on the whole of it, or the answer to one.

    A comment begins a thread; its answers, which have no answers of their own, name it as their ``thread``.
    The passage is kept in words, not as a place: ``tips.text.passages`` finds it again after edits.
    """

    tip = models.ForeignKey("tips.Tip", models.CASCADE, related_name="editorial_comments")
    thread = models.ForeignKey("self", models.CASCADE, null=True, related_name="answers")
    # None where the account is gone.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    text = PlainField()
    # The words that it is about, empty for the whole tip; and the ends of what stood before and after them.
    quote = PlainField(blank=True, default="")
    before = PlainField(blank=True, default="")
    after = PlainField(blank=True, default="")
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = EditorialCommentQuerySet.as_manager()

    class Meta:
        # Who may see and write comments follows from the tip.
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="editorial_comment_says_something",
                condition=~Q(text="") & Q(LessThanOrEqual(Length("text"), LONGEST_COMMENT)),
            ),
            models.CheckConstraint(
                name="editorial_comment_thread_alone_has_a_passage",
                condition=Q(thread=None) | Q(quote="", before="", after="", resolved_at=None),
            ),
            models.CheckConstraint(
                name="editorial_comment_resolved_at_a_moment",
                condition=Q(resolved_by=None) | Q(resolved_at__isnull=False),
            ),
        ]
        indexes = [
            # How many threads about each tip of a list are unresolved, and whose turn it is.
            models.Index(
                "tip", name="editorial_comment_unresolved", condition=Q(thread=None, resolved_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.text

    def may_be_taken_back(self, now: datetime) -> bool:
        """Tell whether so little time has passed since it was written that its writer may take it back."""
        return self.at <= now < self.at + TAKEN_BACK_WITHIN
