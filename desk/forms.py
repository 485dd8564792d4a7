"""What several pages ask for, and forms that two people save at one moment."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from desk.errors import Refused
from desk.pages import Context


class ReasonForm(forms.Form):
    """Why a verb is done."""

    reason = forms.CharField(
        max_length=500,
        widget=AdminTextareaWidget({"rows": 3}),
        help_text="Kept in the history.",
        error_messages={"required": "Give a reason. Nothing was changed."},
    )


class SavedAtOnce(admin.ModelAdmin):
    """A form that two people may save at one moment: whoever comes second is told what is in the way."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Context | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (IntegrityError, Refused):
            # Nothing of it is saved. Asked again, the form finds what it could not see before, and says so.
            pass
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(request.get_full_path())
