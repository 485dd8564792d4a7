"""Tips and the ways into them, with the rules that the database holds too."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import OrderBy
from django.urls import reverse
from django.utils import timezone
from django_prose_editor.fields import ProseEditorField
from taggit.managers import TaggableManager
from taggit.models import ItemBase, TagBase

from tips import markup, words


def newest_first(field="publish_at"):
    """Return the order of every list by date: descending, what has no date last."""
    return F(field).desc(nulls_last=True)


def oldest_first(field="publish_at"):
    """Return the reverse of ``newest_first``, nulls and all, so that the same index serves it backwards."""
    return F(field).asc(nulls_first=True)


class ListingIndex(models.Index):
    """An index in the order of a list.

    PostgreSQL puts nulls first in a descending index unless told; SQLite puts them last anyway, and
    refuses to be told so in an index.
    """

    def create_sql(self, model, schema_editor, using="", **kwargs):
        if schema_editor.connection.vendor == "sqlite":
            index = models.Index(*(_without_nulls_last(each) for each in self.expressions), name=self.name)
            return index.create_sql(model, schema_editor, using, **kwargs)
        return super().create_sql(model, schema_editor, using, **kwargs)


def _without_nulls_last(expression):
    if isinstance(expression, OrderBy):
        return OrderBy(expression.expression, descending=expression.descending)
    return expression


class State(models.TextChoices):
    """The states of a tip. Whether it is public is a question about time as well: see ``published``."""

    DRAFT = "draft", "Draft"
    IN_REVIEW = "in_review", "In review"
    APPROVED = "approved", "Approved"
    WITHDRAWN = "withdrawn", "Withdrawn"


class PublishedQuerySet(models.QuerySet):
    """The one rule of what is public, for every table that has ``state`` and ``publish_at``."""

    def published(self, at=None):
        """Return what readers may see at a moment (now, unless given).

        An approved tip without ``publish_at`` is an undated one: the database holds it to that.
        """
        at = at or timezone.now()
        return self.filter(Q(publish_at__isnull=True) | Q(publish_at__lte=at), state=State.APPROVED)

    def published_dated(self, at=None):
        """Return those of the published that have their day. An index finds them as one range."""
        return self.filter(publish_at__lte=at or timezone.now(), state=State.APPROVED)


class TipQuerySet(PublishedQuerySet):
    def undated(self):
        """Return tips that were never given a day."""
        return self.filter(undated=True)

    def full(self):
        """Return tips whose text is here, teasers left out."""
        return self.filter(has_body=True)

    def newest_first(self):
        """Return tips by ``publish_at`` descending with nulls last, then by id."""
        return self.order_by(newest_first(), "id")

    def neighbours(self, tip):
        """Return the published tips (before, after) this one in a list: the next newer, the next older.

        Either is None at an end. An undated tip's neighbours are undated ones.
        """
        if tip.publish_at is None:
            undated = self.published().undated().for_lists()
            before, after = undated.filter(id__lt=tip.id), undated.filter(id__gt=tip.id)
            return before.order_by("-id").first(), after.order_by("id").first()
        # Two tips of one moment stand in the order of their ids.
        published = self.published_dated().for_lists()
        before = published.filter(publish_at__gte=tip.publish_at).exclude(
            publish_at=tip.publish_at, id__gte=tip.id
        )
        after = published.filter(publish_at__lte=tip.publish_at).exclude(
            publish_at=tip.publish_at, id__lte=tip.id
        )
        return before.order_by(oldest_first(), "-id").first(), after.newest_first().first()

    def for_lists(self):
        """Return tips without the columns that no list shows."""
        return self.defer("body", "words_title", "words_takeaway", "words_body")

    def bulk_create(self, objs, **options):
        """Create many tips at once; what is computed on saving is computed here too."""
        objs = list(objs)
        for tip in objs:
            tip.compute()
        created = super().bulk_create(objs, **options)
        Word.learn(objs)
        return created

    def bulk_update(self, objs, fields, **options):
        """Update many tips at once; what is computed on saving is computed here too."""
        objs = list(objs)
        for tip in objs:
            tip.compute()
        Word.learn(objs)
        return super().bulk_update(objs, {*fields, *Tip.COMPUTED}, **options)


class Category(models.Model):
    """One of a few, curated ways into the archive."""

    name = models.CharField(max_length=100, unique=True)
    slug = models.SlugField(max_length=100, unique=True, help_text="The category's address.")

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "categories"

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.name = markup.one_line(markup.without_controls(self.name))
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("tips:category", args=[self.slug])


class Tag(TagBase):
    """One of many, free ways into the archive."""

    class Meta:
        ordering = ["name"]

    def save(self, *args, **kwargs):
        self.name = markup.one_line(markup.without_controls(self.name))
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("tips:tag", args=[self.slug])


class Tip(models.Model):
    """One tip of the week.

    A tip without a body is a teaser: its full text has still to be brought over.
    """

    COMPUTED = ("words_title", "words_takeaway", "words_body")
    TIP_ID = "pk"

    title = models.CharField(max_length=200, help_text="Without a date; at most 70 characters read best.")
    slug = models.SlugField(max_length=220, unique=True, help_text="The tip's address; made from the title.")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, editable=False)
    publish_at = models.DateTimeField(
        "goes live", null=True, blank=True, help_text="The slot at which readers see it, once it is approved."
    )
    undated = models.BooleanField(
        default=False,
        help_text="Public without a date once approved: after all dated tips, in no feed, never mailed.",
    )
    for_mail = models.BooleanField(
        default=True, editable=False, help_text="Whether this tip may ever be mailed to subscribers."
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="tips"
    )
    categories = models.ManyToManyField(Category, through="CategorisedTip", related_name="tips", blank=True)
    tags = TaggableManager(through="TaggedTip", related_name="tips", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    takeaway = models.TextField(
        blank=True, help_text="The closing moral, in one or a few sentences. Shown apart, after the body."
    )
    excerpt = models.TextField(
        blank=True, help_text="What lists show of the tip. Left empty, the beginning of the body is taken."
    )
    body = ProseEditorField(
        blank=True,
        extensions=markup.EDITOR,
        sanitize=markup.clean,
        help_text="The tip itself, without its takeaway.",
    )
    has_body = models.GeneratedField(
        expression=~Q(body=""), output_field=models.BooleanField(), db_persist=True
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
        ]
        constraints = [
            models.CheckConstraint(
                name="tip_approved_is_dated_or_undated",
                condition=~Q(state=State.APPROVED)
                | Q(undated=True, publish_at__isnull=True)
                | Q(undated=False, publish_at__isnull=False),
                violation_error_message="An approved tip has either a moment to go live or is undated.",
            ),
            models.CheckConstraint(name="tip_has_a_title", condition=~Q(title="")),
        ]
        indexes = [
            # All tips, years, months and neighbours.
            ListingIndex(F("state"), newest_first(), F("id"), name="tip_listing"),
            # Home's leading tip, feeds and the sitemap, which leave teasers out.
            ListingIndex(F("state"), F("has_body"), newest_first(), F("id"), name="tip_full_listing"),
        ]

    def __str__(self):
        return self.title

    def save(self, *args, update_fields=None, **kwargs):
        self.compute()
        if update_fields is not None:
            update_fields = {*update_fields, *self.COMPUTED}
        super().save(*args, update_fields=update_fields, **kwargs)
        Word.learn([self])

    def get_absolute_url(self):
        return reverse("tips:detail", args=[self.slug])

    @property
    def essence(self):
        """What is searched, excerpted and compared: the text without promotions; a teaser's excerpt."""
        return markup.essence(self.body) or self.excerpt

    def compute(self):
        """Set what follows from the texts: the search's words, and an excerpt where none was written."""
        deferred = self.get_deferred_fields()
        for name in {"title", "takeaway", "excerpt", "body"} - deferred:
            setattr(self, name, markup.without_controls(getattr(self, name)))
        if "title" not in deferred:
            self.title = markup.one_line(self.title)
        if deferred.isdisjoint({"title", "takeaway", "body", "excerpt"}):
            self.words_title = words.indexed(self.title)
            self.words_takeaway = words.indexed(self.takeaway)
            self.words_body = words.indexed(self.essence)
            if not self.excerpt:
                self.excerpt = markup.excerpt(self.essence)

    @property
    def is_published(self):
        """Whether readers may see it now; a test holds this equal to ``published``."""
        return self.state == State.APPROVED and (self.publish_at is None or self.publish_at <= timezone.now())

    @property
    def is_gone(self):
        """Whether it was public and is withdrawn: readers are told so, where a draft is not found."""
        was_due = self.undated or (self.publish_at is not None and self.publish_at <= timezone.now())
        return self.state == State.WITHDRAWN and was_due

    @property
    def is_teaser(self):
        """Whether its full text has still to be brought over."""
        return not self.has_body

    @property
    def text(self):
        """The tip as plain text: its body, then its takeaway."""
        return "\n\n".join(filter(None, [markup.to_text(self.body), self.takeaway]))


