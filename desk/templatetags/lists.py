"""What the page of a list says of its filters."""

from collections.abc import Iterator

from django import template
from django.contrib.admin.views.main import ChangeList

register = template.Library()


@register.simple_tag
def chosen_filters(cl: ChangeList) -> list[dict[str, str]]:
    """Return the filters that narrow a list: of each the title, what was chosen, and the URL without it."""
    return list(_chosen(cl))


def _chosen(cl: ChangeList) -> Iterator[dict[str, str]]:
    # Tabs say for themselves which of them is chosen.
    for spec in (spec for spec in cl.filter_specs if not getattr(spec, "is_tab", False)):
        choices = list(spec.choices(cl))
        for choice in choices[1:]:
            if choice["selected"]:
                yield {
                    "title": str(spec.title),
                    "chosen": str(choice["display"]),
                    "url": str(choices[0]["query_string"]),
                }
