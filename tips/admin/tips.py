"""Tips in the admin: the list and the form."""

from operator import attrgetter
from typing import cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.forms.widgets import Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, re_path, reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from js_asset import Media

from desk.forms import SavedAtOnce
from desk.lists import PagedList
from desk.pages import Context, Fieldsets, StaffRequest, number_in, staff_of
from desk.verbs import refusals_told
from tips import permissions
from tips.admin import concurrent_editing, filters, history, preview, urls, verbs, writing_aids
from tips.admin.forms import TipForm
from tips.admin.pages import moment_of, state_of, tip_or_404
from tips.models import Tip, TipQuerySet, TipState, TipVersion, newest_first
from tips.publishing import editing, tagging
from tips.schedule import queue_lock
from tips.search import postings
from tips.search.terms import parse
from tips.text import sanitiser


@admin.register(Tip)
class TipAdmin(SavedAtOnce, verbs.TipVerbsMixin, PagedList):
    """The list of tips, the form of each, and the pages around them, which stand in modules of their own."""

    class Media:
        js = [Script("admin-desk/writing.js", defer=True), Script("admin-desk/drafts.js", defer=True)]

    form = TipForm
    actions = ["delete_selected", *verbs.TipVerbsMixin.actions]
    list_display = ["title", state_of, moment_of, "in_categories", "full_text", "page"]
    list_filter = filters.TIP_FILTERS
    search_fields = ["title", "takeaway", "excerpt"]
    search_help_text = "Words of the title, takeaway, excerpt or text."
    ordering = [newest_first(), "id"]  # type: ignore[list-item]  # the stubs know of names alone
    prepopulated_fields = {"slug": ["title"]}

    def get_urls(self) -> list[URLPattern]:
        return [
            *urls.urls(self.admin_site),
            # Django would send any URL without its last slash on, and so tell that it leads somewhere.
            re_path(r"^(?P<pk>\d+)(?:/.*[^/])?\Z", self.admin_site.admin_view(self.add_slash)),
            *super().get_urls(),
        ]

    # --- Who sees and may do what ---------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tip]:
        queryset = super().get_queryset(request)
        sees_all = request.user.has_perm(permissions.CHANGE_ANY)
        return queryset if sees_all else queryset.filter(author=request.user)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Tip | None:
        """Return the tip, or None where this person may not know of it. Locked while it is written."""
        queryset = self.get_queryset(request)
        if request.method == "POST" and connection.in_atomic_block:
            queue_lock.lock()
            queryset = queryset.select_for_update(of=("self",))
        try:
            return queryset.get(pk=self.opts.pk.to_python(object_id))
        except (Tip.DoesNotExist, ValidationError, ValueError, OverflowError):
            return None

    def _get_obj_does_not_exist_redirect(self, *args: object) -> HttpResponse:
        raise Http404("There is no such tip.")

    def add_slash(self, request: StaffRequest, pk: str) -> HttpResponse:
        """Lead to the URL with its last slash, of a tip that this person may know of."""
        tip_or_404(request, int(pk))
        return HttpResponseRedirect(request.get_full_path(force_append_slash=True))

    def has_change_permission(self, request: HttpRequest, obj: Tip | None = None) -> bool:
        is_permitted = super().has_change_permission(request, obj)
        return is_permitted and (obj is None or permissions.may_change(staff_of(request), obj))

    def has_delete_permission(self, request: HttpRequest, obj: Tip | None = None) -> bool:
        """What readers have seen is withdrawn, not deleted: its URL must say that it is gone."""
        is_permitted = super().has_delete_permission(request, obj) and (obj is None or _is_plan(obj))
        return is_permitted and (obj is None or permissions.may_change(staff_of(request), obj))

    # --- The list -------------------------------------------------------------------------------------

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

    @admin.display(description="categories", empty_value="none")
    def in_categories(self, tip: Tip) -> str | None:
        return ", ".join(sorted(category.name for category in tip.categories.all())) or None

    @admin.display(description="full text", ordering="has_body")
    def full_text(self, tip: Tip) -> str:
        return "here" if tip.has_body else format_html('<strong class="missing">{}</strong>', "missing")

    @admin.display(description="on the site", empty_value="")
    def page(self, tip: Tip) -> str:
        link = '<a href="{}" aria-label="View “{}” on the site">View</a>'
        return format_html(link, tip.get_absolute_url(), tip.title) if tip.is_published else ""

    def view_on_site(self, tip: Tip) -> str | None:
        """Return the URL of the tip's page, or None while readers cannot see it."""
        return tip.get_absolute_url() if tip.is_published else None

    # --- The form -------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Tip | None = None) -> Fieldsets:
        when = ["publish_at", "undated"]
        about = ("About", {"fields": ["author", "for_mail", "created_at", "updated_at"]})
        if obj and not self.has_change_permission(request, obj):
            texts = ["title", "body_as_read", "takeaway", "excerpt", "in_categories", "tags_in_words"]
            return (None, {"fields": texts}), ("When", {"fields": when}), about
        return (
            (None, {"fields": ["title", "slug", "body", "takeaway", "excerpt"]}),
            ("Where readers find it", {"fields": ["in_categories", "tags"]}),
            ("When it goes live", {"fields": when}),
            *([about] if obj else []),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Tip | None = None) -> list[str]:
        names = ["author", "for_mail", "created_at", "updated_at", "body_as_read", "tags_in_words"]
        if obj and not self.has_change_permission(request, obj):
            return [*names, "in_categories"]
        is_plan = obj is None or _is_plan(obj)
        if not is_plan:
            # Readers, or the search engines that led them, know the URL.
            names.append("slug")
        if not is_plan or not request.user.has_perm(permissions.APPROVE):
            names += ["publish_at", "undated"]
        return names

    def get_form(
        self, request: HttpRequest, obj: Tip | None = None, change: bool = False, **kwargs: object
    ) -> type[forms.ModelForm]:
        form = cast(type[TipForm], super().get_form(request, obj, change=change, **kwargs))
        # Django makes a class for each request.
        form.user = staff_of(request)
        return form

    @admin.display(description="text")
    def body_as_read(self, tip: Tip) -> str:
        """The body as readers see it, for those who may not change it."""
        return mark_safe(sanitiser.shown(tip.body)) if tip.body else "The full text is missing."  # noqa: S308

    @admin.display(description="tags", empty_value="none")
    def tags_in_words(self, tip: Tip) -> str | None:
        return ", ".join(tag.name for tag in tip.tags.all()) or None

    def form_context(self, request: HttpRequest, obj: Tip | None, context: Context) -> Context:
        may_write = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        form = context["adminform"].form
        # The editor's import map is the one inline script of the admin.
        nonce = str(attrgetter("csp_nonce")(request))
        shown: Context = {"media": Media.from_media(context["media"]).with_nonce(nonce)}
        if obj:
            shown["standing"] = [state_of(obj), moment_of(obj)]
            shown |= concurrent_editing.form_context(request, obj, form)
        if may_write:
            shown["verbs"] = self.available_verbs(request, obj or Tip(author=staff_of(request)))
            shown["writing"] = writing_aids.form_context(request, obj, form)
            # Who may only read has no form to post; “Preview as saved” is theirs too.
            shown["previews"] = preview.form_context(obj)
        return shown

    def save_model(self, request: HttpRequest, obj: Tip, form: TipForm, change: bool) -> None:
        """Write what the form holds and nothing else: a verb may have moved the tip meanwhile."""
        user = staff_of(request)
        for sentence in form.left_out:
            messages.warning(request, sentence)
        obj.hold_version()
        if not change:
            editing.start(obj, by=user)
        elif form.has_changed() and (followed := editing.revise(obj, form.changed_data, by=user)):
            messages.info(request, followed)

    def save_related(self, request: HttpRequest, form: TipForm, formsets: object, change: bool) -> None:
        form.cleaned_data["tags"] = tagging.find_or_make(form.cleaned_data["tags"])
        super().save_related(request, form, formsets, change)
        form.instance.categories.set(form.cleaned_data["in_categories"])
        TipVersion.objects.record(form.instance, by=staff_of(request))

    def log_change(self, request: HttpRequest, obj: Tip, message: object) -> LogEntry | None:  # type: ignore[override]  # Django has no use for the entry
        """Keep the history free of savings that changed nothing."""
        return super().log_change(request, obj, message) if message else None

    def response_add(self, request: HttpRequest, obj: Tip, *args: str | None) -> HttpResponse:
        response = self.do_after_saving(request, obj) or super().response_add(request, obj, *args)
        return writing_aids.forget_draft(request, response)

    def response_change(self, request: HttpRequest, obj: Tip) -> HttpResponse:
        response = self.do_after_saving(request, obj) or super().response_change(request, obj)
        return writing_aids.forget_draft(request, response)

    def history_view(self, request: HttpRequest, object_id: str, *args: object) -> HttpResponse:
        return history.history_page(request, tip_or_404(request, number_in(object_id)))

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


def _is_plan(tip: Tip) -> bool:
    return tip.state in (TipState.DRAFT, TipState.IN_REVIEW)
