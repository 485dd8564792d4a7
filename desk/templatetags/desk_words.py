"""How the desk writes people and large numbers."""

from django import template

from desk.names import person

register = template.Library()
register.filter("person", person)


@register.filter
def thousands(number: int) -> str:
    """Return a whole number with commas: “2,188”."""
    return f"{number:,}"
