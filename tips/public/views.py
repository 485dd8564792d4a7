"""The pages that readers see."""

import re
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Case, When
from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.dates import MONTHS
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView

from tips import dates, paging
from tips.models import FormerSlug, Tip
from tips.public import navigation
from tips.search import queries, similar, spelling

STRIP_LENGTH = 10
TAGS_ON_HOME = 24
TAGS_IN_FILTER = 200


class Home(TemplateView):
    """The newest full tip, the ten before it in short, and the ways into the archive."""

    template_name = "tips/home.html"

    def get_context_data(self, **kwargs):
        newest = Tip.objects.published_dated().newest_first()
        lead = newest.full().first() or Tip.objects.published().full().newest_first().first()
        strip = list(newest.for_lists()[: STRIP_LENGTH + 1])
        if len(strip) <= STRIP_LENGTH:
            undated = Tip.objects.published().undated().for_lists().order_by("id")
            strip += undated[: STRIP_LENGTH + 1 - len(strip)]
        return super().get_context_data(
            lead=lead,
            strip=[tip for tip in strip if tip != lead][:STRIP_LENGTH],
            categories=navigation.counted_categories(),
            tags=navigation.counted_tags(most=TAGS_ON_HOME),
            years=navigation.years(),
            **kwargs,
        )


def moved(address):
    """Lead to another address for good, but have browsers ask again: it may be changed back one day."""
    response = HttpResponsePermanentRedirect(address)
    patch_cache_control(response, no_cache=True)
    return response


@require_safe
def tip(request, slug):
    """Show one tip.

    Answers 410 for a tip that was public and is withdrawn, and 404 for whatever readers may not know of. An
    address that the tip once had leads to the one it has now.
    """
    found = Tip.objects.prefetch_related("categories", "tags").filter(slug=slug).first()
    if found is None:
        former = get_object_or_404(FormerSlug.objects.select_related("tip"), slug=slug, tip__isnull=False)
        found = former.tip
        if found.is_published:
            return moved(found.get_absolute_url())
    if found.is_gone:
        gone = render(request, "tips/withdrawn.html", status=410)
        patch_cache_control(gone, no_cache=True)
        return gone
    if not found.is_published:
        raise Http404("There is no such tip.")
    context = {"tip": found, "related": similar.related(found)}
    context["newer"], context["older"] = Tip.objects.neighbours(found)
    return render(request, "tips/tip.html", context)


class TipListView(TemplateView):
    """One page of a list of tips. Subclasses say which list, and what it is called.

    ``name``, ``address`` and ``placements`` (what ``paging.page`` takes) are set by ``setup``.
    """

    template_name = "tips/list.html"
    feeds = False
    # A list that does not depend on there being tips: it may be empty, where others are not found.
    always = False

    def get(self, request, *args, page=None, **kwargs):
        if page == 1:
            return HttpResponsePermanentRedirect(self.address)
        listed = paging.page(self.placements, page or 1)
        if not listed.total and not self.always:
            raise Http404("There are no tips here.")
        title = f"{self.name} | {settings.SITE_NAME}" + (f" - Page {listed.number}" if page else "")
        return self.render_to_response(
            self.get_context_data(
                page=listed, name=self.name, title=title, address=self.address, feeds=self.feeds
            )
        )


class AllTips(TipListView):
    name = "All tips"
    always = True
    extra_context = {"kind": "all"}

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.address = reverse("tips:list")
        self.placements = Tip.objects.all()

    def get_context_data(self, **kwargs):
        return super().get_context_data(years=navigation.years(), **kwargs)


class CategoryTips(TipListView):
    feeds = True
    extra_context = {"kind": "category"}

    def setup(self, request, *args, slug, **kwargs):
        super().setup(request, *args, slug=slug, **kwargs)
        category = get_object_or_404(navigation.categories(), slug=slug)
        self.name, self.address = category.name, category.get_absolute_url()
        self.placements = category.placements.all()


