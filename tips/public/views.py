"""The pages that readers see."""

import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.dates import MONTHS
from django.views.decorators.http import require_safe

from tips import dates, paging
from tips.models import Category, DeskChoice, Tag, Tip, counts, read_labels
from tips.models.published import PublishedQuerySet
from tips.models.tip import TipQuerySet
from tips.public import by_slug, cards, navigation, neighbours, series
from tips.search import archive, labels, own_pages, queries, similar
from tips.search.terms import LONGEST_QUERY
from tips.text import slugify

# Of tips, or of the places that tips have in lists.
Placements = PublishedQuerySet

STRIP_LENGTH = 10
# Of the desk's choices, on home.
MOST_CHOSEN = {DeskChoice.START_HERE: 5, DeskChoice.BEST_OF: 8}
# In the search's list of tags to filter by.
MOST_TAGS = 200


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the newest full tip, the ways into the archive, the desk's choice, and ten full tips before.

    Tips of which only an excerpt is there fill up what undated full ones leave: they crowd out none.
    """
    dated = Tip.objects.published_dated().newest_first().for_lists()
    tips = list(dated.full()[: STRIP_LENGTH + 1])
    if len(tips) > STRIP_LENGTH:
        is_latest = not dated.excerpts().filter(publish_at__gt=tips[0].publish_at).exists()
    else:
        excerpts = list(_few(dated.excerpts()))
        is_latest = bool(tips) and not any(each.moment > tips[0].moment for each in excerpts[:1])
        others = [*_few(Tip.objects.published().undated().full().order_by("id")), *excerpts]
        tips += others[: STRIP_LENGTH + 1 - len(tips)]
    lead = tips[0] if tips and tips[0].has_body else None
    chosen = navigation.chosen(MOST_CHOSEN, but=lead)
    context = {
        "lead": lead,
        "is_latest": is_latest,
        "strip": tips[1:] if lead else tips[:STRIP_LENGTH],
        "categories": navigation.narrowing_categories(),
        "tags": [pair for pair in navigation.counted_tags(most=24) if pair[0].slug not in DeskChoice],
        "to_start_with": chosen[DeskChoice.START_HERE],
        "best": chosen[DeskChoice.BEST_OF],
    }
    return render(request, "tips/home.html", context)


def _few(tips: TipQuerySet) -> TipQuerySet:
    return tips.for_lists()[: STRIP_LENGTH + 1]


@require_safe
def tip(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one tip.

    Answers 410 for a tip that was public and is withdrawn, and 404 for whatever readers may not know of. A
    slug that the tip once had leads to the present one.
    """
    tip = by_slug.tip(slug)
    if tip.is_gone:
        gone = render(request, "tips/withdrawn.html", status=410)
        patch_cache_control(gone, no_cache=True)
        return gone
    if tip.slug != slug:
        return _moved(tip.get_absolute_url())
    read_labels([tip])
    newer, older = neighbours.of(tip)
    context = {"tip": tip, "related": similar.related(tip), "newer": newer, "older": older}
    context["card"], context["place"] = cards.of(tip), series.place_of(tip)
    return render(request, "tips/tip.html", context)


def _moved(url: str) -> HttpResponse:
    """Lead to another URL for good, but have browsers ask again: it may be changed back one day."""
    return HttpResponsePermanentRedirect(url, headers={"Cache-Control": "no-cache"})


# --- Lists ------------------------------------------------------------------------------------------------


def all_tips(request: HttpRequest, page: int | None = None) -> HttpResponse:
    """Show the list of all tips. It may be empty, where other lists are not found."""
    tips = Tip.objects.all()
    years, total = navigation.years(), counts.published()
    return _list(request, page, "all", "All tips", reverse("tips:list"), tips, total, years=years)


def category_tips(request: HttpRequest, slug: str, page: int | None = None) -> HttpResponse:
    """Show the tips of a category. The slug of one that was merged into it leads to its own."""
    return _tips_of(request, "category", navigation.with_slug(navigation.categories(), slug), slug, page)


def tag_tips(request: HttpRequest, slug: str, page: int | None = None) -> HttpResponse:
    """Show the tips of a tag. A slug that the tag once had leads to the present one."""
    return _tips_of(request, "tag", navigation.with_slug(navigation.tags(), slug), slug, page)


def _tips_of(
    request: HttpRequest, kind: str, label: Category | Tag, slug: str, page: int | None
) -> HttpResponse:
    url = label.get_absolute_url()
    if slug != label.slug:
        return _moved(f"{url}page/{page}/" if page else url)
    total = counts.published(label)
    return _list(request, page, kind, label.name, url, label.placements.all(), total, feeds=True)


