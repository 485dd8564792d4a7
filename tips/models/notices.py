"""The house's standing notices, such as “Read our book”: shown below every tip, while they hold."""

from django.core.validators import URLValidator
from django.db import models
from django.db.models import CheckConstraint, F, Q
from django.utils import timezone

from tips.models.lines import LineField
from tips.text import promotions


class StandingNotice(models.Model):
    """A notice of the house. While one of its sort holds, tips do not show the old notices in their texts."""

    class Sort(models.TextChoices):
        BOOK = promotions.BOOK, "Book"
        PODCAST = promotions.PODCAST, "Podcast"
        SERVICES = promotions.SERVICES, "Services"
        WEBSITE = promotions.WEBSITE, "Website"

    sort = models.CharField(max_length=8, choices=Sort)
    text = LineField(max_length=240, help_text="One or two sentences, such as “Read our new book”.")
    link = models.CharField(
        max_length=200,
        blank=True,
        validators=[URLValidator(["http", "https"])],
        help_text="Where the notice leads, with https://. Left empty, it leads nowhere.",
    )
    starts_at = models.DateTimeField("from", default=timezone.now)
    ends_at = models.DateTimeField("until", null=True, blank=True, help_text="Left empty, it has no end.")
    on_pages = models.BooleanField("below tips on the site", default=True)
    in_mail = models.BooleanField("in the weekly mail", default=False)
    in_feed = models.BooleanField("in feeds", default=False)
    weight = models.PositiveSmallIntegerField(
        default=10, help_text="Two notices are shown at most: those with the larger numbers."
    )

    class Meta:
        ordering = ["-weight", "id"]
        verbose_name = "notice"
        constraints = [
            CheckConstraint(
                name="notice_ends_after_it_starts",
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                violation_error_message="It ends before it starts. Choose a later end, or none.",
            ),
            CheckConstraint(
                name="notice_has_a_sort",
                condition=Q(
                    sort__in=[promotions.BOOK, promotions.PODCAST, promotions.SERVICES, promotions.WEBSITE]
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.text
