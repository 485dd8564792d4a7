"""The filters beside the list of tips, and the one by year that other lists have too. None reads all rows."""

import re

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.contrib.auth.models import User
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat, NullIf, Trim
from django.http import HttpRequest
from django.utils.dates import MONTHS_3

from desk.lists import ChoiceFilter
from desk.pages import number_in
from tips import dates, permissions
from tips.admin.tip_changelist import TABS
from tips.models import CategorisedTip, Category, Tag, Tip

# Numbers, since PostgreSQL would cut one word of a union to the length of the other.
_AUTHOR, _CATEGORY = range(2)


class TabFilter(SimpleListFilter):
    """The tab of the list, which shows it by itself (``tip_changelist``)."""

    title = "state"
    parameter_name = "state"
    is_tab = True

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [(name, label) for name, label in TABS.items() if name]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Tip]) -> QuerySet[Tip]:
        return queryset


class AuthorFilter(SimpleListFilter):
    title = "author"
    parameter_name = "author"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        if not request.user.has_perm(permissions.CHANGE_ANY):
            return []
        return [*_offered(request, _AUTHOR), ("none", "Nobody")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Tip]) -> QuerySet[Tip]:
        value = self.value()
        if value == "none":
            return queryset.filter(author=None)
        return queryset.filter(author=number_in(value)) if value else queryset


class TagFilter(SimpleListFilter):
    """By a tag's name in any spelling, or a former one: there are too many tags to choose from a list."""

    title = "tag"
    parameter_name = "tag"
    is_typed = True

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        value = request.GET.get(self.parameter_name)
        return [(value, value)] if value else []

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Tip]) -> QuerySet[Tip]:
        if not (value := self.value()):
            return queryset
        tags = Tag.objects.by_names([value]).values()
        return queryset.filter(tagged__tag__in=[tag.pk for tag in tags])


class CategoryFilter(SimpleListFilter):
    title = "category"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [*_offered(request, _CATEGORY), ("none", "No category")]

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


class TipYearFilter(YearFilter):
    """A year that is typed: to know which there are, the list would have to ask."""

    is_typed = True

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        year = number_in(request.GET.get(self.parameter_name))
        return [(str(year), str(year))] if 1 < year < 9999 else []

    def has_output(self) -> bool:
        return True


def _offered(request: HttpRequest, kind: int) -> list[tuple[str, str]]:
    """Return (value, label) of the categories, or the authors, that have a tip: one statement for both."""
    kept = vars(request).setdefault("offered_filters", [])
    if not kept:
        has_tips = Exists(CategorisedTip.objects.filter(category=OuterRef("pk")))
        categories = Category.objects.filter(has_tips).order_by()
        written = User.objects.filter(Exists(Tip.objects.filter(author=OuterRef("pk"))))
        full_name = Trim(Concat("first_name", Value(" "), "last_name"))
        name = Coalesce(NullIf(full_name, Value("")), "username", output_field=CharField())
        authors = written.order_by().values_list(Value(_AUTHOR), Cast("pk", CharField()), name)
        kept += authors.union(categories.values_list(Value(_CATEGORY), "slug", "name"), all=True)
    found = [(value, label) for each, value, label in kept if each == kind]
    return sorted(found, key=lambda pair: pair[1].casefold())


TIP_FILTERS = (TabFilter, AuthorFilter, TagFilter, CategoryFilter, TipYearFilter, TextFilter, DayFilter)
