"""The sitemap (sitemaps.org protocol): every full tip, home and the lists by category and tag.

The protocol allows 50,000 URLs a file. Here a file has so few that none costs more than some pages do.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from tips import dates
from tips.models import Page, Series, Tip, TipState, urls
from tips.public import navigation

# URLs a file.
LIMIT = 1000
# The greatest number of a file, in digits.
_LONGEST_NUMBER = 5
_XMLNS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def sitemap(request: HttpRequest) -> HttpResponse:
    """List every URL; where there are more than one file should hold, list the files."""
    lists = _lists()
    files = {"tips": -(-Tip.objects.published().full().count() // LIMIT), "lists": -(-len(lists) // LIMIT)}
    if max(files.values()) <= 1:
        return _answer("urlset", [*_of_tips(1), *_of_lists(lists)])
    locations = {name: settings.SITE_URL + reverse("tips:sitemap_part", args=[name]) for name in files}
    numbered = [(locations[name], number) for name in files for number in range(1, max(1, files[name]) + 1)]
    entries = (
        f"<sitemap><loc>{url}{f'?p={number}' if number > 1 else ''}</loc></sitemap>\n"
        for url, number in numbered
    )
    return _answer("sitemapindex", entries)


def part(request: HttpRequest, section: str) -> HttpResponse:
    """List the URLs of one file of a section, the first unless ``?p=`` says which. Raises Http404."""
    typed = request.GET.get("p", "1")
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= _LONGEST_NUMBER else 0
    if section == "tips" and number:
        entries = list(_of_tips(number))
    elif section == "lists" and number:
        entries = list(_of_lists(_lists()[(number - 1) * LIMIT : number * LIMIT]))
    else:
        raise Http404("There is no such part of the sitemap.")
    if number > 1 and not entries:
        raise Http404("There is no such part of the sitemap.")
    return _answer("urlset", entries)


def _answer(element: str, entries: Iterable[str]) -> HttpResponse:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{element} {_XMLNS}>\n{"".join(entries)}</{element}>\n'
    # It is for finding pages, and no page to be found.
    return HttpResponse(text, content_type="application/xml", headers={"X-Robots-Tag": "noindex"})


def _of_tips(number: int) -> Iterator[str]:
    """Yield the entries of one file of tips, each with the day on which readers last got another text.

    An undated tip that never changed has no such day.
    """
    zone, now, site = dates.site_zone(), timezone.now(), settings.SITE_URL
    approved = Tip.objects.filter(state=TipState.APPROVED).full()
    # What is to come stands first in the index; behind it an index alone finds the place of any file.
    start = approved.filter(publish_at__gt=now).count() + (number - 1) * LIMIT
    found = list(approved.newest_first().values_list("pk", flat=True)[start : start + LIMIT])
    # By their ids alone, see ``paging.in_order``; what changed in between is left out.
    columns = ("pk", "state", "slug", "publish_at", "text_changed_at")
    rows = {pk: row for pk, *row in Tip.objects.filter(pk__in=found).values_list(*columns)}
    for pk in found:
        state, slug, *moments = rows.get(pk, ("", "", None, None))
        if state != TipState.APPROVED or (moments[0] and moments[0] > now):
            continue
        revised = max((moment for moment in moments if moment), default=None)
        day = f"<lastmod>{_day(revised, zone)}</lastmod>" if revised else ""
        yield f"<url><loc>{site}{urls.of_slug('detail', slug)}</loc>{day}</url>\n"


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).date().isoformat()


def _lists() -> list[str]:
    """Return the URLs, without the host, of home and of the lists."""
    groups = (*navigation.categories().only("slug"), *navigation.tags().only("slug"))
    whole = [reverse(f"tips:{name}") for name in ("home", "list", "contents", "topics")]
    series = Series.objects.filter(parts__tip__in=Tip.objects.published()).distinct().only("slug")
    pages = Page.objects.filter(state=Page.State.APPROVED).values_list("path", flat=True)
    return [
        *whole,
        *pages,
        *(each.get_absolute_url() for each in series),
        *(group.get_absolute_url() for group in groups),
    ]


def _of_lists(paths: Iterable[str]) -> Iterator[str]:
    for url in paths:
        yield f"<url><loc>{settings.SITE_URL}{url}</loc></url>\n"
