"""The forms of the desk: a tip with its categories, tags and day."""

import csv
import io

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminSplitDateTime
from django.forms.widgets import Script
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from tips import publishing, tagging
from tips.models import Category, Tag, Tip

_A_DAY = f"In the zone {settings.TIME_ZONE}. A date alone means {settings.SLOT_TIME:%H:%M} on that day."


class TagsInput(forms.TextInput):
    """Tag names in one line, separated by commas. A script adds suggestions; it works without."""

    class Media:
        js = [Script("admin-desk/tags.js", defer=True)]

    def format_value(self, value):
        if value is None or isinstance(value, str):
            return value
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(tag.name for tag in value)
        return line.getvalue().replace(",", ", ") if '"' not in line.getvalue() else line.getvalue()

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"] |= {
            "class": "vTextField",
            "autocomplete": "off",
            "data-tag-suggestions": reverse("admin:tips_tip_tag_suggestions"),
        }
        return context


class TagsField(forms.CharField):
    """Names separated by commas; a name that holds a comma stands in double quotes. Cleans to names."""

    widget = TagsInput

    def clean(self, value):
        line = " ".join(super().clean(value).split())
        names = {}
        for name in next(csv.reader([line], skipinitialspace=True), []):
            name = name.strip()
            if len(name) > Tag._meta.get_field("name").max_length:
                raise forms.ValidationError(f"The tag “{name[:30]}…” is too long. Separate tags by commas.")
            if name:
                names.setdefault(tagging.key(name), name)
        return list(names.values())

    def has_changed(self, initial, data):
        try:
            names = {tagging.key(name) for name in self.clean(data or "")}
        except forms.ValidationError:
            return True
        return names != {tagging.key(tag.name) for tag in initial or []}


class SlotField(forms.SplitDateTimeField):
    """A day and a time; a day alone means the slot's time on it."""

    widget = AdminSplitDateTime

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        for widget, name in zip(self.widget.widgets, ("Day", "Time"), strict=True):
            widget.attrs["aria-label"] = name

    def clean(self, value):
        if value and value[0] and not value[1]:
            value = [value[0], settings.SLOT_TIME.strftime("%H:%M:%S")]
        return super().clean(value)


class TipForm(forms.ModelForm):
    # The model's own field has a through model, which the admin refuses to show.
    in_categories = forms.ModelMultipleChoiceField(
        Category.objects.all(),
        required=False,
        label="Categories",
        widget=forms.CheckboxSelectMultiple,
    )
    tags = TagsField(
        max_length=5000,
        required=False,
        help_text="Separated by commas. Known tags are suggested as you write; a new name makes a new tag.",
    )
    publish_at = SlotField(
        required=False,
        label="Goes live",
        help_text=f"{_A_DAY} Nothing appears before it is approved.",
    )

    class Meta:
        model = Tip
        fields = ["title", "slug", "body", "takeaway", "excerpt", "tags", "publish_at", "undated"]
        widgets = {
            "takeaway": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
            "excerpt": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
        if self.instance.pk:
            self.initial["in_categories"] = list(self.instance.categories.all())

    def clean(self):
        cleaned = super().clean()
        for name in ("takeaway", "excerpt", "body"):
            if name in cleaned:
                # A browser sends line ends of its own; what nobody changed must stay what it was.
                cleaned[name] = cleaned[name].replace("\r\n", "\n")
        return cleaned

    def clean_title(self):
        title = " ".join(self.cleaned_data["title"].split())
        if not title:
            raise forms.ValidationError("Give the tip a title.")
        return title

    def clean_slug(self):
        slug = self.cleaned_data["slug"]
        if not slug:
            slug = _free_slug(slugify(self.cleaned_data.get("title", ""))[:200], self.instance.pk)
        if not slug and self.cleaned_data.get("title"):
            raise forms.ValidationError(
                "The title makes no address. Write one: small letters, digits, hyphens."
            )
        return slug

    def clean_publish_at(self):
        when = self.cleaned_data["publish_at"]
        if when and "publish_at" in self.changed_data and when <= timezone.now():
            raise forms.ValidationError(
                f"{publishing.in_words(when)} has passed. Choose a later day, or leave it empty."
            )
        return when

    def clean_undated(self):
        undated = self.cleaned_data["undated"]
        if undated and self.cleaned_data.get("publish_at"):
            raise forms.ValidationError("An undated tip has no day. Empty “goes live”, or untick this.")
        return undated


class ReasonForm(forms.Form):
    """Why a verb is done; kept in the tip's history."""

    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="Kept in the tip's history.",
    )


class DayForm(forms.Form):
    """Another day for a tip."""

    when = SlotField(
        label="Goes live",
        help_text=_A_DAY,
    )


def _free_slug(base, pk):
    """Return the address, with a number where another tip has it."""
    taken = set(Tip.objects.filter(slug__startswith=base).exclude(pk=pk).values_list("slug", flat=True))
    slug, number = base, 1
    while slug and slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
