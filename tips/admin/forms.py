"""The forms of the desk: a tip with its categories, tags and day."""

import csv
import io

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminSplitDateTime
from django.contrib.auth.models import AnonymousUser
from django.forms.widgets import Script
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import slugify

from desk.errors import Refused
from tips import images
from tips.models import Category, Tag, Tip
from tips.publishing import slugs, tagging, workflow
from tips.schedule import queue_lock
from tips.text import markup

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
    # Who fills it in: a class attribute, since the admin makes a class of it for each request.
    user = AnonymousUser()
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
        help_texts = {
            "takeaway": "The closing moral, in one or a few sentences. Readers see it set apart, after the"
            " body: do not repeat it there.",
            "excerpt": "What lists show of the tip, in about 50 words. Left empty, the beginning of the body"
            " is taken, and taken again when the body changes; what you write yourself stays.",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
        if self.instance.pk:
            self.initial["in_categories"] = list(self.instance.categories.all())
        if "body" in self.fields:
            # A script goes on counting while one writes.
            self.fields["body"].help_text = format_html(
                '{} <span class="count"><span data-word-count>{}</span> words now.</span>',
                self.fields["body"].help_text,
                markup.count_words(self.instance.body),
            )

    def clean(self):
        cleaned = super().clean()
        for name in ("takeaway", "excerpt", "body"):
            if name in cleaned:
                # A browser sends line ends of its own; what nobody changed must stay what it was.
                cleaned[name] = cleaned[name].replace("\r\n", "\n")
        if "body" in self.changed_data and self._excerpt_was_made():
            # Emptied here, it is made again from the new body on saving.
            cleaned["excerpt"] = ""
        return cleaned

    def _excerpt_was_made(self):
        """Whether the excerpt is the beginning of the body as it was, and nobody has written another."""
        before = self.initial.get("body")
        if not before or "excerpt" in self.changed_data:
            return False
        return self.initial["excerpt"] == markup.excerpt(markup.searchable_text(before))

    def clean_title(self):
        title = " ".join(self.cleaned_data["title"].split())
        if not title:
            raise forms.ValidationError("Give the tip a title.")
        return title

    def clean_slug(self):
        slug = self.cleaned_data["slug"]
        title = self.cleaned_data.get("title", "")
        if not slug or (not self.instance.pk and slug == slugify(title)):
            # Nobody chose it: a number is added where another tip has it.
            slug = slugs.free(title, besides=self.instance.pk)
        if not slug and self.cleaned_data.get("title"):
            raise forms.ValidationError(
                "The title makes no address. Write one: small letters, digits, hyphens."
            )
        if slug and slug != self.instance.slug:
            try:
                slugs.require_free(slug, besides=self.instance.pk, by=self.user)
            except Refused as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return slug

    def clean_body(self):
        try:
            return images.with_image_sizes(markup.clean(self.cleaned_data["body"].replace("\r\n", "\n")))
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def clean_publish_at(self):
        when = self.cleaned_data["publish_at"]
        if when and "publish_at" in self.changed_data and when <= timezone.now():
            raise forms.ValidationError(
                f"{workflow.in_words(when)} has passed. Choose a later day, or leave it empty."
            )
        if when and "publish_at" in self.changed_data:
            queue_lock.refuse_in_form(self.instance, when)
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


class OverrideForm(forms.Form):
    """Why somebody approves what they wrote part of."""

    override = forms.CharField(
        label="Reason",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="You wrote part of it since it was last approved, so somebody else should approve it. You"
        " may do so all the same: say why. Kept in the tip's history.",
    )


class DayForm(forms.Form):
    """Another day for a tip."""

    when = SlotField(
        label="Goes live",
        help_text=_A_DAY,
    )
