"""What a tip's page says of itself to machines (schema.org, in JSON-LD)."""

import json
from datetime import datetime

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from desk import names
from tips.dates import site_zone
from tips.models import Series, SiteSettings, Tip
from tips.text import shortening

LONGEST_DESCRIPTION = 160
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def description(tip: Tip) -> str:
    """Return one line of at most LONGEST_DESCRIPTION characters that says what the tip is about.

    Where it is cut, a word ends.
    """
    return shortening.at_word(tip.excerpt, LONGEST_DESCRIPTION)


def local_day(moment: datetime) -> str:
    """Return the day of a moment on the site, as ISO 8601 writes it."""
    return moment.astimezone(site_zone()).date().isoformat()


def article(tip: Tip, image: str, site: SiteSettings) -> dict[str, object]:
    """Return a tip as a schema.org Article with an image, given by its full URL, and who publishes it."""
    url = settings.SITE_URL + tip.get_absolute_url()
    publisher: dict[str, object] = {"@type": "Organization", "name": site.host or settings.SITE_NAME}
    publisher["url"] = site.home_url or f"{settings.SITE_URL}/"
    if site.picture_url:
        publisher["logo"] = {"@type": "ImageObject", "url": settings.SITE_URL + site.picture_url}
    name = names.full_name(tip.author)
    data: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": tip.title,
        "description": description(tip),
        "url": url,
        "mainEntityOfPage": url,
        "image": image,
        "author": {"@type": "Person", "name": name} if name else publisher,
        "publisher": publisher,
        "articleSection": [category.name for category in tip.categories.all()],
        "keywords": [tag.name for tag in tip.tags.all()],
    }
    if tip.publish_at:
        data["datePublished"] = local_day(tip.publish_at)
    return data


def series(series: Series) -> dict[str, object]:
    """Return the series that a tip is a part of, as a schema.org CreativeWorkSeries."""
    url = settings.SITE_URL + series.get_absolute_url()
    return {"@type": "CreativeWorkSeries", "name": series.name, "url": url}


def as_script(data: dict[str, object]) -> SafeString:
    """Return data as text for a JSON-LD script element: nothing in it can end the element."""
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(_ESCAPES))  # noqa: S308
