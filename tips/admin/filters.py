"""The filters beside the list of tips. None of them reads all tips."""

from django.contrib.admin import SimpleListFilter
from django.db.models import Max, Min, Q
from django.utils import timezone

from tips import dates
from tips.models import Category, Tip, TipState


class StateFilter(SimpleListFilter):
    """State in an editor's words: what readers see is one thing, what waits for its day another."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [
            ("draft", "Draft"),
            ("in_review", "In review"),
            ("planned", "Approved, to come"),
            ("public", "Public"),
            ("withdrawn", "Withdrawn"),
        ]

    def queryset(self, request, queryset):
        value = self.value()
        if value == "public":
            return queryset.published()
        if value == "planned":
            return queryset.filter(state=TipState.APPROVED, publish_at__gt=timezone.now())
        if value in (TipState.DRAFT, TipState.IN_REVIEW, TipState.WITHDRAWN):
            return queryset.filter(state=value)
        return queryset


class CategoryFilter(SimpleListFilter):
    title = "category"
    parameter_name = "category"

    def lookups(self, request, model_admin):
        return [*Category.objects.values_list("slug", "name"), ("none", "No category")]

    def queryset(self, request, queryset):
        if self.value() == "none":
            return queryset.filter(categorised=None)
        if self.value() in {slug for slug, _ in self.lookup_choices}:
            return queryset.filter(categorised__category__slug=self.value())
        return queryset


class TextFilter(SimpleListFilter):
    title = "full text"
    parameter_name = "text"

    def lookups(self, request, model_admin):
        return [("missing", "Full text missing"), ("here", "Full text here")]

    def queryset(self, request, queryset):
        if self.value() in ("missing", "here"):
            return queryset.filter(has_body=self.value() == "here")
        return queryset


class DayFilter(SimpleListFilter):
    title = "day"
    parameter_name = "day"

    def lookups(self, request, model_admin):
        return [("dated", "Has its day"), ("undated", "Undated"), ("none", "No day yet")]

    def queryset(self, request, queryset):
        condition = {
            "dated": Q(publish_at__isnull=False),
            "undated": Q(undated=True),
            "none": Q(publish_at__isnull=True, undated=False),
        }.get(self.value())
        return queryset if condition is None else queryset.filter(condition)


class YearFilter(SimpleListFilter):
    """The years between the first tip and the last, as numbers in a row."""

    title = "year"
    parameter_name = "year"
    template = "admin/tips/tip/year_filter.html"

    def lookups(self, request, model_admin):
        # A list of the years that occur would make a date of every row.
        ends = Tip.objects.aggregate(first=Min("publish_at"), last=Max("publish_at"))
        if ends["first"] is None:
            return []
        first, last = (timezone.localtime(end, dates.site_zone()).year for end in ends.values())
        return [(str(year), str(year)) for year in range(last, first - 1, -1)]

    def queryset(self, request, queryset):
        value = self.value()
        if not value:
            return queryset
        if value not in {year for year, _ in self.lookup_choices}:
            return queryset.none()
        start, end = dates.year(int(value))
        return queryset.filter(publish_at__gte=start, publish_at__lt=end)
