"""The form of a tip with its categories, tags and day, and what the verbs over it ask for."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminTextareaWidget
from django.contrib.auth.models import User
from django.forms.utils import ErrorDict
from django.forms.widgets import Script
from django.http import QueryDict
from js_asset import ImportMap, Media

from desk.concurrent_forms import Carried, ConcurrentForm
from desk.errors import Refused, WrongState
from desk.pages import number_in
from tips import dates
from tips.admin.fields import SlotField, TagsField, WeekWidget
from tips.admin.week_choices import choices
from tips.models import WRITTEN, Category, Tip, TipVersion
from tips.publishing import history, labelling, pictures, preconditions, queue_steps, slugs
from tips.schedule import queue_lock
from tips.text import excerpts, folding, left_out, plain_to_html, sanitiser
from tips.text.slugify import slugify

_A_DAY = f"In {dates.site_place()}. A day alone means {dates.clock(settings.SLOT_TIME)} on that day."

# The names by which the scripts of the editor import each other.
EDITOR_MODULES = ImportMap(
    {
        f"admin-desk/{name}": f"admin-desk/{name}.js"
        for name in (
            "dialogs icons link-targets links passages paste-conversion paste-lists paste-notes paste-source"
            " paste-spaces picture-dialog places quotes suggestions tables"
        ).split()
    }
)


class TipForm(ConcurrentForm):
    # Who fills it in: a class attribute, since Django's admin makes a class of it for each request.
    user: User
    # The version that the form was opened on, None where it is not known; and the newest, if that is another.
    since: tuple[TipVersion | None, TipVersion] | None = None
    # The approved tips that the chosen day moves: (title, from, to); and what confirms just these moves.
    displaced: Sequence[tuple[str, datetime, datetime]] = ()
    displacement = ""
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
        required=False,
        label="Goes live",
        widget=WeekWidget,
        help_text=f"{_A_DAY} Nothing appears before it is approved.",
    )

    class Meta:
        model = Tip
        fields = [*WRITTEN, "slug", "tags", "publish_at", "undated"]
        widgets = {
            # A long title is shown in two lines; it is one line all the same.
            "title": forms.Textarea({"rows": 1, "placeholder": "Title"}),
            "takeaway": forms.Textarea({"rows": 2, "placeholder": "What to remember, in a sentence or two"}),
            "excerpt": forms.Textarea({"rows": 3}),
            "mail_subject": forms.TextInput(),
            "preheader": forms.TextInput(),
            "slug": forms.TextInput({"placeholder": "made from the title"}),
        }
        error_messages = {"title": {"required": "Give it a title."}}
        help_texts = {
            "takeaway": "The closing moral, in one or a few sentences: shown after the body, not part of it.",
            "excerpt": "What lists show of the tip, in about 50 words. Left empty, it is the beginning of the"
            " body, and follows the body; what you write yourself stays.",
        }

    @property
    def media(self) -> forms.Media:
        quotes = Script("admin-desk/plain-quotes.js", type="module")
        return super().media + Media(js=[quotes], importmap=EDITOR_MODULES)

    # An unsaved text that the page opens with, as a browser would send it: set as ``user`` is.
    brought_back: QueryDict | None = None

    # The slot for which a new tip is begun: set in the same way.
    begun_for: datetime | None = None

    # Whatever Django's own form takes.
    def __init__(self, data: QueryDict | None = None, *args: Any, **kwargs: Any) -> None:
        self.is_brought_back = data is None and self.brought_back is not None
        super().__init__(self.brought_back if data is None else data, *args, **kwargs)
        if self.is_brought_back:
            # Shown as it was typed, and judged when it is sent.
            vars(self)["_errors"] = ErrorDict()
        if "slug" in self.fields:
            self.fields["slug"].required = False
        if not self.instance.pk and not self.is_bound:
            # One came to write.
            self.fields["title"].widget.attrs["autofocus"] = True
        if "publish_at" in self.fields:
            cast(WeekWidget, self.fields["publish_at"].widget).offer = partial(choices, self.instance)
            if self.begun_for:
                self.initial["publish_at"] = self.begun_for
        if self.instance.pk:
            self.initial["in_categories"] = list(self.instance.categories.all())

    def carried(self, name: str, value: object) -> Carried:
        """Carry of a body what tells it from another: the page holds its text already."""
        carried = super().carried(name, value)
        is_body = name == "body" and isinstance(carried, str)
        return sha256(str(carried).encode()).hexdigest() if is_body else carried

    def key_of(self, name: str, value: object) -> str:
        return folding.column_key(str(value)) if name == "tags" else super().key_of(name, value)

    def cleaned_of(self, name: str) -> object:
        return [tag.name for tag in self.initial["tags"]] if name == "tags" else super().cleaned_of(name)

    def merged(self, name: str, keys: list[str]) -> object:
        if name != "tags":
            return super().merged(name, keys)
        names = [*self.cleaned_data["tags"], *(tag.name for tag in self.initial["tags"])]
        by_key = {folding.column_key(each): each for each in names}
        return [by_key[key] for key in keys]

    def in_words(self, name: str, value: object) -> str:
        return dates.short(value) if isinstance(value, datetime) else super().in_words(name, value)

    def difference(self, name: str, theirs: object, mine: object) -> object:
        if name not in WRITTEN or not isinstance(mine, str):
            return None
        return {
            "template": "admin/tips/tip/_difference.html",
            "parts": [history.text_part(name, str(theirs), mine)],
        }

    def colleague(self) -> str:
        """Return who saved the text last, if that is newer than what the page showed; else by the log."""
        return history.who(self.since[1]) if self.since else super().colleague()

    def clean(self) -> dict[str, Any] | None:
        if self.is_of_a_row and "seen_version" in self.data:
            self.since = history.since(self.instance, number_in(self.data["seen_version"]))
        cleaned = super().clean()
        self._refuse_if_overtaken()
        self._refuse_day()
        if self.is_of_a_row and "in_categories" in self.changed_data and "in_categories" not in self.errors:
            try:
                labelling.require_category_left(self.instance, list(self.cleaned_data["in_categories"]))
            except Refused as refusal:
                self.add_error("in_categories", str(refusal))
        for name in {"takeaway", "excerpt"} & self.cleaned_data.keys():
            # A browser sends line ends of its own; what nobody changed must stay what it was.
            self.cleaned_data[name] = self.cleaned_data[name].replace("\r\n", "\n")
        before = self.initial.get("body")
        only_body = {"body", "excerpt"}.intersection(self.changed_data) == {"body"}
        made = excerpts.excerpt(before or "")
        if before and only_body and folding.without_invisible(self.initial["excerpt"]) == made:
            # Nobody wrote the excerpt. Emptied here, it is made again from the new body on saving.
            self.cleaned_data["excerpt"] = ""
        return cleaned

    def _refuse_if_overtaken(self) -> None:
        """Refuse what is older than the tip and cannot be merged with it: the button of a verb above all.

        Who presses “Approve” approves what the page showed, and nothing that came since.
        """
        if not self.is_of_a_row:
            return
        is_verb, state = "_verb" in self.data, self.instance.state
        if is_verb and (self.is_older or self.data.get("seen_state", state) != state):
            self.add_error(None, str(preconditions.overtaken(self.instance)))
        elif not self.sent.is_known and self.since and self.changed_data:
            self.add_error(None, f"{saved(self.since[1])} Open it again, and write into what is there now.")
        gone = [name for name in ("slug", "publish_at", "undated") if self._is_settled_wish(name)]
        if gone:
            labels = ", ".join(f"“{TipForm.base_fields[name].label or name}”" for name in gone)
            now = f"The tip is {self.instance.get_state_display().lower()} now"
            self.add_error(None, f"{now}, and {labels} cannot be changed here any more. Save again without.")

    def _is_settled_wish(self, name: str) -> bool:
        """Tell whether somebody filled in a field that the form had, and now that the tip moved on has not.

        The page that is shown again has it no more.
        """
        if name in self.fields or (shown := self.sent.fields.get(name)) is None:
            return False
        field = TipForm.base_fields[name]
        try:
            mine = field.clean(field.widget.value_from_datadict(self.data, self.files, name) or "")
        except forms.ValidationError:
            return True
        del self.sent.fields[name]
        return self.carried(name, mine or (False if name == "undated" else "")) != shown

    def _refuse_day(self) -> None:
        """Refuse a day that this person chose, and that no tip can have; ask before it moves others."""
        when, undated = self.cleaned_data.get("publish_at"), self.cleaned_data.get("undated")
        # A new tip may have been begun for a week.
        is_wish = bool({"publish_at", "undated"} & {*self.changed_data} or (when and not self.instance.pk))
        if not is_wish or "publish_at" in self.errors:
            return
        if when and undated:
            self.add_error("undated", "An undated tip has no day. Empty “goes live”, or untick this.")
            return
        # From here to the end of the form's transaction nobody else changes the queue.
        forecast = queue_lock.QueueSession(queue_lock.lock(), self.user).forecast()
        try:
            if when and when != self.instance.publish_at:
                if when <= forecast.now:
                    raise WrongState(f"{dates.short(when)} has passed. Choose a later day or none.")
                forecast.refuse_taken(self.instance, when)
            tip = self.instance
            moves = forecast.pinned(tip, when) if when else forecast.without(tip)
        except Refused as refusal:
            self.add_error("publish_at", str(refusal))
            return
        self.displaced = [(tip.title, *moments) for tip, moments in moves.items()]
        self.displacement = queue_steps.moves_key(moves)
        if moves and self.data.get("displace") != self.displacement:
            self.add_error(
                "publish_at", "This moves other tips. Confirm it above the text, or choose another day."
            )

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
            if not sanitiser.holds_tags(source):
                # Written without the editor, for want of scripts.
                source = plain_to_html.from_text(source)
            cleaned = sanitiser.clean(source)
            self.left_out = left_out.sentences(source, cleaned)
            return pictures.with_image_sizes(cleaned)
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


def saved(version: TipVersion) -> str:
    """Say who saved a version, and when."""
    return f"{history.who(version)} saved this tip on {dates.short(version.saved_at)}."


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

    when = SlotField(
        label="Goes live",
        help_text=_A_DAY,
        widget=forms.SplitDateTimeWidget(
            date_attrs={"type": "date", "aria-label": "Day"},
            time_attrs={"type": "time", "aria-label": "Time"},
            date_format="%Y-%m-%d",
            time_format="%H:%M",
        ),
    )