class TagTips(TipListView):
    feeds = True
    extra_context = {"kind": "tag"}

    def setup(self, request, *args, slug, **kwargs):
        super().setup(request, *args, slug=slug, **kwargs)
        self.tag = tag_or_former(slug)
        self.name, self.address = self.tag.name, self.tag.get_absolute_url()
        self.placements = self.tag.placements.all()

    def get(self, request, *args, slug, page=None, **kwargs):
        if slug != self.tag.slug:
            return moved(self.address + (f"page/{page}/" if page else ""))
        return super().get(request, *args, slug=slug, page=page, **kwargs)


def tag_or_former(slug):
    """Return the tag that has this slug, or had it once. Raises Http404 where readers know of none."""
    tag = navigation.tags().filter(slug=slug).first()
    if tag is None:
        former = FormerSlug.objects.filter(slug=slug, tag__isnull=False)
        tag = get_object_or_404(navigation.tags(), pk__in=former.values("tag"))
    return tag


class YearTips(TipListView):
    extra_context = {"kind": "year"}

    def setup(self, request, *args, year, **kwargs):
        super().setup(request, *args, year=year, **kwargs)
        self.name, self.address = str(year), reverse("tips:year", args=[year])
        self.placements = within(dates.year, year)

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            year=self.kwargs["year"], months=navigation.months(self.kwargs["year"]), **kwargs
        )


class MonthTips(TipListView):
    extra_context = {"kind": "month"}

    def setup(self, request, *args, year, month, **kwargs):
        super().setup(request, *args, year=year, month=month, **kwargs)
        self.placements = within(dates.month, year, month)
        self.name = f"{MONTHS[month]} {year}"
        self.address = reverse("tips:month", args=[year, month])

    def get_context_data(self, **kwargs):
        return super().get_context_data(year=self.kwargs["year"], **kwargs)


def within(span, *numbers):
    """Return the tips of a year or a month; raises Http404 for one that no calendar has."""
    try:
        first, following = span(*numbers)
    except (ValueError, OverflowError):
        raise Http404("No calendar has this.") from None
    return Tip.objects.filter(publish_at__gte=first, publish_at__lt=following)


class Search(TemplateView):
    """Search results, with the filters that narrow them."""

    template_name = "tips/search.html"

    def get_context_data(self, **kwargs):
        asked = self.request.GET
        query = asked.get("q", "").strip()[: queries.LONGEST_QUERY]
        filters = queries.Filters(
            category=_slug(asked.get("category", "")),
            tag=_slug(asked.get("tag", "")),
            year=_year(asked.get("year", "")),
        )
        number = _page_number(asked.get("page"))
        results = queries.find(query, number, filters)
        if number > results.page.last:
            raise Http404("There is no such page of results.")
        categories, tags = list(navigation.categories()), tags_in_filter(filters.tag)
        kept = {"q": query, "category": filters.category, "tag": filters.tag, "year": filters.year}
        return super().get_context_data(
            query=query,
            filters=filters,
            results=results,
            page=results.page,
            address="?" + urlencode({key: value for key, value in kept.items() if value}),
            categories=categories,
            tags=tags,
            named=spelling.named(queries.parse(query), [*categories, *tags]),
            years=navigation.years(),
            **kwargs,
        )


def tags_in_filter(chosen):
    """Return the tags to filter by: the first of them, and the one that is chosen."""
    tags = list(
        navigation.tags().order_by(Case(When(slug=chosen, then=0), default=1), "name")[:TAGS_IN_FILTER]
    )
    return sorted(tags, key=lambda tag: tag.name.casefold())


def _slug(text):
    return text if re.fullmatch(r"[-\w]{1,220}", text) else ""


def _year(text):
    return int(text) if re.fullmatch("[12][0-9]{3}", text) else None


def _page_number(text):
    """Return the page asked for. Raises Http404 for what is no number of a page."""
    if text is None:
        return 1
    if not re.fullmatch("[1-9][0-9]?", text) or int(text) > queries.DEEPEST_PAGE:
        raise Http404("There is no such page of results.")
    return int(text)


@require_safe
def robots(request):
    """Tell crawlers where the sitemap is, and that search results are not worth their while."""
    lines = [
        "User-agent: *",
        "Disallow: /search/",
        "Disallow: /admin/",
        f"Sitemap: {settings.SITE_URL}/sitemap.xml",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