class Placement(models.Model):
    """A tip's place in one list, with a copy of what that list is ordered and filtered by.

    The copies let the last page of a long list cost what the first one does: it is found in an index
    alone. Database triggers keep them true (``triggers``), whatever writes a tip. ``TIP_ID`` names the
    column with the tip's id, as it does on the tip itself.
    """

    TIP_ID = "tip_id"

    state = models.CharField(max_length=10, choices=State, default=State.DRAFT, editable=False)
    publish_at = models.DateTimeField(null=True, editable=False)

    objects = PublishedQuerySet.as_manager()

    class Meta:
        abstract = True


class CategorisedTip(Placement):
    tip = models.ForeignKey(Tip, on_delete=models.CASCADE, related_name="categorised", db_index=False)
    category = models.ForeignKey(
        Category, on_delete=models.CASCADE, related_name="placements", db_index=False
    )

    class Meta:
        constraints = [models.UniqueConstraint("tip", "category", name="categorised_once")]
        indexes = [
            ListingIndex(F("category"), F("state"), newest_first(), F("tip"), name="categorised_listing")
        ]


class TaggedTip(Placement, ItemBase):
    TIP_ID = "content_object_id"

    content_object = models.ForeignKey(Tip, on_delete=models.CASCADE, related_name="tagged", db_index=False)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="placements", db_index=False)

    objects = PublishedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("content_object", "tag", name="tagged_once")]
        indexes = [
            ListingIndex(F("tag"), F("state"), newest_first(), F("content_object"), name="tagged_listing")
        ]


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


