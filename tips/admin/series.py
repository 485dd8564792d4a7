"""Series in the admin: their names and intros; which tip is which part, a verb over the tip says."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from desk.concurrent_forms import ConcurrentForm
from desk.forms import SavedAtOnce
from desk.lists import PagedList
from tips.models import Series


class SeriesForm(ConcurrentForm):
    class Meta:
        model = Series
        fields = ["name", "slug", "intro"]


@admin.register(Series)
class SeriesAdmin(SavedAtOnce, PagedList):
    """The list and the form of the series."""

    form = SeriesForm
    list_display = ["name", "number"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["its_parts"]
    fields = ["name", "slug", "intro", "its_parts"]

    @admin.display(description="parts")
    def number(self, series: Series) -> int:
        return series.parts.count()

    @admin.display(description="parts")
    def its_parts(self, series: Series) -> SafeString | str:
        """The parts in their order, each a link to its tip."""
        parts = series.parts.select_related("tip") if series.pk else []
        if not parts:
            return "None yet. Open a tip, and choose “Part of a series” under More."
        rows = ((reverse("admin:tips_tip_change", args=[part.pk]), part.tip.title) for part in parts)
        return format_html("<ol>{}</ol>", format_html_join("", '<li><a href="{}">{}</a></li>', rows))
