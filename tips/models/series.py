"""Series: tips that are parts of one thought, in their order."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from tips.models import urls
from tips.models.lines import LineField, PlainField, SlugField
from tips.models.tip import Tip


class Series(models.Model):
    """A series with its page; readers see it while one of its parts at least is public."""

    name = LineField(max_length=100, unique=True)
    slug = SlugField(max_length=120, unique=True, help_text="The address of its page; made from the name.")
    intro = PlainField(blank=True, max_length=600, help_text="What the parts have in common, in a sentence.")

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "series"
        constraints = [CheckConstraint(name="series_has_a_name", condition=~Q(name=""))]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return urls.of_slug("series", self.slug)


class SeriesPart(models.Model):
    """The place of a tip in a series: 1, 2, 3. Readers count those alone that are public."""

    tip = models.OneToOneField(Tip, models.CASCADE, primary_key=True, related_name="part")
    series = models.ForeignKey(Series, models.CASCADE, related_name="parts")
    place = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["place"]
        default_permissions = ()
        constraints = [UniqueConstraint("series", "place", name="series_part_place_once")]

    def __str__(self) -> str:
        return f"Part {self.place}"

    @classmethod
    def in_words(cls, tip: Tip) -> "tuple[str, Series] | None":
        """Return “Part 3” and the series of a tip that goes live now; None where it is in no series.

        Counted are the parts before it that readers see.
        """
        part = cls.objects.filter(tip=tip.pk).select_related("series").first() if tip.pk else None
        if part is None:
            return None
        before = cls.objects.filter(series=part.series, place__lt=part.place, tip__in=Tip.objects.published())
        return f"Part {before.count() + 1}", part.series
