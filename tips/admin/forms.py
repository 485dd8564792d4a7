"""The form of a tip with its categories, tags and day, and what the verbs over it ask for."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminSplitDateTime, AdminTextareaWidget
from django.contrib.auth.models import User
from django.forms.widgets import Script
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.html import format_html
from js_asset import ImportMap, Media

from desk.errors import Refused
from desk.pages import number_in
from tips import dates, image_store
from tips.models import Category, Tag, Tip, TipVersion
from tips.models.lines import LineFormField
from tips.publishing import history, preconditions, slugs
from tips.schedule import queue_lock
from tips.text import contents, excerpts, folding, left_out, sanitiser
from tips.text.slugify import slugify

_A_DAY = f"In the zone {settings.TIME_ZONE}. A date alone means {settings.SLOT_TIME:%H:%M} on that day."
# A name in double quotes, which may hold commas, and a quote as two; or a name up to the next comma.
_TAG_NAME = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*(?=,|$)|([^,]*))(?:,|$)')
# What begins with a quotation and goes on behind it is no name in quotes.
_GOES_ON = re.compile(r'"(?:[^"]|"")*"(?!")\s*[^\s,]')
_LONGEST_TAG = Tag._meta.get_field("name").max_length or 0
_SUGGESTIONS = reverse_lazy("admin:tips_tip_tag_suggestions")

# The names by which the scripts of the editor import each other.
_EDITOR_MODULES = ImportMap(
    {
        f"admin-desk/{name}": f"admin-desk/{name}.js"
        for name in (
            "dialogs icons link-targets links paste-conversion paste-lists paste-notes paste-source"
            " paste-spaces picture-dialog places quotes tables"
        ).split()
    }
)


class TagsInput(forms.TextInput):
    """Tag names in one line, separated by commas. A script adds suggestions; it works without."""

    class Media:
        js = [Script("admin-desk/tags.js", defer=True)]

    def format_value(self, value: str | Iterable[Tag] | None) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return ", ".join(_as_typed(tag.name) for tag in value)


def _as_typed(name: str) -> str:
    """Return a tag's name as somebody types it: in quotes only where it would be read as another."""
    doubled = name.replace('"', '""')
    is_plain = "," not in name and (not name.startswith('"') or _GOES_ON.match(name))
    return name if is_plain else f'"{doubled}"'


def _names_in(line: str) -> list[str]:
    """Return the names in a line, whose commas part them; without what is invisible."""
    found = _TAG_NAME.findall(line)
    names = (quoted.replace('""', '"') or plain for quoted, plain in found)
    return [name for name in map(folding.visible, names) if name]


class TagsField(LineFormField):
    """Names separated by commas; a name that holds a comma stands in double quotes. Cleans to names."""

    widget = TagsInput({"class": "vTextField", "autocomplete": "off", "data-tag-suggestions": _SUGGESTIONS})

    def clean(self, value: str) -> list[str]:
        names: dict[str, str] = {}
        for name in _names_in(super().clean(value)):
            if len(name) > _LONGEST_TAG:
                too_long = f"The tag “{name[:30]}…” has {len(name)} letters; {_LONGEST_TAG} is the most."
                raise forms.ValidationError(f"{too_long} Separate tags by commas.")
            names.setdefault(folding.column_key(name), name)
        return list(names.values())

    def has_changed(self, initial: Iterable[Tag] | None, data: str | None) -> bool:
        try:
            names = set(map(folding.column_key, self.clean(data or "")))
        except forms.ValidationError:
            return True
        return names != {tag.name_key for tag in initial or []}


class SlotWidget(AdminSplitDateTime):
    """A day and a time, each with its name for those who hear the page."""

    def __init__(self, attrs: dict[str, str] | None = None) -> None:
        super().__init__(attrs)
        for widget, name in zip(self.widgets, ("Day", "Time"), strict=True):
            widget.attrs["aria-label"] = name


class SlotField(forms.SplitDateTimeField):
    """A day and a time; a day alone means the slot's time on it."""

    widget = SlotWidget
    default_error_messages = {
        "invalid_date": "Write the day as 2026-12-31.",
        "invalid_time": "Write the time as 14:30, or leave it empty.",
    }

    def clean(self, value: list[str]) -> datetime | None:
        if value and value[0] and not value[1]:
            value = [value[0], settings.SLOT_TIME.strftime("%H:%M:%S")]
        return super().clean(value)


