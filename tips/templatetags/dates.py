"""How templates write days and moments: by the functions of ``tips.dates``; nothing where there is none."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django import template

from tips import dates

_Time = TypeVar("_Time")
_Rest = ParamSpec("_Rest")

register = template.Library()
register.filter("place", dates.place)
register.simple_tag(dates.site_place)


def _or_nothing(write: Callable[Concatenate[_Time, _Rest], str]) -> Callable[..., str]:
    @wraps(write)
    def written(at: _Time | None, *args: _Rest.args, **kwargs: _Rest.kwargs) -> str:
        return write(at, *args, **kwargs) if at else ""

    return written


for _write in (dates.short, dates.zoned, dates.exact, dates.clock, dates.nearby):
    register.filter(_write.__name__, _or_nothing(_write))
for _write_day in (dates.short_day, dates.weekday, dates.month_name, dates.short_month):
    register.filter(_write_day.__name__, _or_nothing(_write_day))
for _write_for_readers in (dates.dateline, dates.day_of_year, dates.iso_day, dates.long_day):
    register.filter(_write_for_readers.__name__, _or_nothing(_write_for_readers))
register.filter("unbroken", _or_nothing(dates.unbroken))
