"""What readers navigate by: the categories, tags, years and months that have published tips."""

from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Lower
from django.utils.dates import MONTHS

from tips import dates
from tips.models import CategorisedTip, Category, Tag, TaggedTip, Tip, newest_first, oldest_first


def categories():
    """Return the categories that have published tips, by name, as a queryset."""
    return _with_tips(Category, CategorisedTip, "category")


def tags():
    """Return the tags that have published tips, by name, as a queryset."""
    return _with_tips(Tag, TaggedTip, "tag")


def counted_categories():
    """Return the categories that have published tips, each with their number as ``count``, by name."""
    return _counted(Category, CategorisedTip, "category")


def counted_tags(most):
    """Return the tags with the most published tips, each with their number as ``count``, by name."""
    found = sorted(_counted(Tag, TaggedTip, "tag"), key=lambda tag: -tag.count)[:most]
    return sorted(found, key=lambda tag: tag.name.casefold())


def _with_tips(model, placements, name):
    own = placements.objects.published().filter(**{name: OuterRef("pk")})
    return model.objects.filter(Exists(own)).order_by(Lower("name"))


def _counted(model, placements, name):
    own = placements.objects.published().filter(**{name: OuterRef("pk")}).order_by().values(name)
    counted = model.objects.annotate(count=Subquery(own.annotate(count=Count("pk")).values("count")))
    return [each for each in counted.order_by(Lower("name")) if each.count]


def years():
    """Return the years from the newest published tip's down to the oldest's."""
    dated = Tip.objects.published_dated()
    oldest = Subquery(dated.order_by(oldest_first()).values("publish_at")[:1])
    # The two ends of one index; Min and Max together would read all of it.
    ends = dated.order_by(newest_first()).annotate(oldest=oldest).values_list("publish_at", "oldest").first()
    if ends is None:
        return []
    newest, oldest = (end.astimezone(dates.site_zone()).year for end in ends)
    return list(range(newest, oldest - 1, -1))


def months(year):
    """Return the months of a year that have published tips, in order, each as a dict of number and name."""
    first, following = dates.year(year)
    moments = Tip.objects.published_dated().filter(publish_at__gte=first, publish_at__lt=following)
    zone = dates.site_zone()
    numbers = sorted({at.astimezone(zone).month for at in moments.values_list("publish_at", flat=True)})
    return [{"number": number, "name": MONTHS[number]} for number in numbers]
