"""The filters beside the list of tips, and the one by year that other lists have too. None reads all rows."""

import re

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import Max, Min, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dates import MONTHS_3

from desk.lists import ChoiceFilter
from tips import dates
from tips.models import Category, Tip, TipState


class StateFilter(ChoiceFilter):
    """State in an editor's words: what readers see is one thing, what waits for its day another."""

    title = "state"
    parameter_name = "state"
    options = {
        "draft": ("Draft", lambda tips: tips.filter(state=TipState.DRAFT)),
        "in_review": ("In review", lambda tips: tips.filter(state=TipState.IN_REVIEW)),
        "planned": (
            "Approved, to come",
            lambda tips: tips.filter(state=TipState.APPROVED, publish_at__gt=timezone.now()),
        ),
        "public": ("Public", lambda tips: tips.published()),
        "withdrawn": ("Withdrawn", lambda tips: tips.filter(state=TipState.WITHDRAWN)),
    }


class CategoryFilter(SimpleListFilter):
    title = "category"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [*Category.objects.values_list("slug", "name"), ("none", "No category")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Tip]) -> QuerySet[Tip]:
        if self.value() == "none":
            return queryset.filter(categorised=None)
        if self.value() in dict(self.lookup_choices):
            return queryset.filter(categorised__category__slug=self.value())
        return queryset


class TextFilter(ChoiceFilter):
    title = "full text"
    parameter_name = "text"
    options = {
        "missing": ("Full text missing", lambda tips: tips.filter(has_body=False)),
        "here": ("Full text here", lambda tips: tips.filter(has_body=True)),
    }


class DayFilter(ChoiceFilter):
    title = "day"
    parameter_name = "day"
    options = {
        "dated": ("Has its day", lambda tips: tips.filter(publish_at__isnull=False)),
        "undated": ("Undated", lambda tips: tips.filter(undated=True)),
        "none": ("No day yet", lambda tips: tips.filter(publish_at__isnull=True, undated=False)),
    }


class YearFilter(SimpleListFilter):
    """The years between the first row and the last; with ``has_months``, also the months of the chosen one.

    ``field`` is the name of a moment.
    """

    title = "year"
    parameter_name = "year"
    template = "admin/tips/tip/year_filter.html"
    field = "publish_at"
    has_months = False

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        # A list of the years that occur would make a date of every row. Asked for both ends at once, SQLite
        # would read every row.
        rows = model_admin.model._default_manager.order_by()
        ends = [rows.aggregate(end=end(self.field))["end"] for end in (Min, Max)]
        if None in ends:
            return []
        first, last = (timezone.localtime(end, dates.site_zone()).year for end in ends)
        chosen = request.GET.get(self.parameter_name, "")[:4]
        offered = []
        for year in range(last, first - 1, -1):
            offered.append((str(year), str(year)))
            if self.has_months and str(year) == chosen:
                offered += [(f"{year}-{month:02}", MONTHS_3[month].title()) for month in range(1, 13)]
        return offered

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        if not value:
            return queryset
        # Its months are offered for whatever year is asked for, but only for years between the ends.
        if value not in dict(self.lookup_choices):
            return queryset.none()
        year, *month = map(int, re.findall(r"\d+", value))
        first, following = dates.month(year, *month) if month else dates.year(year)
        return queryset.filter(**{f"{self.field}__gte": first, f"{self.field}__lt": following})


TIP_FILTERS = (StateFilter, TextFilter, DayFilter, CategoryFilter, YearFilter)
