"""Categories and tags in the admin."""

import json
from collections.abc import Iterable

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.utils import model_ngettext
from django.db import transaction
from django.db.models import Count, Field, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from taggit.models import Tag as UnusedTag

from desk.concurrent_forms import ConcurrentForm
from desk.errors import Overtaken, WrongState
from desk.forms import SavedAtOnce
from desk.lists import Deletion, PagedList
from desk.pages import Context, number_in, page, staff_of
from desk.verbs import refusals_told
from tips.models import CategorisedTip, Category, Tag, TaggedTip, Tip
from tips.permissions import CHANGE_ANY
from tips.publishing import categories, merging, naming, tagging
from tips.text import folding
from tips.text.slugify import canonical

admin.site.unregister(UnusedTag)

Label = Category | Tag


class CountedAdmin(SavedAtOnce, PagedList):
    """Categories or tags, and how many tips each has; ``placements`` says where that stands."""

    list_display = ["name", "address", "number_of_tips"]
    search_fields = ["name", "slug"]
    actions = ["merge_selected", "delete_selected"]
    delete_confirmation_template = "admin/tips/delete_label.html"
    delete_selected_confirmation_template = "admin/tips/delete_labels.html"
    placements: type[CategorisedTip | TaggedTip]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        key = str(self.opts.model_name)
        placed = self.placements._default_manager.filter(**{key: OuterRef("pk")})
        counts = placed.order_by().values(key).annotate(tips=Count("pk")).values("tips")
        return super().get_queryset(request).annotate(tip_count=Coalesce(Subquery(counts), 0))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Find by a part of the name, or of the address, in whatever spelling."""
        key = folding.key(search_term)
        found = queryset.filter(Q(name_key__contains=key) | Q(slug__contains=canonical(key)))
        return (found if key else queryset), False

    @admin.display(ordering="slug")
    def address(self, label: Label) -> str:
        """The last part of its URL."""
        return label.slug

    @admin.display(description="tips", ordering="tip_count")
    def number_of_tips(self, label: Label) -> int:
        return vars(label)["tip_count"]

    def formfield_for_dbfield(
        self, db_field: Field, request: HttpRequest, **kwargs: object
    ) -> forms.Field | None:
        required = {"required": False} if db_field.name == "slug" else {}
        return super().formfield_for_dbfield(db_field, request, **kwargs, **required)

    def get_deleted_objects(self, objs: Iterable[Label], request: HttpRequest) -> Deletion:
        """Say how many tips lose it: a list of ten thousand places helps nobody."""
        labels = self.get_queryset(request).filter(pk__in=[obj.pk for obj in objs])
        lines = [f"{label} (on {_tips(label.tip_count)}; the tips themselves stay)" for label in labels]
        places = sum(label.tip_count for label in labels)
        counts = {model_ngettext(self.opts, len(lines)): len(lines), "places of tips": places}
        is_allowed = self.has_delete_permission(request)
        return lines, counts, set() if is_allowed else {str(self.opts.verbose_name)}, []

    def tips_with(self, labels: list[Label]) -> QuerySet[Tip]:
        """Return the tips that have some of these categories or tags."""
        pks = [label.pk for label in labels]
        placed = self.placements._default_manager.filter(**{f"{self.opts.model_name}__in": pks})
        return Tip.objects.filter(pk__in=placed.order_by().values(self.placements.TIP_ID))

    def delete_model(self, request: HttpRequest, obj: Label) -> None:
        self.delete_queryset(request, self.model._default_manager.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Delete what still is as the page that asked named it; raise Overtaken where something is not."""
        locked = self.model._default_manager.filter(pk__in=queryset.values("pk")).select_for_update()
        labels = list(self.get_queryset(request).filter(pk__in=[label.pk for label in locked]))
        shown = request.POST.get("seen", "")
        if shown and shown != _named(labels):
            raise Overtaken(
                "Nothing was deleted: a name, or the number of tips, is not what the page said any more."
                f" Look at the {self.opts.verbose_name_plural} again."
            )
        names, kind = [label.name for label in labels], str(self.opts.verbose_name_plural)
        with naming.deleted(self.tips_with(labels), kind, names, by=staff_of(request)):
            super().delete_queryset(request, queryset)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Context | None = None
    ) -> HttpResponse:
        """Ask, and delete; the page notes what it says of the label."""
        label = self.get_queryset(request).filter(pk=number_in(object_id))
        with refusals_told(request):
            return super().delete_view(request, object_id, {"seen": _named(label), **(extra_context or {})})
        return HttpResponseRedirect(request.get_full_path())

    @admin.action(description="Delete", permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """Ask, and delete, as ``delete_view`` does for one."""
        with refusals_told(request), transaction.atomic():
            asked = delete_selected(self, request, queryset)
            if isinstance(asked, TemplateResponse) and asked.context_data is not None:
                asked.context_data["seen"] = _named(queryset)
            return asked
        return None

    def has_merge_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) and self.has_delete_permission(request)

    @admin.action(description="Merge into one", permissions=["merge"])
    def merge_selected(self, request: HttpRequest, queryset: QuerySet) -> TemplateResponse | None:
        """Ask which of the chosen ones stays, then make them one."""
        labels, plural = list(queryset.order_by("-tip_count", "name")), self.opts.verbose_name_plural
        if len(labels) < 2:
            messages.warning(request, f"Choose at least two {plural} to merge.")
            return None
        if "post" in request.POST:
            with refusals_told(request):
                keep = next((label for label in labels if str(label.pk) == request.POST.get("keep")), None)
                if keep is None:
                    raise WrongState(f"Say which of the {plural} stays.")
                for label in labels:
                    # The page that asked named each.
                    if (shown := request.POST.get(f"name-{label.pk}", label.name)) != label.name:
                        raise Overtaken(f"“{shown}” is “{label}” now. Look at the {plural} again.")
                others = [label for label in labels if label != keep]
                merged = merging.merge(keep, others, by=staff_of(request))
                followed = f"{_tips(merged)} gained it, and the old addresses lead to it."
                messages.info(request, f"Merged into “{keep}”: {followed}")
                return None
        return page(request, "tips/merge", f"Merge {plural}", opts=self.opts, labels=labels)


