"""Tips in the desk: the list and the form."""

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.http import HttpResponseRedirect, JsonResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from js_asset import Media

from desk.errors import NotPermitted, Refused
from tips.admin import calendar, concurrent_editing, filters, history, images, preview, verbs
from tips.admin.forms import TipForm
from tips.admin.writing import WritingMixin
from tips.models import Tag, Tip, TipState, TipVersion, newest_first
from tips.publishing import editing, tagging, workflow
from tips.schedule import queue_lock
from tips.search import index, queries

SUGGESTIONS = 10


class TipList(ChangeList):
    """The list reads neither texts nor anything tip by tip."""

    def get_queryset(self, request, exclude_parameters=None):
        return super().get_queryset(request, exclude_parameters).for_lists().prefetch_related("categories")


@admin.register(Tip)
class TipAdmin(
    WritingMixin,
    images.ImagesMixin,
    verbs.VerbsMixin,
    history.HistoryMixin,
    preview.PreviewMixin,
    concurrent_editing.WatchingMixin,
    calendar.CalendarMixin,
    admin.ModelAdmin,
):
    form = TipForm
    actions = ["delete_selected", *verbs.VerbsMixin.actions]
    list_display = ["title", "state_in_words", "goes_live", "in_categories", "full_text", "page"]
    list_filter = [
        filters.StateFilter,
        filters.TextFilter,
        filters.DayFilter,
        filters.CategoryFilter,
        filters.YearFilter,
    ]
    list_per_page = 50
    list_max_show_all = 200
    search_fields = ["title", "takeaway", "excerpt"]
    search_help_text = "Words of the title, takeaway, excerpt or text."
    ordering = [newest_first(), "id"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    save_on_top = False

    # --- Who sees and may do what ---------------------------------------------------------------------

    def get_queryset(self, request):
        queryset = super().get_queryset(request)
        if not request.user.has_perm(workflow.CHANGE_ANY):
            queryset = queryset.filter(author=request.user)
        return queryset

    def get_object(self, request, object_id, from_field=None):
        """Return the tip, or None where this person may not know of it. Locked while it is written."""
        queryset = self.get_queryset(request)
        if request.method == "POST" and connection.in_atomic_block:
            queue_lock.lock()
            queryset = queryset.select_for_update(of=("self",))
        try:
            return queryset.get(pk=self.opts.pk.to_python(object_id))
        except (Tip.DoesNotExist, ValidationError, ValueError, OverflowError):
            return None

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (
            obj is None or workflow.may_change(request.user, obj)
        )

    def has_delete_permission(self, request, obj=None):
        """What readers have seen is withdrawn, not deleted: its address must say that it is gone."""
        return super().has_delete_permission(request, obj) and (
            obj is None
            or (obj.state in (TipState.DRAFT, TipState.IN_REVIEW) and workflow.may_change(request.user, obj))
        )

    # --- The list -------------------------------------------------------------------------------------

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": "Tips", **(extra_context or {})})

    def get_changelist(self, request, **kwargs):
        return TipList

    def get_search_results(self, request, queryset, search_term):
        """Find words in all texts by the search's index, and parts of words in the short ones."""
        search_term = search_term.strip()
        if not search_term:
            return queryset, False
        found = Q()
        for name in self.search_fields:
            found |= Q(**{f"{name}__icontains": search_term})
        if terms := queries.parse(search_term):
            # Made of the search's own statement and its parameters.
            found |= Q(pk__in=RawSQL(*index.matching(terms)))  # noqa: S611
        return queryset.filter(found), False

    @admin.display(description="state", ordering="state")
    def state_in_words(self, tip):
        """One word that tells an editor whether readers see the tip."""
        kind, word = tip.state, tip.get_state_display()
        if tip.is_published:
            kind, word = "public", "Public"
        elif tip.state == TipState.APPROVED:
            kind, word = "to-come", "Approved, to come"
        return format_html('<span class="state state-{}">{}</span>', kind.replace("_", "-"), word)

    @admin.display(description="goes live", ordering=F("publish_at").asc(nulls_first=True))
    def goes_live(self, tip):
        if tip.publish_at:
            return date_format(timezone.localtime(tip.publish_at), "D j M Y, H:i")
        return "undated" if tip.undated else "no day yet"

    @admin.display(description="categories", empty_value="none")
    def in_categories(self, tip):
        return ", ".join(sorted(category.name for category in tip.categories.all())) or None

    @admin.display(description="full text", ordering="has_body")
    def full_text(self, tip):
        return "here" if tip.has_body else format_html('<strong class="missing">{}</strong>', "missing")

    @admin.display(description="on the site", empty_value="")
    def page(self, tip):
        if not tip.is_published:
            return ""
        return format_html(
            '<a href="{}" aria-label="View “{}” on the site">View</a>', tip.get_absolute_url(), tip.title
        )

    def view_on_site(self, tip):
        """Return the address of the tip's page, or None while readers cannot see it."""
        return tip.get_absolute_url() if tip.is_published else None

    # --- The form -------------------------------------------------------------------------------------

    def get_fieldsets(self, request, obj=None):
        if obj and not self.has_change_permission(request, obj):
            texts = ["title", "body_as_read", "takeaway", "excerpt", "in_categories", "tags_in_words"]
            return [(None, {"fields": texts}), ("When", {"fields": ["publish_at", "undated"]}), self._about()]
        when = ["publish_at", "undated"]
        return [
            (None, {"fields": ["title", "slug", "body", "takeaway", "excerpt"]}),
            ("Where readers find it", {"fields": ["in_categories", "tags"]}),
            ("When it goes live", {"fields": when}),
            *([self._about()] if obj else []),
        ]

    def _about(self):
        return ("About", {"fields": ["author", "for_mail", "created_at", "updated_at"]})

    def get_readonly_fields(self, request, obj=None):
        names = ["author", "for_mail", "created_at", "updated_at", "body_as_read", "tags_in_words"]
        if obj and not self.has_change_permission(request, obj):
            return [*names, "in_categories"]
        planned_here = obj is None or obj.state in (TipState.DRAFT, TipState.IN_REVIEW)
        if not planned_here:
            # Readers, or the search engines that led them, know the address.
            names.append("slug")
        if not planned_here or not request.user.has_perm(workflow.APPROVE):
            names += ["publish_at", "undated"]
        return names

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ["title"]}

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user
        return form

    @admin.display(description="text")
    def body_as_read(self, tip):
        """The body as readers see it, for those who may not change it. It was cleaned on its way in."""
        return mark_safe(tip.body) if tip.body else "The full text is missing."  # noqa: S308

    @admin.display(description="tags", empty_value="none")
    def tags_in_words(self, tip):
        return ", ".join(tag.name for tag in tip.tags.all()) or None

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        tip = obj or Tip(author=request.user)
        may_write = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if obj:
            context["standing"] = [self.state_in_words(obj), self.goes_live(obj)]
        context["verbs"] = verbs.offered(request.user, tip) if may_write else {}
        # The editor's import map is the one inline script of the desk.
        context["media"] = Media.from_media(context["media"]).with_nonce(str(request.csp_nonce))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request, obj, form, change):
        """Write what the form holds and nothing else: a verb may have moved the tip meanwhile."""
        obj.hold_version()
        if not change:
            editing.start(obj, by=request.user)
        elif form.has_changed():
            sentence = editing.revise(obj, form.changed_data, by=request.user)
            if sentence != editing.SAVED:
                self.message_user(request, sentence)

    def delete_model(self, request, obj):
        editing.delete(obj, by=request.user)

    def delete_view(self, request, object_id, extra_context=None):
        """Ask, and delete; where that is refused, nothing has happened, and the list says why."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except NotPermitted:
            raise
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:tips_tip_changelist"))

    @admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
    def delete_selected(self, request, queryset):
        """Delete all of the selected or, where one is refused, none."""
        try:
            with transaction.atomic():
                return delete_selected(self, request, queryset)
        except NotPermitted:
            raise
        except Refused as refusal:
            self.message_user(request, f"Nothing was deleted. {refusal}", messages.ERROR)
            return None

    def delete_queryset(self, request, queryset):
        for tip in queryset:
            editing.delete(tip, by=request.user)

    def save_related(self, request, form, formsets, change):
        form.cleaned_data["tags"] = tagging.find_or_make(form.cleaned_data["tags"])
        super().save_related(request, form, formsets, change)
        form.instance.categories.set(form.cleaned_data["in_categories"])
        TipVersion.objects.record(form.instance, by=request.user)

    def log_change(self, request, obj, message):
        """Keep the history free of savings that changed nothing."""
        return super().log_change(request, obj, message) if message else None

    # --- Tags while writing ---------------------------------------------------------------------------

    def get_urls(self):
        view = self.admin_site.admin_view(self.tag_suggestions)
        return [path("tag-suggestions/", view, name="tips_tip_tag_suggestions"), *super().get_urls()]

    def tag_suggestions(self, request):
        """Return the names of known tags that hold ``q``, those that begin with it first, as JSON."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        part = tagging.key(request.GET.get("q", "")[:100])
        names = [name for name in Tag.objects.values_list("name", flat=True) if part in tagging.key(name)]
        names.sort(key=lambda name: (not tagging.key(name).startswith(part), tagging.key(name)))
        return JsonResponse({"names": names[:SUGGESTIONS] if part else []})
