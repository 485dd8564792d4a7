"""What readers navigate by: the categories, tags, years and months that have published tips."""

from typing import TypeVar

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Lower
from django.shortcuts import get_object_or_404
from django.utils.dates import MONTHS

from tips import dates
from tips.models import CategorisedTip, Category, Tag, TaggedTip, Tip, counts, newest_first

# The slug of the tag by which editors choose the tips to start with. It is said in docs/authoring.md.
START_HERE = "start-here"

_Group = TypeVar("_Group", Category, Tag)


def categories() -> QuerySet[Category]:
    """Return the categories that have published tips, by name."""
    own = CategorisedTip.objects.published().filter(category=OuterRef("pk"))
    return Category.objects.filter(Exists(own)).order_by(Lower("name"))


def tags() -> QuerySet[Tag]:
    """Return the tags that have published tips, by name."""
    own = TaggedTip.objects.published().filter(tag=OuterRef("pk"))
    return Tag.objects.filter(Exists(own)).order_by(Lower("name"))


def with_slug(groups: QuerySet[_Group], slug: str) -> _Group:
    """Return the category or tag that has this slug, or had it once. Raises Http404 where there is none."""
    return groups.filter(slug=slug).first() or get_object_or_404(groups, former_slugs__slug=slug)


def counted_categories() -> list[tuple[Category, int]]:
    """Return the categories that have published tips, each with their number, by name."""
    return counts.labels(Category)


def narrowing(groups: list[tuple[_Group, int]], total: int) -> list[tuple[_Group, int]]:
    """Return those of some groups, each with its number of tips, that hold at most half of all tips.

    Any other leads nobody to what they look for. Where there are no others, all stay.
    """
    return [pair for pair in groups if pair[1] * 2 <= total] or groups


def narrowing_of(tip: Tip) -> list[Category]:
    """Return the categories of a tip but those that hold more than half of all tips, by name."""
    own = list(tip.categories.all())
    if not own:
        return []
    total = counts.published()
    broad = {category for category, count in counted_categories() if count * 2 > total}
    return [category for category in own if category not in broad]


def counted_tags(most: int) -> list[tuple[Tag, int]]:
    """Return the tags with the most published tips, each with their number, by name."""
    return sorted(counts.labels(Tag, most), key=lambda pair: pair[0].name.casefold())


def tags_by_use() -> list[tuple[Tag, int]]:
    """Return all tags that have published tips, each with their number, the most used ones first."""
    return sorted(counts.labels(Tag), key=lambda pair: -pair[1])


def to_start_with(most: int, but: Tip | None) -> list[Tip]:
    """Return the newest full tips that editors chose for who is new here: those with the tag START_HERE.

    ``but`` is left out, since the page has it elsewhere.
    """
    chosen = TaggedTip.objects.published().filter(tag__slug=START_HERE)
    # Found in the index of the tag's tips, of which the newest are read.
    ids = chosen.order_by(newest_first(), TaggedTip.TIP_ID).values(TaggedTip.TIP_ID)[: most * 2]
    tips = Tip.objects.filter(pk__in=ids).newest_first().for_lists()
    return [tip for tip in tips if tip.has_body and tip != but][:most]


def years() -> list[int]:
    """Return the years that have published tips, the latest first."""
    return dates.years_with(Tip.objects.published_dated(), "publish_at")


def months(year: int) -> dict[int, str]:
    """Return {number: name} of the months of a year that have published tips, in order."""
    numbers = dates.months_with(Tip.objects.published_dated(), "publish_at", year)
    return {number: str(MONTHS[number]) for number in numbers}