class Word(models.Model):
    """One word of the archive's vocabulary: what a reader's typing error is corrected to.

    ``tips`` is in how many tips the word stood when last counted (``search.rebuild``); it weighs words
    for related tips and needs not be exact. A word that no tip has any more does no harm: nothing is
    suggested that is not found in a public tip.
    """

    LONGEST = 30

    word = models.CharField(max_length=LONGEST, primary_key=True)
    stem = models.CharField(max_length=200, db_index=True)
    length = models.PositiveSmallIntegerField(db_index=True)
    tips = models.PositiveIntegerField(default=1)

    @classmethod
    def learn(cls, tips):
        """Add the words of some tips that are not known yet."""
        found = set()
        for tip in tips:
            if tip.get_deferred_fields().isdisjoint({"title", "takeaway", "body", "excerpt"}):
                found |= words.vocabulary(f"{tip.title} {tip.takeaway} {tip.essence}")
        new = sorted(found)
        for start in range(0, len(new), 500):
            some = new[start : start + 500]
            known = set(cls.objects.filter(word__in=some).values_list("word", flat=True))
            cls.objects.bulk_create(
                [
                    cls(word=word, stem=words.stem(word), length=len(word))
                    for word in some
                    if word not in known
                ],
                ignore_conflicts=True,
            )
