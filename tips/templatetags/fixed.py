"""Parts of the readers' pages that are the same on every page."""

from django import template
from django.conf import settings
from django.template.base import NodeList, Parser, Token
from django.utils.safestring import SafeString

register = template.Library()


class Fixed(template.Node):
    """What is rendered once for the site's name and URL, and kept with the template.

    It knows of nothing else, so that nothing of one page can get into another.
    """

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        # Threads may render it twice, alike, and each puts it here in one step.
        self._kept: tuple[tuple[str, str], SafeString] | None = None

    def render(self, context: template.Context) -> SafeString:
        site = (settings.SITE_NAME, settings.SITE_URL)
        kept = self._kept
        if kept is None or kept[0] != site:
            own = context.new({"SITE_NAME": settings.SITE_NAME, "SITE_URL": settings.SITE_URL})
            kept = self._kept = (site, self.nodelist.render(own))
        return kept[1]


@register.tag
def fixed(parser: Parser, token: Token) -> Fixed:
    """Render once what is the same on every page: ``{% fixed %}...{% endfixed %}``."""
    nodelist = parser.parse(("endfixed",))
    parser.delete_first_token()
    return Fixed(nodelist)
