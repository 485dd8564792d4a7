"""What all lists of people and post have in common: nothing is typed over, and no list counts without end."""

from django.contrib import admin
from django.core.paginator import Paginator
from django.utils.functional import cached_property

# So many rows can be paged through. Of more, it is only known that there are more.
MOST = 10_000


class ReadOnly:
    """Shown to whoever may view it, and typed over by nobody: these rows change by verbs alone."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class BoundedPaginator(Paginator):
    """Counts to MOST and one more, and no further: to count a million rows costs more than to show fifty."""

    @cached_property
    def count(self):
        return self.object_list.order_by()[: MOST + 1].count()


class LongList(ReadOnly, admin.ModelAdmin):
    """A list that may hold a million rows, newest first."""

    list_per_page = 50
    most = MOST
    list_max_show_all = 200
    paginator = BoundedPaginator
    ordering = ["-id"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def changelist_view(self, request, extra_context=None):
        title = self.opts.verbose_name_plural.capitalize()
        return super().changelist_view(request, {"title": title, **(extra_context or {})})
