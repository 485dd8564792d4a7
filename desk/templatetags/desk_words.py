"""How the desk writes people and large numbers, and marks whose a form is."""

from django import template

from desk.marks import mark_of
from desk.names import person

register = template.Library()
register.filter("person", person)
register.filter("mark", mark_of)


@register.filter
def thousands(number: int) -> str:
    """Return a whole number with commas: “2,188”."""
    return f"{number:,}"
