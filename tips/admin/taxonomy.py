"""Categories and tags in the admin."""

from collections.abc import Iterable, Sequence

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import model_ngettext
from django.db.models import Count, Field, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.response import TemplateResponse
from taggit.models import Tag as UnusedTag

from desk.errors import WrongState
from desk.lists import TitledList
from desk.pages import Context, page, staff_of
from desk.verbs import refusals_told
from tips.models import CategorisedTip, Category, Tag, TaggedTip, Tip
from tips.publishing import tagging

admin.site.unregister(UnusedTag)


class CountedAdmin(TitledList):
    """Categories or tags, and how many tips each has; ``placements`` and ``key`` say where that stands."""

    list_display = ["name", "slug", "number_of_tips"]
    search_fields = ["name", "slug"]
    show_full_result_count = False
    placements: type[CategorisedTip | TaggedTip]
    key = ""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        placed = self.placements._default_manager.filter(**{self.key: OuterRef("pk")})
        counts = placed.order_by().values(self.key).annotate(tips=Count("pk")).values("tips")
        return super().get_queryset(request).annotate(tip_count=Coalesce(Subquery(counts), 0))

    @admin.display(description="tips", ordering="tip_count")
    def number_of_tips(self, label: Category | Tag) -> int:
        return vars(label)["tip_count"]

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Category | Tag | None = None
    ) -> dict[str, Sequence[str]]:
        return {} if obj else {"slug": ["name"]}

    def get_deleted_objects(
        self, objs: Iterable[Category | Tag], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Say how many tips lose it: a list of ten thousand places helps nobody."""
        lines, tips = [], 0
        for label in self.get_queryset(request).filter(pk__in=[obj.pk for obj in objs]):
            tips += label.tip_count
            number = f"{label.tip_count} tip{'' if label.tip_count == 1 else 's'}"
            lines.append(f"{label} (on {number}; the tips themselves stay)")
        counts = {model_ngettext(self.opts, len(lines)): len(lines), "places of tips": tips}
        is_allowed = self.has_delete_permission(request)
        return lines, counts, set() if is_allowed else {str(self.opts.verbose_name)}, []

    def tips_with(self, labels: Iterable[Category | Tag]) -> QuerySet[Tip]:
        """Return the tips that have some of these categories or tags."""
        placed = self.placements._default_manager.filter(
            **{f"{self.key}__in": [label.pk for label in labels]}
        )
        return Tip.objects.filter(pk__in=placed.order_by().values(self.placements.TIP_ID))

    def delete_model(self, request: HttpRequest, obj: Category | Tag) -> None:
        self.delete_queryset(request, self.model._default_manager.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        labels = list(queryset)
        names, kind = [label.name for label in labels], self.opts.verbose_name_plural
        with tagging.deleted(self.tips_with(labels), kind, names, by=staff_of(request)):
            super().delete_queryset(request, queryset)


class CategoryForm(forms.ModelForm):
    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        for pk, known in Category.objects.values_list("pk", "name"):
            if pk != self.instance.pk and tagging.key(known) == tagging.key(name):
                raise forms.ValidationError(f"There is a category “{known}” already.")
        return name


@admin.register(Category)
class CategoryAdmin(CountedAdmin):
    form = CategoryForm
    placements = CategorisedTip
    key = "category"

    def save_model(self, request: HttpRequest, obj: Category, form: forms.ModelForm, change: bool) -> None:
        before = form.initial["name"] if change else obj.name
        with tagging.renamed(self.tips_with([obj]), "category", before, obj.name, by=staff_of(request)):
            super().save_model(request, obj, form, change)

    def get_readonly_fields(self, request: HttpRequest, obj: Category | None = None) -> list[str]:
        # No former URL of a category leads anywhere, so it keeps the URL that it has.
        return ["slug"] if obj else []


class TagForm(forms.ModelForm):
    class Meta:
        model = Tag
        fields = ["name", "slug"]
        help_texts = {
            "name": "The address changes with the name; the old address goes on leading here.",
            "slug": "The tag's address. Left empty, it is made from the name.",
        }

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if other := tagging.same_name(name, apart_from=self.instance.pk):
            raise forms.ValidationError(
                f"There is a tag “{other}” already. To make them one, choose both in the list and merge them."
            )
        return name

    def clean(self) -> Context:
        cleaned = super().clean() or {}
        name, slug = cleaned.get("name"), cleaned.get("slug")
        is_unchanged = self.instance.pk and "slug" not in self.changed_data
        if name and (not slug or (is_unchanged and name != self.initial["name"])):
            cleaned["slug"] = tagging.slug_for(name)
            if not cleaned["slug"]:
                self.add_error("slug", "The name makes no address. Write one: letters, digits, hyphens.")
        return cleaned


@admin.register(Tag)
class TagAdmin(CountedAdmin):
    form = TagForm
    placements = TaggedTip
    key = "tag"
    actions = ["merge_selected"]
    ordering = ["name"]

    def formfield_for_dbfield(
        self, db_field: Field, request: HttpRequest, **kwargs: object
    ) -> forms.Field | None:
        required = {"required": False} if db_field.name == "slug" else {}
        return super().formfield_for_dbfield(db_field, request, **kwargs, **required)

    def has_merge_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(["tips.change_tag", "tips.delete_tag"])

    def save_model(self, request: HttpRequest, obj: Tag, form: forms.ModelForm, change: bool) -> None:
        if change:
            names = form.cleaned_data["name"], form.cleaned_data["slug"]
            tagging.rename(obj, *names, by=staff_of(request))
        else:
            obj.save()
            tagging.settle(obj)

    def log_change(self, request: HttpRequest, obj: Tag, message: object) -> None:  # type: ignore[override]
        """Leave the entry to the verb, which says what was before. Django has no use for the result."""

    @admin.action(description="Merge into one tag", permissions=["merge"])
    def merge_selected(self, request: HttpRequest, queryset: QuerySet[Tag]) -> TemplateResponse | None:
        """Ask which of the tags stays, then make them one."""
        tags = list(queryset.order_by("-tip_count", "name"))
        if len(tags) < 2:
            messages.warning(request, "Choose at least two tags to merge.")
            return None
        if "post" in request.POST:
            with refusals_told(request):
                keep = next((tag for tag in tags if str(tag.pk) == request.POST.get("keep")), None)
                if keep is None:
                    raise WrongState("Say which of the tags stays.")
                moved = tagging.merge(keep, [tag for tag in tags if tag != keep], by=staff_of(request))
                tips = "1 tip" if moved == 1 else f"{moved} tips"
                messages.info(
                    request, f"Merged into “{keep}”: {tips} gained it, and the old addresses lead to it."
                )
                return None
        return page(
            request,
            "tips/tag/merge",
            "Merge tags",
            opts=self.opts,
            tags=tags,
            action_checkbox_name=ACTION_CHECKBOX_NAME,
        )
