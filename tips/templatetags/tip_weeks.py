"""How the desk's pages say when a slot is."""

from django import template

from tips import weeks

register = template.Library()
register.filter("slot_words", weeks.when)
