"""What readers navigate by: the categories, tags, years and months that have published tips."""

from typing import TypeVar

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Lower
from django.utils.dates import MONTHS

from tips import dates
from tips.models import CategorisedTip, Category, Tag, TaggedTip, Tip, newest_first, oldest_first
from tips.models.published import PublishedQuerySet

_Group = TypeVar("_Group", Category, Tag)


def categories() -> QuerySet[Category]:
    """Return the categories that have published tips, by name."""
    own = CategorisedTip.objects.published().filter(category=OuterRef("pk"))
    return Category.objects.filter(Exists(own)).order_by(Lower("name"))


def tags() -> QuerySet[Tag]:
    """Return the tags that have published tips, by name."""
    own = TaggedTip.objects.published().filter(tag=OuterRef("pk"))
    return Tag.objects.filter(Exists(own)).order_by(Lower("name"))


def counted_categories() -> list[tuple[Category, int]]:
    """Return the categories that have published tips, each with their number, by name."""
    return _counted(Category.objects.all(), CategorisedTip.objects.published(), "category")


def counted_tags(most: int) -> list[tuple[Tag, int]]:
    """Return the tags with the most published tips, each with their number, by name."""
    counted = _counted(Tag.objects.all(), TaggedTip.objects.published(), "tag")
    most_used = sorted(counted, key=lambda pair: -pair[1])[:most]
    return sorted(most_used, key=lambda pair: pair[0].name.casefold())


def _counted(groups: QuerySet[_Group], placements: PublishedQuerySet, name: str) -> list[tuple[_Group, int]]:
    own = placements.filter(**{name: OuterRef("pk")}).order_by().values(name)
    counted = groups.annotate(count=Subquery(own.annotate(count=Count("pk")).values("count")))
    return [(group, group.count) for group in counted.order_by(Lower("name")) if group.count]


def years() -> list[int]:
    """Return the years from the newest published tip's down to the oldest's."""
    dated = Tip.objects.published_dated()
    oldest = Subquery(dated.order_by(oldest_first()).values("publish_at")[:1])
    # The two ends of one index; Min and Max together would read all of it.
    ends = dated.order_by(newest_first()).annotate(oldest=oldest).values_list("publish_at", "oldest").first()
    if ends is None:
        return []
    newest_year, oldest_year = (end.astimezone(dates.site_zone()).year for end in ends if end)
    return list(range(newest_year, oldest_year - 1, -1))


def months(year: int) -> dict[int, str]:
    """Return {number: name} of the months of a year that have published tips, in order."""
    first, following = dates.year(year)
    moments = Tip.objects.published_dated().filter(publish_at__gte=first, publish_at__lt=following)
    zone = dates.site_zone()
    numbers = {at.astimezone(zone).month for at in moments.values_list("publish_at", flat=True) if at}
    return {number: str(MONTHS[number]) for number in sorted(numbers)}
