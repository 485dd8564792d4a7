"""The site's own pages in the admin."""

from operator import attrgetter
from typing import cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Field, ForeignKey, Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from js_asset import Media

from desk.concurrent_forms import ConcurrentForm
from desk.forms import SavedAtOnce
from desk.lists import PagedList
from desk.log import entries_about
from desk.pages import Context, badge, page, staff_of
from desk.verbs import Verb, VerbsMixin
from tips import dates
from tips.admin.forms import EDITOR_MODULES
from tips.models import Page, PageVersion
from tips.publishing import history, pages

MOST_VERSIONS = 50


class PageForm(ConcurrentForm):
    class Meta:
        model = Page
        fields = ["title", "path", "body", "parent", "position", "in_foot"]

    @property
    def media(self) -> forms.Media:
        return super().media + Media(importmap=EDITOR_MODULES)


@admin.register(Page)
class PageAdmin(VerbsMixin[Page], SavedAtOnce, PagedList):
    """The list and the form of the site's own pages; approving is a verb."""

    form = PageForm
    list_display = ["title", "path", "standing", "in_foot", "position", "changed"]
    search_fields = ["title", "path", "body"]
    verbs = {
        "approve": Verb(
            "Approve it",
            pages.approve,
            "Readers see the page, and the foot of every page leads to it if that is ticked.",
            is_available=lambda user, page: page.state == Page.State.DRAFT,
            why_not="it is approved already",
            permissions=(pages.APPROVE,),
            faults=pages.faults,
        ),
        "take-back": Verb(
            "Take it from the site",
            pages.take_back,
            "Readers find no page at its address any more. The text stays here, as a draft.",
            is_available=lambda user, page: page.state == Page.State.APPROVED,
            why_not="readers do not see it",
            permissions=(pages.APPROVE,),
            is_destructive=True,
        ),
    }

    def has_change_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        """Whoever changes a page that readers see must be one who may approve it."""
        is_permitted = super().has_change_permission(request, obj)
        is_shown = obj is not None and obj.state == Page.State.APPROVED
        return is_permitted and (not is_shown or request.user.has_perm(pages.APPROVE))

    def has_delete_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        """What readers see is taken from the site before it is deleted."""
        is_permitted = super().has_delete_permission(request, obj)
        return is_permitted and (obj is None or obj.state == Page.State.DRAFT)

    def view_on_site(self, page: Page) -> str | None:
        """Return the page's address while readers see it."""
        return page.path if page.state == Page.State.APPROVED else None

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: object
    ) -> forms.ModelChoiceField | None:
        return super().formfield_for_foreignkey(db_field, request, **kwargs, empty_label="None")

    def formfield_for_dbfield(
        self, db_field: Field, request: HttpRequest, **kwargs: object
    ) -> forms.Field | None:
        """Offer the page above without the ways to make or change one from here."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    @admin.display(ordering="updated_at")
    def changed(self, page: Page) -> str:
        return dates.short(page.updated_at)

    @admin.display(description="state", ordering="state")
    def standing(self, page: Page) -> SafeString:
        is_shown = page.state == Page.State.APPROVED
        return badge("public", "On the site") if is_shown else badge("draft", "Draft")

    def form_context(self, request: HttpRequest, obj: Page | None, context: Context) -> Context:
        # The editor's import map is the one inline script of the admin.
        nonce = str(attrgetter("csp_nonce")(request))
        form = context["adminform"].form
        shown = super().form_context(request, obj, context)
        shown["writing"] = {
            "upload": reverse("admin:tips_tip_upload"),
            "links": reverse("admin:tips_tip_link_suggestions"),
            "pictures": reverse("admin:tips_tip_library"),
        }
        shown["media"] = Media.from_media(self.media + form.media).with_nonce(nonce)
        return shown

    def save_model(self, request: HttpRequest, obj: Page, form: object, change: bool) -> None:
        pages.save(obj, by=staff_of(request))

    def response_change(self, request: HttpRequest, obj: Model) -> HttpResponse:
        """Go on to approving, where its button saved the form: nothing that was typed is lost by it."""
        if request.POST.get("_verb") == "approve":
            return HttpResponseRedirect(reverse("admin:tips_page_do", args=[obj.pk, "approve"]))
        return super().response_change(request, obj)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Context | None = None
    ) -> HttpResponse:
        """List the versions with who, when and what changed, and what else was done."""
        obj = cast(Page | None, self.get_object(request, object_id))
        if obj is None or not self.has_view_permission(request, obj):
            return super().history_view(request, object_id, extra_context)
        kept = list(obj.versions.select_related("saved_by")[: MOST_VERSIONS + 1])
        versions = [
            (version, [part for name in Page.WRITTEN if (part := _part(name, before, version))])
            for version, before in zip(kept[:MOST_VERSIONS], [*kept[1:], None], strict=False)
        ]
        context: Context = {"opts": self.opts, "original": obj, "versions": versions}
        return page(request, "tips/page_history", f"History: {obj}", **context, log=entries_about(obj)[:100])


def _part(name: str, before: PageVersion | None, version: PageVersion) -> object:
    """Return how a text differs from that of the version before, None where it does not."""
    old, new = (getattr(each, name) if each else "" for each in (before, version))
    return history.text_part(name, old, new) if old != new else None
