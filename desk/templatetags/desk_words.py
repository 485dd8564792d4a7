"""How the desk writes people and large numbers, and marks whose a form is."""

from functools import partial

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from desk.marks import FIELD, mark_of
from desk.names import kind, named, person

register = template.Library()
register.filter("person", person)
register.filter("named", named)
register.filter("kind", kind)
register.filter("kinds", partial(kind, plural=True))


@register.simple_tag(takes_context=True)
def person_mark(context: Context) -> SafeString | str:
    """Return the hidden field that says whose a form is, for each form of the desk that is posted."""
    user = context["request"].user
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, mark_of(user)) if user.pk else ""


@register.filter
def thousands(number: int) -> str:
    """Return a whole number with commas: “2,188”."""
    return f"{number:,}"
