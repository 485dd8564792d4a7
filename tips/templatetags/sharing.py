"""By which a reader hands a tip on, without a script and without anybody in between."""

from urllib.parse import quote, urlencode

from django import template
from django.conf import settings
from django.urls import reverse

from tips.models import Tip
from tips.public import cards

register = template.Library()


@register.filter
def mail_link(tip: Tip) -> str:
    """Return a link that begins a mail about a tip in the reader's own program (RFC 6068)."""
    url = settings.SITE_URL + tip.get_absolute_url()
    return f"mailto:?subject={quote(tip.title, safe='')}&body={quote(url, safe='')}"


@register.filter
def or_of_site(card: cards.Shown | None) -> cards.Shown:
    """Return the card that a page names: its own, else the site's."""
    return card or cards.of_site()


@register.simple_tag
def oembed_url(path: str) -> str:
    """Return the URL at which programs learn how the page of a path is embedded."""
    return f"{settings.SITE_URL}{reverse('tips:oembed')}?{urlencode({'url': settings.SITE_URL + path})}"