def _named(labels: Iterable[Label]) -> str:
    """Return what a page that asks says of labels, for the page to hand back: names, and how many tips."""
    return json.dumps(sorted((label.pk, label.name, vars(label)["tip_count"]) for label in labels))


def _tips(number: int) -> str:
    return f"{number} tip{'' if number == 1 else 's'}"


class CategoryForm(ConcurrentForm):
    class Meta:
        model = Category
        fields = ["name", "slug"]
        labels = {"slug": "Address"}
        help_texts = {"slug": "The last part of its URL, for good. Left empty, it is made from the name."}

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if other := naming.same_name(Category, name, apart_from=self.instance.pk or 0):
            raise forms.ValidationError(
                f"There is a category “{other}” already. To make them one, choose both in the list and merge"
                " them."
            )
        return name

    def clean_slug(self) -> str:
        return self.cleaned_data["slug"] or categories.free_slug(self.cleaned_data.get("name", ""))


@admin.register(Category)
class CategoryAdmin(CountedAdmin):
    form = CategoryForm
    placements = CategorisedTip

    def save_model(self, request: HttpRequest, obj: Category, form: forms.ModelForm, change: bool) -> None:
        categories.save(obj, form.initial["name"] if change else "", by=staff_of(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Category | None = None) -> list[str]:
        # It keeps the URL by which it is known.
        return ["address"] if obj else []

    def get_fields(self, request: HttpRequest, obj: Category | None = None) -> tuple[str, ...]:
        return ("name", "address" if obj else "slug")


class TagForm(ConcurrentForm):
    class Meta:
        model = Tag
        fields = ["name", "slug"]
        labels = {"slug": "Address"}
        help_texts = {
            "name": "The address changes with the name; the old address goes on leading here.",
            "slug": "The last part of its URL. Left empty, it is made from the name.",
        }

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if other := naming.same_name(Tag, name, apart_from=self.instance.pk or 0):
            raise forms.ValidationError(
                f"There is a tag “{other}” already. To make them one, choose both in the list and merge them."
            )
        return name

    def clean(self) -> None:
        super().clean()
        if "name" in self.cleaned_data and not self.instance.pk and not self.cleaned_data.get("slug"):
            self.cleaned_data["slug"] = tagging.free_slug(self.cleaned_data["name"])


@admin.register(Tag)
class TagAdmin(CountedAdmin):
    form = TagForm
    placements = TaggedTip
    ordering = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        tags, user = super().get_queryset(request), staff_of(request)
        return tags if user.has_perm(CHANGE_ANY) else tags.filter(pk__in=tagging.known_to(user).values("pk"))

    def save_model(self, request: HttpRequest, obj: Tag, form: forms.ModelForm, change: bool) -> None:
        if change:
            tagging.rename(obj, form.cleaned_data["name"], form.cleaned_data["slug"], by=staff_of(request))
        else:
            obj.save()
            naming.settle(obj)

    def log_change(self, request: HttpRequest, obj: Tag, message: object) -> None:  # type: ignore[override]  # Django has no use for the entry
        """Leave the entry to the verb, which says what was before."""
