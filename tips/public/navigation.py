"""What readers navigate by: the categories, tags, years and months that have published tips."""

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.shortcuts import get_object_or_404
from django.utils.dates import MONTHS

from tips import dates
from tips.models import CategorisedTip, Category, DeskChoice, Tag, TaggedTip, Tip, counts, newest_first

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


def narrowing_categories() -> list[tuple[Category, int]]:
    """Return the categories that narrow, each with its number of tips."""
    return narrowing(*counts.labels_and_total(Category))


def narrowing_of(tip: Tip) -> list[Category]:
    """Return the categories of a tip but those that hold more than half of all tips, by name."""
    own = list(tip.categories.all())
    if not own:
        return []
    counted, total = counts.labels_and_total(Category)
    broad = {category for category, count in counted if count * 2 > total}
    return [category for category in own if category not in broad]


def counted_tags(most: int) -> list[tuple[Tag, int]]:
    """Return the tags with the most published tips, each with their number, by name."""
    return sorted(counts.labels(Tag, most), key=lambda pair: pair[0].name.casefold())


def tags_by_use() -> list[tuple[Tag, int]]:
    """Return all tags that have published tips, each with their number, the most used ones first."""
    return sorted(counts.labels(Tag), key=lambda pair: -pair[1])


def chosen(most: Mapping[DeskChoice, int], but: Tip | None = None) -> dict[DeskChoice, list[Tip]]:
    """Return the newest full tips of each of some choices of the desk, at most so many, in one query.

    ``but`` is left out, since the page has it elsewhere; and of a later choice what an earlier one has.
    """
    newest = {
        # Found in the index of the tag's tips, of which the newest are read.
        choice: TaggedTip.objects.published()
        .filter(tag__slug=choice)
        .order_by(newest_first(), TaggedTip.TIP_ID)
        .values(TaggedTip.TIP_ID)[: number * 2]
        for choice, number in most.items()
    }
    conditions = {choice: Q(pk__in=ids) for choice, ids in newest.items()}
    marks = {f"is_{choice.name.lower()}": condition for choice, condition in conditions.items()}
    tips = Tip.objects.filter(reduce(or_, conditions.values())).newest_first().for_lists().annotate(**marks)
    left = [tip for tip in tips if tip.has_body and tip != but]
    found: dict[DeskChoice, list[Tip]] = {}
    for choice, number in most.items():
        found[choice] = [tip for tip in left if vars(tip)[f"is_{choice.name.lower()}"]][:number]
        left = [tip for tip in left if tip not in found[choice]]
    return found


def years() -> list[int]:
    """Return the years that have published tips, the latest first."""
    return dates.years_with(Tip.objects.published_dated(), "publish_at")


def months(year: int) -> dict[int, str]:
    """Return {number: name} of the months of a year that have published tips, in order."""
    numbers = dates.months_with(Tip.objects.published_dated(), "publish_at", year)
    return {number: str(MONTHS[number]) for number in numbers}
