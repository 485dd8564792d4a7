"""Filters of the readers' templates, beyond Django's own."""

from collections.abc import Collection, Iterable
from functools import lru_cache

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from tips.models import Page, Tip
from tips.public import cards, navigation, series, structured_data, surroundings
from tips.text import body_images, highlight, html_to_plain, promotions, sanitiser, shortening

# What may be wider than the column scrolls by itself, by keyboard too.
_SCROLLING = (
    ("<table>", '<div class="wide" role="group" aria-label="Table" tabindex="0"><table>'),
    ("</table>", "</table></div>"),
    ("<pre>", '<pre tabindex="0">'),
)

register = template.Library()
register.filter("description", structured_data.description)
register.filter("narrowing_categories", navigation.narrowing_of)
register.filter("marked", highlight.marked)


@register.simple_tag(takes_context=True)
def json_ld(context: Context, tip: Tip, card: cards.Shown) -> SafeString:
    """Return a tip's structured data with its card, ready to stand in a script element."""
    data = structured_data.article(tip, card.url, surroundings.of(context).site)
    place: series.Place | None = context.get("place")
    if place:
        data["isPartOf"] = structured_data.series(place.series)
    return structured_data.as_script(data)


@register.simple_tag(takes_context=True)
def safe_body(context: Context, tip: Tip) -> SafeString:
    """Return a tip's body as its page shows it: without the old notices that give way to the house's."""
    body = promotions.without(tip.body, surroundings.of(context).hidden(tip.kept_notices))
    body = body_images.as_on_a_page(sanitiser.shown(body, token=tip.preview_token))
    return mark_safe(_scrolling(body))  # noqa: S308


def _scrolling(body: str) -> str:
    for tag, tags in _SCROLLING:
        body = body.replace(tag, tags)
    return body


@register.filter
def page_body(page: Page) -> SafeString:
    """Return the text of a page of the site's own as readers see it."""
    return mark_safe(_scrolling(body_images.as_on_a_page(sanitiser.shown(page.body))))  # noqa: S308


@register.filter
def page_description(page: Page) -> str:
    """Return one line of the beginning of a page's text."""
    return shortening.at_word(html_to_plain.to_text(page.body), structured_data.LONGEST_DESCRIPTION)


@register.simple_tag
def passage(tip: Tip, *looked_for: Collection[highlight.Run]) -> SafeString:
    """Return the passage of a tip in which a search matched most, with the words marked.

    Of the collections of words, the first that has one in the tip counts.
    """
    text = " ".join(filter(None, [tip.searchable_text, tip.takeaway]))
    return highlight.passage(text, *looked_for)


@register.filter
def options(choices: Iterable[tuple[str, str]], chosen: str) -> SafeString:
    """Return the options of a select, of pairs of a value and its label. A loop in a template is slow."""
    option = f'<option value="{escape(chosen)}"'
    rendered = _options(tuple(choices)).replace(f"{option}>", f"{option} selected>", 1)
    return mark_safe(rendered)  # noqa: S308  values and labels are escaped


# Some hundred tags and years are the same with each search.
@lru_cache(maxsize=8)
def _options(choices: tuple[tuple[str, str], ...]) -> str:
    return "".join(f'<option value="{escape(value)}">{escape(label)}</option>' for value, label in choices)


@register.filter
def year_links(years: Iterable[int]) -> SafeString:
    """Return links to years, as the items of a list. A loop in a template is slow, and some lists long."""
    links = [f'<li><a href="{_year_url(year)}">{year}</a></li>' for year in years]
    return mark_safe("".join(links))  # noqa: S308  numbers, and URLs of our own


@lru_cache(maxsize=1000)
def _year_url(year: int) -> str:
    return reverse("tips:year", args=[year])


@register.filter
def gist(tip: Tip) -> str:
    """Return what a list says of a tip: its takeaway, or its first lines where it has none."""
    return html_to_plain.one_line(tip.takeaway) or teaser(tip)


@register.filter
def teaser(tip: Tip) -> str:
    """Return a tip's excerpt, with an ellipsis where it was cut in the middle of a sentence."""
    text = html_to_plain.one_line(tip.excerpt)
    if not text or text[-1] in ".!?…”\"’')":
        return text
    return text.rstrip(",;:–—- ") + "…"
