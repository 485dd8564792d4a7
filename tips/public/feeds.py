"""Feeds of the newest dated tips with their full text: RSS, Atom and JSON Feed."""

import json
from datetime import UTC, datetime
from html import unescape

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.utils.html import escape

from tips.models import Category, Tip, newest_first
from tips.public import navigation
from tips.public.views import tag_or_former
from tips.text import body_images

LENGTH = 20


def absolute(path):
    """Return the public address of a path of this site."""
    return settings.SITE_URL + path


class Unhurried:
    """A feed whose date is its newest entry's; without entries it is always the same, not the present."""

    def latest_post_date(self):
        return super().latest_post_date() if self.items else datetime(2000, 1, 1, tzinfo=UTC)


class RssWithText(Unhurried, Rss201rev2Feed):
    """RSS 2.0 with the full text beside the excerpt (content:encoded, RSS Content Module)."""

    def rss_attributes(self):
        return {
            **super().rss_attributes(),
            "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
        }

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        handler.addQuickElement("content:encoded", item["text"])


class AtomWithText(Unhurried, Atom1Feed):
    """Atom (RFC 4287) with the full text beside the excerpt."""

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["text"], {"type": "html"})


class JsonFeed(Unhurried, SyndicationFeed):
    """JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

    content_type = "application/feed+json; charset=utf-8"

    def write(self, outfile, encoding):
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.feed["title"],
            "home_page_url": self.feed["link"],
            "feed_url": self.feed["feed_url"],
            "description": self.feed["description"],
            "language": self.feed["language"],
            "items": [
                {
                    "id": item["unique_id"],
                    "url": item["link"],
                    "title": item["title"],
                    "summary": unescape(item["description"]),
                    "content_html": item["text"],
                    "date_published": item["pubdate"].isoformat(),
                    "date_modified": item["updateddate"].isoformat(),
                    "tags": list(item["categories"]),
                }
                for item in self.items
            ],
        }
        outfile.write(json.dumps(feed, ensure_ascii=False, indent=1).encode(encoding))


class Rss(Feed):
    """The newest full tips of the site, a category or a tag. Teasers and undated tips are in no feed."""

    feed_type = RssWithText
    format = "rss"

    def __call__(self, request, *args, **kwargs):
        """Answer, and have caches ask each time: by its date alone a feed would seem fresh for hours."""
        response = super().__call__(request, *args, **kwargs)
        patch_cache_control(response, no_cache=True)
        return response

    def get_object(self, request, category=None, tag=None):
        if category:
            return get_object_or_404(navigation.categories(), slug=category)
        return tag_or_former(tag) if tag else None

    def title(self, obj):
        return f"{obj} | {settings.SITE_NAME}" if obj else settings.SITE_NAME

    def link(self, obj):
        return absolute(obj.get_absolute_url() if obj else reverse("tips:home"))

    def feed_url(self, obj):
        if isinstance(obj, Category):
            return absolute(reverse(f"tips:category_{self.format}", args=[obj.slug]))
        return absolute(
            reverse(f"tips:tag_{self.format}", args=[obj.slug]) if obj else reverse(f"tips:{self.format}")
        )

    def feed_guid(self, obj):
        return self.link(obj)

    def description(self, obj):
        return (
            f"Tips on {obj} from {settings.SITE_NAME}" if obj else f"Each new tip from {settings.SITE_NAME}"
        )

    subtitle = description

    def items(self, obj):
        tips = Tip.objects.published_dated().full()
        if obj:
            placements = obj.placements.published_dated()
            tip = placements.model.TIP_ID
            full = placements.filter(**{f"{tip.removesuffix('_id')}__has_body": True})
            newest = full.order_by(newest_first(), tip).values_list(tip, flat=True)
            tips = tips.filter(pk__in=list(newest[:LENGTH]))
        return tips.newest_first().prefetch_related("categories", "tags")[:LENGTH]

    def item_title(self, tip):
        return tip.title

    def item_description(self, tip):
        # Readers of RSS and Atom take it for HTML.
        return escape(tip.excerpt)

    def item_link(self, tip):
        return absolute(tip.get_absolute_url())

    def item_guid(self, tip):
        """An identifier that outlives a change of title, slug or date (a tag URI, RFC 4151)."""
        host = settings.SITE_URL.split("://")[1].split(":")[0]
        return f"tag:{host},{tip.created_at:%Y}:tip-{tip.pk}"

    item_guid_is_permalink = False

    def item_pubdate(self, tip):
        return tip.publish_at

    def item_updateddate(self, tip):
        # A tip corrected before it went live has not been updated for anyone.
        return max(tip.publish_at, tip.updated_at)

    def item_categories(self, tip):
        return [each.name for each in (*tip.categories.all(), *tip.tags.all())]

    def item_extra_kwargs(self, tip):
        text = render_to_string("tips/_text.html", {"tip": tip})
        return {"text": body_images.with_full_urls(text, settings.SITE_URL)}


class Atom(Rss):
    feed_type = AtomWithText
    format = "atom"


class Json(Rss):
    feed_type = JsonFeed
    format = "json"
