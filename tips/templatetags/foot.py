"""The ways in the foot of every page that lead to pages of the site's own."""

from django import template
from django.template.context import Context

from tips.models import Page

register = template.Library()


@register.simple_tag(takes_context=True)
def foot_pages(context: Context) -> list[tuple[str, str]]:
    """Return (path, title) of the pages that stand in the foot; a view may have them at hand (``foot``)."""
    known: list[tuple[str, str]] | None = context.get("foot")
    return Page.of_the_foot() if known is None else known
