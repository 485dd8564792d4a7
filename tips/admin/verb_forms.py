"""What some verbs over a tip ask for: its editor, its due day, its URL."""

from typing import cast

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.auth.models import User
from django.http import QueryDict

from desk.names import PersonField
from tips.models import Huddle, Series, SeriesPart, Tip
from tips.models.huddles import LONGEST_QUESTIONS, LONGEST_ROLE_PLAY
from tips.publishing import assignments, slugs
from tips.text import promotions


class AssignForm(forms.Form):
    """Which editor sees to a tip."""

    editor = PersonField(
        User.objects.none(), required=False, label="Editor", empty_label="Nobody: whoever comes first"
    )

    def __init__(self, tip: Tip, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"editor": tip.editor_id})
        field = cast(PersonField, self.fields["editor"])
        field.queryset = assignments.editors()


class PartForm(forms.Form):
    """Which part of which series a tip is."""

    series = forms.ModelChoiceField(Series.objects.all(), required=False, empty_label="In no series")
    place = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=200,
        label="Part",
        help_text="Its number; the parts behind it move by one. Left empty, it is the last.",
    )

    def __init__(self, tip: Tip, data: QueryDict | None = None) -> None:
        part = SeriesPart.objects.filter(tip=tip).first()
        super().__init__(data, initial={"series": part.series_id, "place": part.place} if part else {})


class HuddleForm(forms.Form):
    """What a writer adds to the sheet for a team's meeting."""

    questions = forms.CharField(
        required=False,
        max_length=LONGEST_QUESTIONS,
        widget=forms.Textarea({"rows": 4}),
        label="Three questions, one a line",
        help_text="Left empty, three stand there that fit every tip.",
    )
    role_play = forms.CharField(
        required=False,
        max_length=LONGEST_ROLE_PLAY,
        widget=forms.Textarea({"rows": 3}),
        label="A role play of two minutes",
        help_text="Who plays whom, and what happens. Left empty, one stands there that fits every tip.",
    )

    def __init__(self, tip: Tip, data: QueryDict | None = None) -> None:
        own = Huddle.objects.filter(pk=tip.pk).first() or Huddle()
        super().__init__(data, initial={"questions": own.questions, "role_play": own.role_play})


class OldNoticesForm(forms.Form):
    """Which of the old notices in its text a tip shows all the same."""

    sorts = forms.MultipleChoiceField(required=False, label="Show", widget=forms.CheckboxSelectMultiple)

    def __init__(self, tip: Tip, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"sorts": tip.kept_notices.split()})
        found = {each.sort: each.words for each in promotions.at_the_end(tip.body)}
        field = cast(forms.MultipleChoiceField, self.fields["sorts"])
        field.choices = list(found.items())


class DueDayForm(forms.Form):
    """By which day a draft is to be submitted."""

    day = forms.DateField(
        required=False,
        label="Due",
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text="The day by which it is to be submitted. Empty: no day.",
    )

    def __init__(self, tip: Tip, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"day": tip.due_on})


class SlugForm(forms.Form):
    """Another last part of a tip's URL."""

    slug = forms.CharField(
        label="New address",
        max_length=slugs.LONGEST,
        widget=AdminTextInputWidget,
        help_text="The last part of it: small letters, digits and hyphens, such as “thank-you-notes”.",
    )
