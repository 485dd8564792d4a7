"""The URLs of the readers' site; lists have the forms that the old blog had."""

from collections.abc import Callable

from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, register_converter
from django.urls.converters import IntConverter, StringConverter
from django.views.decorators.cache import cache_control

from tips.models.pages import IN_PATH
from tips.public import (
    calendar,
    cards,
    current_tip,
    embeds,
    feeds,
    huddles,
    image_access,
    oembed,
    overviews,
    series,
    site_pages,
    sitemaps,
    views,
)
from tips.publishing import preview
from tips.text import slugify


class Year(IntConverter):
    """Four digits."""

    regex = "[0-9]{4}"

    def to_url(self, value: int | str) -> str:
        return f"{int(value):04d}"


class Month(IntConverter):
    """Two digits."""

    regex = "[0-9]{2}"

    def to_url(self, value: int | str) -> str:
        return f"{int(value):02d}"


class PageNumber(IntConverter):
    """The number of a page, without a sign or a leading zero."""

    regex = "[1-9][0-9]{0,8}"


class ImageName(StringConverter):
    """The name of an image's file: made of its content, and its kind."""

    regex = r"[0-9a-f]{64}\.(?:jpg|png)"


class PagePath(StringConverter):
    """The address of a page of the site's own, without the slashes around it."""

    regex = IN_PATH


class Slug(StringConverter):
    """A slug of letters of any script."""

    regex = slugify.IN_PATH


register_converter(ImageName, "image")
register_converter(PagePath, "pagepath")
register_converter(Slug, "words")
register_converter(Year, "yyyy")
register_converter(Month, "mm")
register_converter(PageNumber, "page")


def _list(pattern: str, view: Callable[..., HttpResponseBase], name: str) -> list[URLPattern]:
    """Return the URLs of a list's first page and of its further ones."""
    return [path(pattern, view, name=name), path(f"{pattern}page/<page:page>/", view, name=f"{name}_page")]


def _feeds(pattern: str, name: str) -> list[URLPattern]:
    """Return the URLs of the three feeds below a list."""
    # Caches ask each time: by its date alone a feed would seem fresh for hours.
    fresh = cache_control(no_cache=True)
    views_by_format = {"rss": feeds.Rss(), "atom": feeds.Atom(), "json": feeds.Json()}
    return [path(pattern + view.path, fresh(view), name=name + key) for key, view in views_by_format.items()]


app_name = "tips"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("sitemap-<slug:section>.xml", sitemaps.part, name="sitemap_part"),
    *_feeds("", ""),
    path("tips.ics", calendar.tips, name="calendar"),
    path("tip-of-the-week.json", current_tip.as_json, name="current_json"),
    path("embed/tip-of-the-week/", embeds.of_the_week, name="embed_current"),
    path("embed/<words:slug>/", embeds.of_tip, name="embed"),
    path("oembed/", oembed.answer, name="oembed"),
    *_list("tips/", views.all_tips, "list"),
    path("tips/<words:slug>/", views.tip, name="detail"),
    path("tips/<words:slug>/huddle/", huddles.sheet, name="huddle"),
    path("series/", series.all_series, name="all_series"),
    path("series/<words:slug>/", series.one, name="series"),
    path("contents/", overviews.contents, name="contents"),
    path("contents/<yyyy:year>/", overviews.contents, name="contents_year"),
    *_list("topics/", overviews.topics, "topics"),
    path("tips/<words:slug>/card.png", cards.serve, name="card"),
    path("card.png", cards.serve_site, name="site_card"),
    path("media/<image:name>", image_access.serve, name="media"),
    path("preview/<str:token>/", preview.shared_preview, name="preview"),
    *_list("category/<words:slug>/", views.category_tips, "category"),
    *_feeds("category/<words:category>/", "category_"),
    *_list("tag/<words:slug>/", views.tag_tips, "tag"),
    *_feeds("tag/<words:tag>/", "tag_"),
    *_list("<yyyy:year>/", views.year_tips, "year"),
    *_list("<yyyy:year>/<mm:month>/", views.month_tips, "month"),
    # Behind all others: what is an address of the site itself is no page's.
    path("<pagepath:path>/", site_pages.page, name="page"),
]
