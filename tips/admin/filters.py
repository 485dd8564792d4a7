"""The filters beside the list of tips, and the one by year that other lists have too. None reads all rows."""

import re

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dates import MONTHS_3

from desk.lists import ChoiceFilter
from tips import dates
from tips.models import CategorisedTip, Category, Tip, TipState


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
        has_tips = Exists(CategorisedTip.objects.filter(category=OuterRef("pk")))
        with_tips = Category.objects.filter(has_tips).values_list("slug", "name")
        return [*with_tips, ("none", "No category")]

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
    """The years that hold a row; with ``has_months``, also the months of the chosen one that do.

    ``field`` is the name of a moment, which has an index.
    """

    title = "year"
    parameter_name = "year"
    template = "admin/tips/tip/year_filter.html"
    field = "publish_at"
    has_months = False

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        rows = model_admin.model._default_manager.all()
        chosen = request.GET.get(self.parameter_name, "")[:4]
        offered = []
        for year in dates.years_with(rows, self.field):
            offered.append((str(year), str(year)))
            if self.has_months and str(year) == chosen:
                numbers = dates.months_with(rows, self.field, year)
                offered += [(f"{year}-{month:02}", MONTHS_3[month].title()) for month in numbers]
        return offered

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        if not value:
            return queryset
        if value not in dict(self.lookup_choices):
            return queryset.none()
        year, *month = map(int, re.findall(r"\d+", value))
        first, following = dates.month(year, *month) if month else dates.year(year)
        return queryset.filter(**{f"{self.field}__gte": first, f"{self.field}__lt": following})


TIP_FILTERS = (StateFilter, TextFilter, DayFilter, CategoryFilter, YearFilter)
