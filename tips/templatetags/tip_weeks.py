"""How the desk's pages say when a slot is."""

from django import template

from tips import dates
from tips.schedule import slot_states

register = template.Library()
register.filter("slot_words", slot_states.when)
register.filter("short", dates.short)
register.filter("short_day", dates.short_day)
register.filter("nearby", dates.nearby)
register.simple_tag(dates.site_place)
