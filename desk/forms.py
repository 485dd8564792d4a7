"""What several pages ask for."""

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget


class ReasonForm(forms.Form):
    """Why a verb is done."""

    reason = forms.CharField(
        max_length=500,
        widget=AdminTextareaWidget({"rows": 3}),
        help_text="Kept in the history.",
        error_messages={"required": "Give a reason. Nothing was changed."},
    )
