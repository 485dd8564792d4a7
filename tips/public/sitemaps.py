"""The sitemap (sitemaps.org protocol): every full tip, home and the lists by category and tag."""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap, views
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse

from tips.models import Tip
from tips.public import navigation


class PublicSitemap(Sitemap):
    """A section whose URLs are below SITE_URL, whatever host name the crawler used."""

    # The protocol allows 50,000 URLs a file; a request should not have to write that many.
    limit = 5000

    def get_protocol(self, protocol: str | None = None) -> str:
        return urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site: object = None) -> str:
        return urlsplit(settings.SITE_URL).netloc


class Tips(PublicSitemap):
    """The pages of all full tips."""

    def items(self) -> QuerySet[Tip]:
        return Tip.objects.published().full().newest_first().only("slug", "publish_at", "text_changed_at")

    def get_latest_lastmod(self) -> datetime | None:
        """Leave the date out of the list of files: it would read every tip."""
        return None

    def lastmod(self, tip: Tip) -> datetime | None:
        """Return when its text last changed for readers; None for an undated tip that never changed."""
        return tip.revised_at


class Lists(PublicSitemap):
    """Home and the lists."""

    def items(self) -> list[str]:
        groups = (*navigation.categories(), *navigation.tags())
        return [reverse("tips:home"), reverse("tips:list"), *(group.get_absolute_url() for group in groups)]

    def location(self, url: str) -> str:
        return url


_SECTIONS: dict[str, type[Sitemap] | Sitemap] = {"tips": Tips, "lists": Lists}


def sitemap(request: HttpRequest) -> TemplateResponse:
    """List every URL; where there are more than one file should hold, list the files."""
    if any(section().paginator.num_pages > 1 for section in (Tips, Lists)):
        return views.index(request, _SECTIONS, sitemap_url_name="tips:sitemap_part")
    return views.sitemap(request, _SECTIONS)


def part(request: HttpRequest, section: str) -> TemplateResponse:
    """List the URLs of one section."""
    return views.sitemap(request, _SECTIONS, section=section)
