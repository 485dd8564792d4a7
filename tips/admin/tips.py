"""Tips in the admin: the form of each, and the pages around it."""

from operator import attrgetter
from typing import cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.db.models import Model, OuterRef, QuerySet
from django.forms.widgets import Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, re_path, reverse
from django.utils import timezone
from django_prose_editor.fields import ProseEditorField
from js_asset import Media

from desk.forms import SavedAtOnce
from desk.pages import Context, Fieldsets, StaffRequest, number_in, staff_of
from tips import permissions
from tips.admin import (
    autosaves,
    comments,
    concurrent_editing,
    history,
    preview,
    urls,
    week_choices,
    writing_aids,
    writing_page,
)
from tips.admin.forms import TipForm
from tips.admin.pages import moment_of, state_of, tip_or_404
from tips.admin.tip_list import TipList
from tips.models import PLANS, Tip, TipVersion
from tips.publishing import editing, tagging
from tips.schedule import queue_lock, verdict


@admin.register(Tip)
class TipAdmin(SavedAtOnce, TipList):
    """The form of a tip, and the pages around it. The list and those stand in modules of their own."""

    class Media:
        js = [Script("admin-desk/writing.js", defer=True), Script("admin-desk/drafts.js", defer=True)]

    form = TipForm
    # The editor, without the stylesheet that makes it fit into Django's own forms.
    formfield_overrides = {ProseEditorField: {}}

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
        else:
            # With the text, in one statement: a page must not show an older text under a newer number.
            queryset = queryset.annotate(version_shown=TipVersion.objects.newest_id_of(OuterRef("pk")))
            queryset = writing_page.with_what_stands_beside(queryset)
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
        is_permitted = super().has_delete_permission(request, obj) and (obj is None or obj.state in PLANS)
        return is_permitted and (obj is None or permissions.may_change(staff_of(request), obj))

    def view_on_site(self, tip: Tip) -> str | None:
        """Return the URL of the tip's page, or None while readers cannot see it."""
        return tip.get_absolute_url() if tip.is_published else None

    # --- The form -------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Tip | None = None) -> Fieldsets:
        """Return the names of the fields; the page's own templates say where each stands."""
        beside = ["publish_at", "undated", "mail_subject", "preheader"]
        if obj and not self.has_change_permission(request, obj):
            return ((None, {"fields": beside}),)
        written = ["title", "body", "takeaway", "excerpt", "in_categories", "tags", "slug"]
        return ((None, {"fields": [*written, *beside]}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Tip | None = None) -> list[str]:
        names: list[str] = []
        is_plan = obj is None or obj.state in PLANS
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
        form.brought_back = autosaves.brought_back(request)
        week = "" if obj else request.GET.get("week", "")
        form.begun_for = week_choices.begun_for(form.user, week) if week else None
        return form

    @admin.display(description="categories", empty_value="none")
    def in_categories(self, tip: Tip) -> str | None:
        return ", ".join(sorted(category.name for category in tip.categories.all())) or None

    def form_context(self, request: HttpRequest, obj: Tip | None, context: Context) -> Context:
        may_write = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        form = context["adminform"].form
        # The editor's import map is the one inline script of the admin.
        nonce = str(attrgetter("csp_nonce")(request))
        shown: Context = {"media": ""}
        if obj:
            shown["standing"] = [state_of(obj), moment_of(obj)]
            own = verdict.of_tip(obj, timezone.now())
            shown["verdict"] = own and own.seen_by(staff_of(request))
            shown |= concurrent_editing.form_context(request, obj, form)
        # Behind the verdict, which knows already some of what the verbs ask.
        shown["verbs"] = self.available_verbs(request, obj or Tip(author=staff_of(request)))
        if may_write:
            shown["unsaved"] = autosaves.form_context(request, obj, form)
            # Of Django's own scripts, which are made for its own forms, none is needed.
            media = Media(js=self.Media.js) + form.media
            shown["media"] = Media.from_media(media).with_nonce(nonce)
            shown["writing"] = writing_aids.form_context(request, obj, form)
            # Who may only read has no form to post; “Preview as saved” is theirs too.
            shown["previews"] = preview.form_context(obj)
        shown |= writing_page.form_context(request, obj, context["adminform"], shown["verbs"])
        shown |= comments.page_context(request, obj)
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
        changed = {*form.changed_data}
        if "tags" in changed:
            form.cleaned_data["tags"] = tagging.find_or_make(form.cleaned_data["tags"])
        super().save_related(request, form, formsets, change)
        if "in_categories" in changed:
            form.instance.categories.set(form.cleaned_data["in_categories"])
        TipVersion.objects.record(form.instance, by=staff_of(request))

    def log_change(self, request: HttpRequest, obj: Tip, message: object) -> LogEntry | None:  # type: ignore[override]  # Django has no use for the entry
        """Keep the history free of savings that changed nothing."""
        return super().log_change(request, obj, message) if message else None

    def response_add(self, request: HttpRequest, obj: Model, *args: str | None) -> HttpResponse:
        response = self._after_saving(request, cast(Tip, obj))
        return self._saved(request, response or super().response_add(request, obj, *args))

    def response_change(self, request: HttpRequest, obj: Model) -> HttpResponse:
        response = self._after_saving(request, cast(Tip, obj))
        return self._saved(request, response or super().response_change(request, obj))

    def _after_saving(self, request: HttpRequest, obj: Tip) -> HttpResponse | None:
        """Do the verb whose button was pressed, or lead back to the page on which one writes, or neither."""
        return self.do_after_saving(request, obj) or self._stay(request, obj)

    def _stay(self, request: HttpRequest, obj: Tip) -> HttpResponse | None:
        """Lead back to the page on which one writes; None where another button than *Save* was pressed."""
        if writing_page.SAVE.name not in request.POST:
            return None
        messages.success(request, "Saved. Readers see it now." if obj.is_published else "Saved.")
        return HttpResponseRedirect(reverse("admin:tips_tip_change", args=[obj.pk]))

    def _saved(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Erase what was kept of the form, here and in the browser."""
        autosaves.forget_saved(request)
        return writing_aids.forget_draft(request, response)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Context | None = None,
    ) -> HttpResponse:
        """Show the form, or save it. What somebody may not save any more becomes an unsaved text."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except PermissionDenied:
            tip = self.get_queryset(request).filter(pk=number_in(object_id)).first()
            if request.method == "POST" and (tip or self.has_add_permission(request)):
                autosaves.keep(request, tip)
            raise

    def history_view(self, request: HttpRequest, object_id: str, *args: object) -> HttpResponse:
        return history.history_page(request, tip_or_404(request, number_in(object_id)))
