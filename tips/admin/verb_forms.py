"""What some verbs over a tip ask for: its editor, its due day, its URL."""

from typing import cast

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.auth.models import User
from django.http import QueryDict

from desk.names import PersonField
from tips.models import Tip
from tips.publishing import assignments, slugs


class AssignForm(forms.Form):
    """Which editor sees to a tip."""

    editor = PersonField(
        User.objects.none(), required=False, label="Editor", empty_label="Nobody: whoever comes first"
    )

    def __init__(self, tip: Tip, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"editor": tip.editor_id})
        field = cast(PersonField, self.fields["editor"])
        field.queryset = assignments.editors()


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
