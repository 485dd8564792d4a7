"""The ways into the archive: categories, tags and years, as far as readers may know of them."""

from django.db.models import Count, Max, Min, OuterRef, Subquery
from django.utils.dates import MONTHS

from tips import slots
from tips.models import CategorisedTip, Category, Tag, TaggedTip, Tip


def categories():
    """Return the categories that have published tips, each with their number as ``count``, by name."""
    return _counted(Category, CategorisedTip, "category")


def tags(most=None):
    """Return the tags that have published tips, each with their number as ``count``, by name.

    With ``most``, only so many, those with the most tips.
    """
    found = _counted(Tag, TaggedTip, "tag")
    if most is not None and len(found) > most:
        found = sorted(sorted(found, key=lambda tag: -tag.count)[:most], key=lambda tag: tag.name)
    return found


def _counted(model, placements, name):
    own = placements.objects.published().filter(**{name: OuterRef("pk")}).order_by().values(name)
    counted = model.objects.annotate(count=Subquery(own.annotate(count=Count("pk")).values("count")))
    return [each for each in counted.order_by("name") if each.count]


def years():
    """Return the years from the newest published tip's down to the oldest's."""
    ends = Tip.objects.published_dated().aggregate(oldest=Min("publish_at"), newest=Max("publish_at"))
    if ends["oldest"] is None:
        return []
    newest, oldest = (ends[end].astimezone(slots.site_zone()).year for end in ("newest", "oldest"))
    return list(range(newest, oldest - 1, -1))


def months(year):
    """Return the months of a year that have published tips, in order, each as a dict of number and name."""
    first, following = slots.year(year)
    moments = Tip.objects.published_dated().filter(publish_at__gte=first, publish_at__lt=following)
    zone = slots.site_zone()
    numbers = sorted({at.astimezone(zone).month for at in moments.values_list("publish_at", flat=True)})
    return [{"number": number, "name": MONTHS[number]} for number in numbers]