def year_tips(request: HttpRequest, year: int, page: int | None = None) -> HttpResponse:
    """Show the tips of a year."""
    tips, url, months = _within(dates.year, year), reverse("tips:year", args=[year]), navigation.months(year)
    return _list(request, page, "year", str(year), url, tips, year=year, months=months)


def month_tips(request: HttpRequest, year: int, month: int, page: int | None = None) -> HttpResponse:
    """Show the tips of a month."""
    tips, url = _within(dates.month, year, month), reverse("tips:month", args=[year, month])
    return _list(request, page, "month", f"{MONTHS[month]} {year}", url, tips, year=year)


def _within(span: Callable[..., tuple[datetime, datetime]], *numbers: int) -> PublishedQuerySet[Tip]:
    """Return the tips of a year or a month. Raises Http404 where no calendar has it."""
    try:
        first, following = span(*numbers)
    except (ValueError, OverflowError):
        raise Http404("No calendar has this.") from None
    return Tip.objects.filter(publish_at__gte=first, publish_at__lt=following)


# Not on the views: whatever the method, a list that nobody may know of is not found.
@require_safe
def _list(
    request: HttpRequest,
    number: int | None,
    kind: str,
    name: str,
    url: str,
    tips: Placements,
    total: int | None = None,
    **more: object,
) -> HttpResponse:
    """Show one page of a list; ``number`` is None for the URL of the list itself."""
    if number == 1:
        return HttpResponsePermanentRedirect(url)
    page = paging.page(tips, number or 1, total)
    if not page.total and kind != "all":
        raise Http404("There are no tips here.")
    title = f"{name} | {settings.SITE_NAME}" + (f" - Page {number}" if number else "")
    context = {"page": page, "kind": kind, "name": name, "title": title, "url": url, **more}
    return render(request, "tips/list.html", context)


# --- Search -----------------------------------------------------------------------------------------------


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show search results, with the filters that narrow them."""
    query = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    category, tag, year = (request.GET.get(name, "") for name in ("category", "tag", "year"))
    year_number = int(year) if re.fullmatch("[12][0-9]{3}", year) else None
    filters = queries.Filters(_slug(category), _slug(tag), year_number)
    number = _page_number(request.GET.get("page"))
    public = archive.current()
    groups = public.labels
    results = queries.find(query, number, filters, public)
    if number > results.page.last:
        raise Http404("There is no such page of results.")
    categories = [group for group in groups if isinstance(group, Category)]
    tags = [group for group in groups if isinstance(group, Tag)]
    parameters = {"q": query, **asdict(filters)}
    context = {
        "query": query,
        "filters": filters,
        "results": results,
        "page": results.page,
        "url": "?" + urlencode({name: value for name, value in parameters.items() if value}),
        "category_choices": [(category.slug, category.name) for category in categories],
        # The tags to filter by: the first of them, and the chosen one.
        "tag_choices": [
            (tag.slug, tag.name)
            for place, tag in enumerate(tags)
            if place < MOST_TAGS or tag.slug == filters.tag
        ],
        "named": labels.named(results.query, groups),
        "own_pages": _own_pages(results, public),
        "year_choices": [(str(year), str(year)) for year in public.years],
        # As text: a template would put each number into the form of the language.
        "years": list(map(str, public.years)),
        "chosen_year": year,
    }
    if query and not results.page.total:
        near = labels.nearest(results.query, groups)
        context |= {"near": near, "counted_categories": [], "counted_tags": []}
        if not near:
            counted = list(public.counts.items())
            of_tags = [pair for pair in counted if isinstance(pair[0], Tag)]
            most_used = sorted(of_tags, key=lambda pair: -pair[1])[:24]
            context["counted_categories"] = [pair for pair in counted if isinstance(pair[0], Category)]
            context["counted_tags"] = [pair for pair in of_tags if pair in most_used]
    return render(request, "tips/search.html", context)


def _own_pages(results: queries.Results, public: archive.Archive) -> list[archive.OwnPage]:
    """Return the site's own pages that a search finds: by their titles, and by their texts if no tip fits."""
    if results.page.number > 1:
        return []
    found = own_pages.named(results.query, public)
    return found or ([] if results.page.total else own_pages.holding(results.query, public))


def _slug(text: str) -> str:
    return text if len(text) <= 220 and re.fullmatch(slugify.IN_PATH, text) else ""


def _page_number(text: str | None) -> int:
    """Return the number of the page asked for. Raises Http404 for what is no such number."""
    if text is None:
        return 1
    if not re.fullmatch("[1-9][0-9]?", text) or int(text) > queries.DEEPEST_PAGE:
        raise Http404("There is no such page of results.")
    return int(text)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Tell crawlers where the sitemap is, and to leave out search results and the admin."""
    sitemap = f"{settings.SITE_URL}/sitemap.xml"
    text = f"User-agent: *\nDisallow: /search/\nDisallow: /admin/\nSitemap: {sitemap}\n"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
