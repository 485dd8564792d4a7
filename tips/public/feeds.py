"""Feeds of the newest dated tips with their full text: RSS, Atom and JSON Feed."""

import json
from datetime import datetime
from html import unescape
from io import BytesIO
from typing import IO, Any, NamedTuple

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.utils.html import escape, format_html
from django.utils.xmlutils import SimplerXMLGenerator

from tips.models import Category, Edition, Surroundings, Tag, Tip, newest_first, read_labels
from tips.public import navigation
from tips.text import promotions, sanitiser
from tips.text.folding import without_controls

LENGTH = 20
# The columns that an entry is made of.
_SHOWN = (
    "slug",
    "title",
    "takeaway",
    "excerpt",
    "body",
    "publish_at",
    "text_changed_at",
    "created_at",
    "kept_notices",
)
Group = Category | Tag


class Entry(NamedTuple):
    """A tip in a feed, with what the house says around it."""

    tip: Tip
    around: Surroundings


# An entry as Django's feed generator holds it: the kinds of its values vary by key.
Item = dict[str, Any]


class _ByEdition(SyndicationFeed):
    """A feed whose date, in its head and in the response's Last-Modified, is that of the edition.

    The dates of its entries would go back when the newest is withdrawn, and stand still when one gets a tag.
    """

    def latest_post_date(self) -> datetime:
        last_modified: datetime = self.feed["last_modified"]
        return last_modified

    def write(self, outfile: IO[bytes], encoding: str) -> None:
        """Write the feed in one piece: its elements come in thousands of them."""
        pieces = BytesIO()
        super().write(pieces, encoding)
        outfile.write(pieces.getvalue())


class RssWithText(_ByEdition, Rss201rev2Feed):
    """RSS 2.0 with the full text beside the excerpt (content:encoded, RSS Content Module)."""

    def rss_attributes(self) -> dict[str, str]:
        return {**super().rss_attributes(), "xmlns:content": "http://purl.org/rss/1.0/modules/content/"}

    def add_item_elements(self, handler: SimplerXMLGenerator, item: Item) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content:encoded", item["text"])


class AtomWithText(_ByEdition, Atom1Feed):
    """Atom (RFC 4287) with the full text beside the excerpt."""

    def add_item_elements(self, handler: SimplerXMLGenerator, item: Item) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["text"], {"type": "html"})


class JsonFeed(_ByEdition):
    """JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

    content_type = "application/feed+json; charset=utf-8"

    def write(self, outfile: IO[bytes], encoding: str) -> None:
        feed = {"version": "https://jsonfeed.org/version/1.1", "home_page_url": self.feed["link"]}
        feed |= {name: self.feed[name] for name in ("title", "feed_url", "description", "language")}
        feed["items"] = [
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
        ]
        outfile.write(json.dumps(feed, ensure_ascii=False, indent=1).encode(encoding))


class Rss(Feed):
    """The newest full tips of the site, a category or a tag. Teasers and undated tips are in no feed.

    ``path`` is that of the feed below the list it belongs to.
    """

    feed_type: type[SyndicationFeed] = RssWithText
    path = "feed/"

    def get_object(self, request: HttpRequest, category: str = "", tag: str = "") -> Group | None:
        if category:
            return navigation.with_slug(navigation.categories(), category)
        return navigation.with_slug(navigation.tags(), tag) if tag else None

    def title(self, group: Group | None) -> str:
        return f"{group} | {settings.SITE_NAME}" if group else settings.SITE_NAME

    def link(self, group: Group | None) -> str:
        return settings.SITE_URL + (group.get_absolute_url() if group else reverse("tips:home"))

    def feed_url(self, group: Group | None) -> str:
        return self.link(group) + self.path

    feed_guid = link

    def description(self, group: Group | None) -> str:
        return f"{f'Tips on {group}' if group else 'Each new tip'} from {settings.SITE_NAME}"

    subtitle = description

    def feed_extra_kwargs(self, group: Group | None) -> dict[str, datetime]:
        # Django asks for this before it asks for the items, as ``last_modified`` wants it.
        return {"last_modified": Edition.objects.last_modified()}

    def items(self, group: Group | None) -> list[Entry]:
        around = Surroundings.load()
        tips = Tip.objects.published_dated().full()
        if group:
            placements = group.placements.published_dated()
            tip_id = placements.model.TIP_ID
            full = placements.filter(**{f"{tip_id.removesuffix('_id')}__has_body": True})
            newest = full.order_by(newest_first(), tip_id).values_list(tip_id, flat=True)
            tips = tips.filter(pk__in=list(newest[:LENGTH]))
        newest_tips = list(tips.newest_first().only(*_SHOWN)[:LENGTH])
        read_labels(newest_tips)
        return [Entry(tip, around) for tip in newest_tips]

    def item_title(self, entry: Entry) -> str:
        return without_controls(entry.tip.title)

    def item_description(self, entry: Entry) -> str:
        # Readers of RSS and Atom take it for HTML.
        return escape(without_controls(entry.tip.excerpt))

    def item_link(self, entry: Entry) -> str:
        return settings.SITE_URL + entry.tip.get_absolute_url()

    item_guid_is_permalink = False

    def item_guid(self, entry: Entry) -> str:
        """Return an identifier that outlives a change of title, slug or date (a tag URI, RFC 4151)."""
        host = settings.SITE_URL.split("://")[1].split(":")[0]
        return f"tag:{host},{entry.tip.created_at:%Y}:tip-{entry.tip.pk}"

    def item_pubdate(self, entry: Entry) -> datetime | None:
        return entry.tip.publish_at

    def item_updateddate(self, entry: Entry) -> datetime | None:
        return entry.tip.revised_at

    def item_categories(self, entry: Entry) -> list[str]:
        return [group.name for group in (*entry.tip.categories.all(), *entry.tip.tags.all())]

    def item_extra_kwargs(self, entry: Entry) -> dict[str, str]:
        # What XML has no place for would make the whole feed an error.
        return {"text": without_controls(_text(entry.tip, entry.around))}


def _text(tip: Tip, around: Surroundings) -> str:
    """Return the text of a full tip as its page has it (``tips/_text.html``), with full URLs."""
    shown = promotions.without(tip.body, around.hidden(tip.kept_notices))
    text = sanitiser.shown(shown, settings.SITE_URL)
    if tip.takeaway:
        takeaway = linebreaksbr(tip.takeaway)
        text += f'\n<aside class="takeaway"><p class="label">Takeaway</p><p>{takeaway}</p></aside>\n'
    for notice in around.in_feed:
        words = escape(notice.text)
        if notice.link:
            words = format_html('<a href="{}">{}</a>', notice.link, words)
        text += f"<aside><p>{words}</p></aside>\n"
    return text


class Atom(Rss):
    feed_type, path = AtomWithText, "feed/atom/"


class Json(Rss):
    feed_type, path = JsonFeed, "feed/json/"
