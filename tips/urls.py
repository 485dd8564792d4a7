"""The addresses of the readers' site; lists have the shapes that the old blog had."""

from django.urls import path, register_converter

from tips.public import feeds, images, sitemaps, views
from tips.publishing import preview


class Year:
    """Four digits."""

    regex = "[0-9]{4}"

    def to_python(self, value):
        return int(value)

    def to_url(self, value):
        return f"{value:04d}"


class Month(Year):
    """Two digits."""

    regex = "[0-9]{2}"

    def to_url(self, value):
        return f"{value:02d}"


class PageNumber(Year):
    """The number of a page, without a sign or a leading zero."""

    regex = "[1-9][0-9]{0,8}"

    def to_url(self, value):
        return str(value)


class PictureName:
    """The name of a picture's file: made of its content, and its kind."""

    regex = r"[0-9a-f]{64}\.(?:jpg|png)"

    def to_python(self, value):
        return value

    def to_url(self, value):
        return value


class TagSlug:
    """A slug of letters of any script, as tags have it."""

    regex = r"[-\w]+"

    def to_python(self, value):
        return value

    def to_url(self, value):
        return value


register_converter(PictureName, "picture")
register_converter(TagSlug, "tag")
register_converter(Year, "yyyy")
register_converter(Month, "mm")
register_converter(PageNumber, "page")


def listed(address, view, name):
    """Return the addresses of a list's first page and of its further ones."""
    return [path(address, view, name=name), path(f"{address}page/<page:page>/", view, name=f"{name}_page")]


def fed(address, name):
    """Return the addresses of the three feeds below a list."""
    return [
        path(f"{address}feed/", feeds.Rss(), name=f"{name}rss"),
        path(f"{address}feed/atom/", feeds.Atom(), name=f"{name}atom"),
        path(f"{address}feed/json/", feeds.Json(), name=f"{name}json"),
    ]


app_name = "tips"
urlpatterns = [
    path("", views.Home.as_view(), name="home"),
    path("search/", views.Search.as_view(), name="search"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("sitemap-<slug:section>.xml", sitemaps.part, name="sitemap_part"),
    *fed("", ""),
    *listed("tips/", views.AllTips.as_view(), "list"),
    path("tips/<slug:slug>/", views.tip, name="detail"),
    path("media/<picture:name>", images.serve, name="media"),
    path("preview/<str:token>/", preview.outside, name="preview"),
    *listed("category/<slug:slug>/", views.CategoryTips.as_view(), "category"),
    *fed("category/<slug:category>/", "category_"),
    *listed("tag/<tag:slug>/", views.TagTips.as_view(), "tag"),
    *fed("tag/<tag:tag>/", "tag_"),
    *listed("<yyyy:year>/", views.YearTips.as_view(), "year"),
    *listed("<yyyy:year>/<mm:month>/", views.MonthTips.as_view(), "month"),
]