class TipForm(forms.ModelForm):
    # Who fills it in: a class attribute, since Django's admin makes a class of it for each request.
    user: User
    # The version that the form was opened on, None where it is not known; and the newest, if that is another.
    since: tuple[TipVersion | None, TipVersion] | None = None
    # What cleaning took out of the body, in sentences.
    left_out: Sequence[str] = ()
    # The model's own field has a through model, which the admin refuses to show.
    in_categories = forms.ModelMultipleChoiceField(
        Category.objects.all(), required=False, label="Categories", widget=forms.CheckboxSelectMultiple
    )
    tags = TagsField(
        max_length=5000,
        required=False,
        help_text="Separated by commas. Known tags are suggested as you write; a new name makes a new tag.",
    )
    publish_at = SlotField(
        required=False, label="Goes live", help_text=f"{_A_DAY} Nothing appears before it is approved."
    )

    class Meta:
        model = Tip
        fields = ["title", "slug", "body", "takeaway", "excerpt", "tags", "publish_at", "undated"]
        widgets = {"takeaway": AdminTextareaWidget({"rows": 3}), "excerpt": AdminTextareaWidget({"rows": 3})}
        help_texts = {
            "takeaway": "The closing moral, in one or a few sentences: shown after the body, not part of it.",
            "excerpt": "What lists show of the tip, in about 50 words. Left empty, it is the beginning of the"
            " body, and follows the body; what you write yourself stays.",
        }

    @property
    def media(self) -> forms.Media:
        quotes = Script("admin-desk/plain-quotes.js", type="module")
        return super().media + Media(js=[quotes], importmap=_EDITOR_MODULES)

    # Whatever Django's own form takes.
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
        if self.instance.pk:
            self.initial["in_categories"] = list(self.instance.categories.all())
        if body := self.fields.get("body"):
            # A script goes on counting while one writes.
            count = '{} <span class="count"><span data-word-count>{}</span> words now.</span>'
            body.help_text = format_html(count, body.help_text, contents.words(self.instance.body).total())

    def clean(self) -> None:
        super().clean()
        self._refuse_if_overtaken()
        for name in {"takeaway", "excerpt"} & self.cleaned_data.keys():
            # A browser sends line ends of its own; what nobody changed must stay what it was.
            self.cleaned_data[name] = self.cleaned_data[name].replace("\r\n", "\n")
        before = self.initial.get("body")
        only_body = {"body", "excerpt"}.intersection(self.changed_data) == {"body"}
        made = excerpts.excerpt(before or "")
        if before and only_body and folding.without_invisible(self.initial["excerpt"]) == made:
            # Nobody wrote the excerpt. Emptied here, it is made again from the new body on saving.
            self.cleaned_data["excerpt"] = ""

    def _refuse_if_overtaken(self) -> None:
        """Refuse a form that is older than the tip, and the button of a verb for a tip in another state."""
        if not self.instance.pk:
            return
        if "_verb" in self.data and self.data.get("seen_state", self.instance.state) != self.instance.state:
            self.add_error(None, str(preconditions.overtaken(self.instance)))
        if "seen_version" in self.data:
            self.since = history.since(self.instance, number_in(self.data["seen_version"]))
        if self.since:
            yours = "Yours is not saved, and nothing of it is lost: it stands below."
            then = "See what is different, take over what you want to keep, and save again."
            self.add_error(None, f"{saved(self.since[1])} {yours} {then}")

    def clean_slug(self) -> str:
        slug, title = self.cleaned_data["slug"], self.cleaned_data.get("title", "")
        if not slug or (not self.instance.pk and slug == slugify(title, slugs.LONGEST, accents=False)):
            # Nobody chose it: a number is added where another tip has it.
            slug = slugs.free(title, besides=self.instance.pk)
        if slug and slug != self.instance.slug:
            try:
                slugs.require_free(slug, besides=self.instance.pk, by=self.user)
            except Refused as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return slug

    def clean_body(self) -> str:
        try:
            source = self.cleaned_data["body"].replace("\r\n", "\n")
            cleaned = sanitiser.clean(source)
            self.left_out = left_out.sentences(source, cleaned)
            return image_store.with_image_sizes(cleaned)
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def clean_publish_at(self) -> datetime | None:
        when = self.cleaned_data["publish_at"]
        if when and "publish_at" in self.changed_data:
            if when <= timezone.now():
                raise forms.ValidationError(f"{dates.in_words(when)} has passed. Choose a later day or none.")
            queue_lock.refuse_in_form(self.instance, when, by=self.user)
        return when

    def clean_undated(self) -> bool:
        if self.cleaned_data["undated"] and self.cleaned_data.get("publish_at"):
            raise forms.ValidationError("An undated tip has no day. Empty “goes live”, or untick this.")
        return self.cleaned_data["undated"]


def saved(version: TipVersion) -> str:
    """Say who saved a version, and when."""
    return f"{history.who(version)} saved this tip on {dates.in_words(version.saved_at)}."


class OverrideForm(forms.Form):
    """Why somebody approves what they wrote part of."""

    override = forms.CharField(
        label="Reason",
        max_length=500,
        widget=AdminTextareaWidget({"rows": 3}),
        help_text="You wrote part of it since it was last approved, so somebody else should approve it. You"
        " may do so all the same: say why. Kept in the history.",
    )


class DayForm(forms.Form):
    """Another day for a tip."""

    when = SlotField(label="Goes live", help_text=_A_DAY)
