"""The tip itself."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

from django.contrib.auth.models import User
from django.db import models
from django.db.models import ManyToManyField, Q, Value
from django.utils import timezone
from django_prose_editor.fields import ProseEditorField
from taggit.managers import TaggableManager

from tips.models import urls
from tips.models.images import ImageUse
from tips.models.lines import LineField, PlainField, SlugField
from tips.models.published import (
    PLANS,
    ListingIndex,
    PublishedQuerySet,
    TipState,
    newest_first,
)
from tips.models.taxonomy import Category, TagsManager
from tips.models.vocabulary import Word
from tips.text import excerpts, folding, sanitiser, stems

# What readers of the site see of a tip; and with it, what receivers of its mail see in their list of mails.
TEXTS = ("title", "takeaway", "excerpt", "body")
WRITTEN = (*TEXTS, "mail_subject", "preheader")


class TipQuerySet(PublishedQuerySet["Tip"]):
    def undated(self) -> Self:
        """Return tips that were never given a day."""
        return self.filter(undated=True)

    def full(self) -> Self:
        """Return tips whose text is here, teasers left out."""
        # Compared with a value: for SQLite, a bare column is no condition that an index knows.
        return self.filter(has_body=Value(True))

    def excerpts(self) -> Self:
        """Return teasers: tips of which only an excerpt is here."""
        return self.filter(has_body=Value(False))

    def newest_first(self) -> Self:
        """Return tips by ``publish_at`` descending with nulls last, then by id."""
        return self.order_by(newest_first(), "id")

    def for_lists(self) -> Self:
        """Return tips without the columns that no list shows."""
        return self.defer("body", *Tip.COMPUTED)

    # Whatever Django's own method takes.
    def bulk_create(self, objs: Iterable["Tip"], *args: Any, **options: Any) -> list["Tip"]:
        """Create many tips at once; what is computed on saving is computed here too."""
        created = super().bulk_create([tip.compute() for tip in objs], *args, **options)
        _learn(created)
        return created

    def bulk_update(self, objs: Iterable["Tip"], fields: Iterable[str], batch_size: int | None = None) -> int:
        """Update many tips at once; what is computed on saving is computed here too."""
        tips = [tip.compute() for tip in objs]
        updated = super().bulk_update(tips, {*fields, *Tip.COMPUTED}, batch_size)
        _learn(tips)
        return updated


class Tip(models.Model):
    """One tip of the week.

    A tip without a body is a teaser: its full text has still to be brought over.
    """

    COMPUTED = ("words_title", "words_takeaway", "words_body")
    TIP_ID = "pk"
    # Set by ``hold_version``: the next saving records no version.
    version_is_held = False
    # Set by the calendar, for whoever may not know of the tip.
    title_is_hidden = False
    # Set where a tip is found by its slug: the file of its card, "" without one.
    card_name = ""
    # Set where a tip is found by its slug: the key of its series, None without one.
    series_id: int | None = None
    # Set by a preview that is shown outside: its images are asked for by it.
    preview_token = ""

    title = LineField(max_length=200, help_text="Without a date; at most 70 characters read best.")
    slug = SlugField(max_length=220, unique=True, help_text="The tip's address; made from the title.")
    state = models.CharField(max_length=10, choices=TipState, default=TipState.DRAFT, editable=False)
    publish_at = models.DateTimeField(
        "goes live",
        null=True,
        blank=True,
        help_text="The slot at which readers see the tip, once it is approved.",
    )
    # Whether its moment was chosen by hand, so that the queue leaves it there. Any day of a tip that is not
    # approved was.
    pinned = models.BooleanField(default=False, editable=False)
    approved_at = models.DateTimeField(null=True, editable=False)
    undated = models.BooleanField(
        default=False, help_text="Public without a date once approved: listed last, in no feed, never mailed."
    )
    # The sorts of old notices that it shows although the house has a notice of that sort (``promotions``).
    kept_notices = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    for_mail = models.BooleanField(default=True, editable=False, help_text="Whether it may ever be mailed.")
    author = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="tips")
    # Who of the editors sees to it; None where whoever comes first does.
    editor = models.ForeignKey(User, models.SET_NULL, null=True, editable=False, related_name="assigned_tips")
    # The day by which its draft is to be submitted.
    due_on = models.DateField("due", null=True, editable=False)
    # When an editor began to review it since it was last submitted: its author takes it back no more.
    review_began_at = models.DateTimeField(null=True, editable=False)
    categories: "ManyToManyField[Category, models.Model]" = ManyToManyField(
        Category, through="CategorisedTip", related_name="tips", blank=True
    )
    tags = TaggableManager(manager=TagsManager, through="TaggedTip", related_name="tips", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # When anything about it was last written.
    updated_at = models.DateTimeField(auto_now=True)
    # When a text (TEXTS) last changed since the tip was made. The database sets it (``tips.triggers``).
    text_changed_at = models.DateTimeField(null=True, editable=False)
    # The closing moral, shown apart after the body.
    takeaway = PlainField(blank=True)
    # What lists show of the tip; left empty, the beginning of the body is taken.
    excerpt = PlainField(blank=True)
    body = ProseEditorField(
        blank=True,
        extensions=sanitiser.EDITOR,
        sanitize=sanitiser.clean,
        help_text="The tip without its takeaway.",
    )
    mail_subject = LineField(
        "subject of its mail",
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="Left empty, the mail’s subject is the title.",
    )
    preheader = LineField(
        "line behind the subject",
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="What a list of mails shows behind the subject. Left empty, the takeaway.",
    )
    has_body = models.GeneratedField(
        expression=~Q(body=""),  # type: ignore[arg-type]  # a condition is an expression, too
        output_field=models.BooleanField(),
        db_persist=True,
    )
    words_title = models.TextField(editable=False, default="")
    words_takeaway = models.TextField(editable=False, default="")
    words_body = models.TextField(editable=False, default="")

    objects = TipQuerySet.as_manager()

    class Meta:
        permissions = [
            ("change_any_tip", "Can see and change tips written by others"),
            ("approve_tip", "Can approve, plan and send back tips"),
            ("publish_tip", "Can publish tips at once, withdraw and reinstate them"),
            ("approve_own_text", "Can approve what they wrote themselves, with a reason"),
        ]
        constraints = [
            models.CheckConstraint(
                name="tip_approved_is_dated_or_undated",
                condition=~Q(state=TipState.APPROVED)
                | Q(undated=True, publish_at__isnull=True)
                | Q(undated=False, publish_at__isnull=False),
                violation_error_message="An approved tip has either a moment to go live or is undated.",
            ),
            models.CheckConstraint(name="tip_has_a_title", condition=~Q(title="")),
            models.CheckConstraint(
                name="tip_pinned_somewhere", condition=Q(pinned=False) | Q(publish_at__isnull=False)
            ),
            models.CheckConstraint(
                name="tip_planned_is_pinned",
                condition=~Q(state__in=PLANS) | Q(publish_at__isnull=True) | Q(pinned=True),
                violation_error_message="A tip that is not approved holds its day by being pinned to it.",
            ),
            models.UniqueConstraint(
                "publish_at",
                name="tip_pinned_alone",
                condition=Q(pinned=True),
                violation_error_message="Another tip is pinned to that moment.",
            ),
        ]
        indexes = [
            # All tips, years, months and neighbours.
            ListingIndex("state", newest_first(), "id", name="tip_listing"),
            # Home's leading tip, feeds and the sitemap, which leave teasers out.
            ListingIndex("state", "has_body", newest_first(), "id", name="tip_full_listing"),
        ]

    def __str__(self) -> str:
        return self.title

    # Whatever Django's own method takes.
    def save(
        self, *, update_fields: Iterable[str] | None = None, by: User | None = None, **options: Any
    ) -> None:
        """Save the tip, and its text as a version that says ``by`` whom it was saved, where a person did."""
        self.compute()
        if update_fields is not None:
            update_fields = {*update_fields, *self.COMPUTED}
        super().save(update_fields=update_fields, **options)
        _learn([self])
        if not self.version_is_held:
            self.versions.record(self, by=by)

    def get_absolute_url(self) -> str:
        return urls.of_slug("detail", self.slug)

    def hold_version(self) -> None:
        """Let the next saving record no version: categories and tags follow, and then ``versions.record``.

        A tip that was changed past its versions gets one of how it stood, so that nothing is lost.
        """
        if self.pk:
            self.versions.record(Tip.objects.get(pk=self.pk), reason="As it stood before the next change.")
        self.version_is_held = True

    @property
    def moment(self) -> datetime:
        """``publish_at`` of a tip that has one; raises ValueError for any other."""
        if self.publish_at is None:
            raise ValueError(f"“{self}” has no moment at which it goes live.")
        return self.publish_at

    @property
    def stamp(self) -> str:
        """What changes with each writing of its texts or state, for a page to hand back what it showed."""
        return f"{round(self.updated_at.timestamp() * 1_000_000):x}"

    @property
    def revised_at(self) -> datetime | None:
        """When readers last got another text: at a correction, else when it went live; None if never told.

        A text that was changed before it went live is new to everybody then.
        """
        moments = [moment for moment in (self.publish_at, self.text_changed_at) if moment]
        return max(moments, default=None)

    @property
    def searchable_text(self) -> str:
        """What is searched, excerpted and compared: the text without promotions; a teaser's excerpt."""
        return excerpts.searchable_text(self.body) or self.excerpt

    def compute(self) -> Self:
        """Set what follows from the texts: the search's words, and an excerpt where none was written."""
        deferred = self.get_deferred_fields()
        for name in {*TEXTS} - deferred:
            setattr(self, name, folding.without_controls(getattr(self, name)))
        for name in {"takeaway", "excerpt"} - deferred:
            setattr(self, name, folding.without_invisible(getattr(self, name)))
        if "title" not in deferred:
            self.title = folding.visible(self.title)
        if deferred.isdisjoint(TEXTS):
            self.words_title = stems.indexed(self.title, with_pairs=True)
            text = excerpts.searchable_text(self.body)
            # A teaser's excerpt is the head of its tip, and all that the tip can be found by.
            head = self.takeaway if text else f"{self.takeaway}\n{self.excerpt}"
            self.words_takeaway = stems.indexed(head, with_pairs=True)
            self.words_body = stems.indexed(text or self.excerpt)
            if not self.excerpt:
                self.excerpt = excerpts.excerpt(self.body)
        return self

    @property
    def is_published(self) -> bool:
        """Whether readers may see it now; a test holds this equal to ``published``."""
        is_due = self.publish_at is None or self.publish_at <= timezone.now()
        return self.state == TipState.APPROVED and is_due

    @property
    def is_gone(self) -> bool:
        """Whether it was public and is withdrawn: readers are told so, where a draft is not found."""
        was_due = self.undated or (self.publish_at is not None and self.publish_at <= timezone.now())
        return self.state == TipState.WITHDRAWN and was_due


def _learn(tips: Iterable[Tip]) -> None:
    """Record the words and the images of saved tips, as far as their texts are loaded."""
    loaded = [(tip, tip.get_deferred_fields()) for tip in tips]
    whole = [tip for tip, deferred in loaded if deferred.isdisjoint(TEXTS)]
    Word.learn(f"{tip.title} {tip.takeaway} {tip.searchable_text}" for tip in whole)
    ImageUse.record({tip.pk: tip.body for tip, deferred in loaded if "body" not in deferred})
