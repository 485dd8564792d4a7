"""How the desk's pages say when a slot is."""

from django import template

from tips.schedule import calendar

register = template.Library()
register.filter("slot_words", calendar.when)
