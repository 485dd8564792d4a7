"""The list of tips in the admin: what it shows, how it is searched, and what is done to several at once."""

from typing import cast

from django.contrib import admin
from django.contrib.admin.actions import delete_selected
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from desk.lists import PagedList
from desk.pages import Context, staff_of
from desk.verbs import refusals_told
from tips.admin import filters, verbs
from tips.admin.pages import moment_of, state_of
from tips.models import Tip, TipQuerySet, newest_first
from tips.publishing import editing
from tips.search import postings
from tips.search.terms import parse


class TipList(verbs.TipVerbsMixin, PagedList):
    """The list of tips."""

    actions = ["delete_selected", *verbs.TipVerbsMixin.actions]
    list_display = ["title", state_of, moment_of, "in_categories", "full_text", "page"]
    list_filter = filters.TIP_FILTERS
    search_fields = ["title", "takeaway", "excerpt"]
    search_help_text = "Words of the title, takeaway, excerpt or text."
    ordering = [newest_first(), "id"]  # type: ignore[list-item]  # the stubs know of names alone

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Tip], search_term: str
    ) -> tuple[QuerySet[Tip], bool]:
        """Find words in all texts by the search's index, and parts of words in the short ones.

        The list that follows reads neither texts nor anything tip by tip.
        """
        tips = cast(TipQuerySet, queryset).for_lists().prefetch_related("categories")
        search_term = search_term.strip()
        if not search_term:
            return tips, False
        parts = ((f"{name}__icontains", search_term) for name in self.search_fields)
        condition = Q(*parts, _connector=Q.OR)
        if terms := parse(search_term).terms:
            # Made of the search's own statement and its parameters.
            condition |= Q(pk__in=RawSQL(*postings.with_terms(terms)))  # noqa: S611
        return tips.filter(condition), False

    @admin.display(description="full text", ordering="has_body")
    def full_text(self, tip: Tip) -> str:
        return "here" if tip.has_body else format_html('<strong class="missing">{}</strong>', "missing")

    @admin.display(description="on the site", empty_value="")
    def page(self, tip: Tip) -> str:
        link = '<a href="{}" aria-label="View “{}” on the site">View</a>'
        return format_html(link, tip.get_absolute_url(), tip.title) if tip.is_published else ""

    # --- Deleting -------------------------------------------------------------------------------------

    def delete_model(self, request: HttpRequest, obj: Tip) -> None:
        editing.delete(obj, by=staff_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Tip]) -> None:
        for tip in queryset:
            editing.delete(tip, by=staff_of(request))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Context | None = None
    ) -> HttpResponse:
        """Ask, and delete; where that is refused, nothing has happened, and the list says why."""
        with refusals_told(request):
            return super().delete_view(request, object_id, extra_context)
        return HttpResponseRedirect(reverse("admin:tips_tip_changelist"))

    @admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Tip]) -> TemplateResponse | None:
        """Delete all of the selected or, where one is refused, none."""
        with refusals_told(request, "Nothing was deleted."), transaction.atomic():
            return delete_selected(self, request, queryset)
        return None
