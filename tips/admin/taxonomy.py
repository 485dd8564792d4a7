"""The ways into the archive in the desk: categories and tags."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import model_ngettext
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.template.response import TemplateResponse
from taggit.models import Tag as UnusedTag

from desk.errors import NotPermitted, Refused
from tips.models import CategorisedTip, Category, Tag, TaggedTip, Tip
from tips.publishing import tagging

admin.site.unregister(UnusedTag)


class CountedAdmin(admin.ModelAdmin):
    """A way into the archive, and how many tips are on it; ``placements`` and ``key`` say where they are."""

    list_display = ["name", "slug", "number_of_tips"]
    search_fields = ["name", "slug"]
    show_full_result_count = False
    placements = None
    key = ""

    def changelist_view(self, request, extra_context=None):
        title = self.opts.verbose_name_plural.capitalize()
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def get_queryset(self, request):
        on_it = self.placements.objects.filter(**{self.key: OuterRef("pk")}).order_by().values(self.key)
        tips = Coalesce(Subquery(on_it.annotate(tips=Count("pk")).values("tips")), 0)
        return super().get_queryset(request).annotate(tip_count=tips)

    @admin.display(description="tips", ordering="tip_count")
    def number_of_tips(self, way):
        return way.tip_count

    def get_deleted_objects(self, objs, request):
        """Say how many tips lose it: a list of ten thousand places helps nobody."""
        lines, tips = [], 0
        for way in self.get_queryset(request).filter(pk__in=[obj.pk for obj in objs]):
            tips += way.tip_count
            number = f"{way.tip_count} tip{'' if way.tip_count == 1 else 's'}"
            lines.append(f"{way} (on {number}; the tips themselves stay)")
        counts = {model_ngettext(self.opts, len(lines)): len(lines), "places of tips": tips}
        allowed = self.has_delete_permission(request)
        return lines, counts, set() if allowed else {self.opts.verbose_name}, []

    def tips_on(self, ways):
        """Return the tips that are on some categories or tags, as a queryset."""
        on_it = self.placements.objects.filter(**{f"{self.key}__in": [way.pk for way in ways]})
        return Tip.objects.filter(pk__in=on_it.order_by().values(self.placements.TIP_ID))

    def delete_model(self, request, obj):
        kind = self.opts.verbose_name_plural
        with tagging.deleted(self.tips_on([obj]), kind, [obj.name], by=request.user):
            super().delete_model(request, obj)

    def delete_queryset(self, request, queryset):
        ways, kind = list(queryset), self.opts.verbose_name_plural
        names = [way.name for way in ways]
        with tagging.deleted(self.tips_on(ways), kind, names, by=request.user):
            super().delete_queryset(request, queryset)


class CategoryForm(forms.ModelForm):
    def clean_name(self):
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

    def save_model(self, request, obj, form, change):
        before = form.initial["name"] if change else obj.name
        with tagging.renamed(self.tips_on([obj]), "category", before, obj.name, by=request.user):
            super().save_model(request, obj, form, change)

    def get_readonly_fields(self, request, obj=None):
        # No old address of a category leads anywhere, so it keeps the one it has.
        return ["slug"] if obj else []

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ["name"]}


class TagForm(forms.ModelForm):
    class Meta:
        model = Tag
        fields = ["name", "slug"]
        help_texts = {
            "name": "The address changes with the name; the old address goes on leading here.",
            "slug": "The tag's address. Left empty, it is made from the name.",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False

    def clean_name(self):
        name = " ".join(self.cleaned_data["name"].split())
        if other := tagging.same_name(name, apart_from=self.instance.pk):
            raise forms.ValidationError(
                f"There is a tag “{other}” already. To make them one, choose both in the list and merge them."
            )
        return name

    def clean(self):
        cleaned = super().clean()
        name, slug = cleaned.get("name"), cleaned.get("slug")
        unchanged = self.instance.pk and "slug" not in self.changed_data
        if name and (not slug or (unchanged and name != self.initial["name"])):
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

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ["name"]}

    def has_merge_permission(self, request):
        return request.user.has_perms(["tips.change_tag", "tips.delete_tag"])

    def save_model(self, request, obj, form, change):
        if change:
            tagging.rename(obj, form.cleaned_data["name"], form.cleaned_data["slug"], by=request.user)
        else:
            obj.save()
            tagging.settle(obj)

    def log_change(self, request, obj, message):
        """Leave the trace to the verb, which says what the name and the address were."""

    @admin.action(description="Merge into one tag", permissions=["merge"])
    def merge_selected(self, request, queryset):
        """Ask which of the tags stays, then make them one."""
        tags = list(queryset.order_by("-tip_count", "name"))
        if len(tags) < 2:
            self.message_user(request, "Choose at least two tags to merge.", messages.WARNING)
            return None
        if "post" in request.POST:
            keep = next((tag for tag in tags if str(tag.pk) == request.POST.get("keep")), None)
            try:
                if keep is None:
                    raise tagging.Unfit("Say which of the tags stays.")
                moved = tagging.merge(keep, [tag for tag in tags if tag != keep], by=request.user)
            except NotPermitted:
                raise
            except Refused as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
            else:
                tips = "1 tip" if moved == 1 else f"{moved} tips"
                self.message_user(
                    request, f"Merged into “{keep}”: {tips} gained it, and the old addresses lead to it."
                )
                return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Merge tags",
            "tags": tags,
            "media": self.media,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/tips/tag/merge.html", context)
