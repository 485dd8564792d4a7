"""The tip that a slug in a URL means to readers, by the one rule for its page, its card and its embed."""

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404

from tips.models import Card, SeriesPart, Tip


def tip(slug: str) -> Tip:
    """Return the tip of a slug, which is public, or gone (``tip.is_gone``): its readers are told so by 410.

    It comes with the name of its card, the key of its series, and its author. Where it has another slug by
    now, the one in the URL is a former one, and leads to the present one. Raises Http404 for whatever readers
    may not know of.
    """
    card = Card.objects.filter(pk=OuterRef("pk")).values("name")
    series = SeriesPart.objects.filter(pk=OuterRef("pk")).values("series")
    tips = Tip.objects.select_related("author").annotate(
        drawn=Coalesce(Subquery(card), Value("")), series=Subquery(series)
    )
    found = next(iter(tips.filter(slug=slug)), None)
    found = found or get_object_or_404(tips, former_slugs__slug=slug)
    found.card_name, found.series_id = vars(found)["drawn"], vars(found)["series"]
    if not (found.is_published or found.is_gone):
        raise Http404("There is no such tip.")
    return found
