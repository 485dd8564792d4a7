"""How the desk's pages say when a slot is."""

from django import template

from tips import dates

register = template.Library()
register.filter("short", dates.short)
register.filter("short_day", dates.short_day)
register.filter("short_date", dates.short_date)
register.filter("nearby", dates.nearby)
register.filter("place", dates.place)
register.simple_tag(dates.site_place)
