"""What the lists of the admin have in common: none is typed over by accident, and none counts without end."""

from collections.abc import Callable
from typing import ClassVar, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.text import capfirst

from desk.names import kind
from desk.pages import Context
from desk.wording import Worded

# So many rows can be paged through. Of more, the list only says that there are more.
MOST = 10_000
# What a page that asks before deleting shows: lines, numbers by kind, rights that lack, what is in the way.
Deletion = tuple[list[str], dict[str, int], set[str], list[str]]


class TitledList(Worded):
    """A list whose title is its model's name, and not an order to choose something.

    ``prepopulated_fields`` are filled in while an object is new; what has a URL keeps it.
    """

    def changelist_view(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        title = capfirst(kind(self.opts, plural=True))
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def get_prepopulated_fields(self, request: HttpRequest, obj: Model | None = None) -> dict:
        return {} if obj else super().get_prepopulated_fields(request, obj)


class PagedList(TitledList):
    """A long list: fifty to a page, and nothing is counted that nobody asked for."""

    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER


class FilledList(ChangeList):
    """A list that asks at once for what its rows show of other tables, for those of its page alone."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        self.fill(self.result_list)

    def fill(self, rows: list) -> None:
        """Set on each of the page's rows what the list shows besides its own columns."""


class ReadOnly(admin.ModelAdmin):
    """Shown to whoever may view it, and typed over by nobody: these rows change by verbs alone."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission


class BoundedPaginator(Paginator):
    """Counts to MOST and one more, and no further: to count a million rows costs more than to show fifty."""

    @cached_property
    def count(self) -> int:
        return cast("QuerySet[Model]", self.object_list).order_by()[: MOST + 1].count()


class LongList(ReadOnly, PagedList):
    """A list that may hold a million rows, newest first."""

    most = MOST
    paginator = BoundedPaginator
    ordering = ["-id"]
    actions = None


class ChoiceFilter(admin.SimpleListFilter):
    """A filter beside a list: ``options`` has for each value in the URL a label and what narrows it."""

    options: ClassVar[dict[str, tuple[str, Callable[..., QuerySet]]]]

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(value, label) for value, (label, _) in self.options.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        option = self.options.get(self.value() or "")
        return option[1](queryset) if option else queryset
