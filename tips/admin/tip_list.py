"""The list of tips in the admin: its search and filters, and how one of them is deleted."""

from collections.abc import Iterable
from typing import cast

from django.contrib import messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from desk.lists import Deletion, PagedList
from desk.pages import Context, number_in, staff_of
from desk.verbs import refusals_told
from tips.admin import filters
from tips.admin.bulk import BulkMixin
from tips.admin.tip_changelist import TipChangeList
from tips.models import PLANS, EditorialComment, Tip, TipQuerySet, TipState
from tips.permissions import PUBLISH
from tips.publishing import comment_threads, editing


class TipList(BulkMixin, PagedList):
    """The list of tips."""

    list_display = ["title"]
    list_filter = filters.TIP_FILTERS
    # Only says that there is a search: the list asks ``tips.search.everything``.
    search_fields = ["title"]
    search_help_text = "Find a tip, as readers would"
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: object) -> type[ChangeList]:
        return TipChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Tip], search_term: str
    ) -> tuple[QuerySet[Tip], bool]:
        """Leave the search to the list, which keeps its order."""
        return cast(TipQuerySet, queryset).for_lists(), False

    # --- Deleting -------------------------------------------------------------------------------------

    def get_deleted_objects(self, objs: Iterable[Tip], request: HttpRequest) -> Deletion:
        """Name what somebody would miss, and none of the rows that only the program knows."""
        tips = list(objs)
        _, counts, lacking, protected = super().get_deleted_objects(tips, request)
        comments = EditorialComment.objects.filter(tip__in=tips).count()
        lines = [f"“{tip}”" for tip in tips]
        if comments:
            lines.append(comment_threads.counted(comments))
        return lines, counts, lacking, protected

    def delete_model(self, request: HttpRequest, obj: Tip) -> None:
        editing.delete(obj, by=staff_of(request))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Context | None = None
    ) -> HttpResponse:
        """Ask, and delete; where that is refused, nothing has happened, and the list says why.

        Whoever would delete what readers may know is led to withdrawing it, where they may.
        """
        tip = self.get_queryset(request).exclude(state__in=PLANS).filter(pk=number_in(object_id)).first()
        if request.method == "GET" and tip and self.has_view_permission(request, tip):
            words = f"“{tip}” cannot be deleted: readers may know its address."
            if tip.state == TipState.APPROVED and request.user.has_perm(PUBLISH):
                messages.warning(request, f"{words} Withdraw it instead.")
                return HttpResponseRedirect(reverse("admin:tips_tip_do", args=[tip.pk, "withdraw"]))
            messages.warning(request, words)
            return HttpResponseRedirect(reverse("admin:tips_tip_change", args=[tip.pk]))
        with refusals_told(request):
            return super().delete_view(request, object_id, extra_context)
        return HttpResponseRedirect(reverse("admin:tips_tip_changelist"))
