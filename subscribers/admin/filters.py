"""How the lists of people are narrowed down."""

import re

from django.contrib.admin import SimpleListFilter
from django.db.models import Exists, Max, Min, OuterRef, Q
from django.utils import timezone
from django.utils.dates import MONTHS_3

from subscribers.models import Subscriber, Suppression
from subscribers.people import suppressions
from tips import dates


class StateFilter(SimpleListFilter):
    """The states that the list shows, each subscriber in one."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [
            ("confirmed", "Confirmed"),
            ("paused", "Paused"),
            ("silenced", "Nothing is sent"),
            ("left", "Left"),
        ]

    def queryset(self, request, queryset):
        if self.value() == "left":
            return queryset.filter(state=Subscriber.State.LEFT)
        # Not "confirmed": its index, of nearly everybody, would be preferred to that of the few.
        here = ~Q(state=Subscriber.State.LEFT)
        if self.value() == "silenced":
            # Whoever left is not here, so "unsubscribed" alone, of which there are most, need not be read.
            lasting = Suppression.objects.filter(reason__in=suppressions.LASTING)
            return queryset.filter(here, address_hash__in=lasting.values("address_hash"))
        if self.value() == "confirmed":
            return queryset.reachable(timezone.localdate())
        if self.value() == "paused":
            spoken_for = ~Exists(Suppression.objects.filter(address_hash=OuterRef("address_hash")))
            return queryset.filter(here, spoken_for, paused_until__gt=timezone.localdate())
        return queryset


class MonthFilter(SimpleListFilter):
    """The years between the first and the last, and the months of the chosen one. ``field`` is a moment."""

    template = "admin/tips/tip/year_filter.html"
    field = ""

    def lookups(self, request, model_admin):
        # A list of the months that occur would make a date of every row.
        # Asked for both at once, SQLite would read every row.
        rows = model_admin.model.objects.order_by()
        ends = [rows.aggregate(end=end(self.field))["end"] for end in (Min, Max)]
        if None in ends:
            return []
        first, last = (timezone.localtime(end, dates.site_zone()).year for end in ends)
        chosen = request.GET.get(self.parameter_name, "")[:4]
        offered = []
        for year in range(last, first - 1, -1):
            offered.append((str(year), str(year)))
            if str(year) == chosen:
                offered += [(f"{year}-{month:02}", MONTHS_3[month].title()) for month in range(1, 13)]
        return offered

    def queryset(self, request, queryset):
        value = self.value()
        if not value:
            return queryset
        # Its months are offered for whatever year is asked for, but only for years between the ends.
        if value not in {choice for choice, _ in self.lookup_choices}:
            return queryset.none()
        year, *month = map(int, re.findall(r"\d+", value))
        first, following = dates.month(year, *month) if month else dates.year(year)
        return queryset.filter(**{f"{self.field}__gte": first, f"{self.field}__lt": following})


class JoinedFilter(MonthFilter):
    title = "month of joining"
    parameter_name = "joined"
    field = "joined_at"


class AskedFilter(MonthFilter):
    title = "month"
    parameter_name = "asked"
    field = "asked_at"
