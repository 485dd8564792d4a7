"""What there is, at a glance: the titles of a year, and all topics."""

from django.core.paginator import Paginator
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from tips import dates
from tips.models import DeskChoice, Tip
from tips.public import navigation

# So many topics to a page, the most used ones first.
TOPICS = 200
# Of the best of all years, so many.
BEST = 20


@require_safe
def contents(request: HttpRequest, year: int | None = None) -> HttpResponse:
    """Show the titles of the tips of a year, the newest unless one is given, and the years there are.

    The page of the newest year has the best of all years, and the titles of undated tips as well.
    """
    years = navigation.years()
    if year is not None and year not in years:
        raise Http404("There are no tips of this year.")
    shown = year or (years[0] if years else None)
    tips: list[Tip] = []
    if shown:
        first, following = dates.year(shown)
        of_year = Tip.objects.published_dated().filter(publish_at__gte=first, publish_at__lt=following)
        tips = list(of_year.newest_first().only("title", "slug", "publish_at"))
    undated = Tip.objects.published().undated().order_by(Lower("title"), "id").only("title", "slug")
    best = navigation.chosen({DeskChoice.BEST_OF: BEST})[DeskChoice.BEST_OF] if year is None else []
    context = {
        "years": years,
        "shown": shown,
        "best": best,
        "tips": tips,
        "undated": list(undated[:TOPICS]) if year is None else [],
        "url": reverse("tips:contents_year", args=[year]) if year else reverse("tips:contents"),
        "is_first": year is None,
    }
    return render(request, "tips/contents.html", context)


@require_safe
def topics(request: HttpRequest, page: int | None = None) -> HttpResponse:
    """Show the categories and the most used tags, each with its number of tips, and the other tags behind."""
    url = reverse("tips:topics")
    if page == 1:
        return HttpResponsePermanentRedirect(url)
    categories, tags = navigation.counted_categories(), navigation.tags_by_use()
    pages = Paginator(tags, TOPICS)
    if page and page > pages.num_pages:
        raise Http404("There is no such page.")
    shown = pages.page(page or 1)
    context = {
        "categories": categories if not page else [],
        "tags": sorted(shown.object_list, key=lambda pair: pair[0].name.casefold()),
        "number": page or 1,
        "last": pages.num_pages,
        "url": url,
    }
    return render(request, "tips/topics.html", context)
