"""The sitemap (sitemaps.org protocol): every full tip, home and the lists by subject."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap, views
from django.urls import reverse

from tips.models import Tip
from tips.public import navigation


class PublicSitemap(Sitemap):
    """A section whose addresses are below SITE_URL, whatever host name the crawler used."""

    # The protocol allows 50,000 addresses a file; a request should not have to write that many.
    limit = 5000

    def get_protocol(self, protocol=None):
        return urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site=None):
        return urlsplit(settings.SITE_URL).netloc


class Tips(PublicSitemap):
    """The pages of all full tips."""

    def items(self):
        return Tip.objects.published().full().newest_first().only("slug", "publish_at", "updated_at")

    def get_latest_lastmod(self):
        """Leave it out of the list of files: it would read every tip."""
        return None

    def lastmod(self, tip):
        return max(tip.updated_at, tip.publish_at or tip.updated_at)


class Ways(PublicSitemap):
    """Home and the lists."""

    def items(self):
        fixed = [reverse("tips:home"), reverse("tips:list")]
        return fixed + [way.get_absolute_url() for way in (*navigation.categories(), *navigation.tags())]

    def location(self, address):
        return address


def sitemap(request):
    """List every address; where they are more than a file should hold, list the files."""
    sections = {"tips": Tips, "ways": Ways}
    if Tips().paginator.num_pages > 1:
        return views.index(request, sections, sitemap_url_name="tips:sitemap_part")
    return views.sitemap(request, sections)


def part(request, section):
    """List one section's share of the addresses."""
    return views.sitemap(request, {"tips": Tips, "ways": Ways}, section=section)
