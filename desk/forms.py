"""What several pages ask for, and forms that two people save at one moment."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from desk.concurrent_forms import ConcurrentForm, kept_in_words
from desk.errors import Refused
from desk.pages import Context


class ReasonForm(forms.Form):
    """Why a verb is done."""

    reason = forms.CharField(
        max_length=500,
        widget=AdminTextareaWidget({"rows": 3}),
        help_text="Kept in the history.",
        error_messages={"required": "Give a reason."},
    )


class SavedAtOnce(admin.ModelAdmin):
    """A form that several people may have open, and two may save at one moment.

    Its form is a ``ConcurrentForm``; ImproperlyConfigured is raised for any other. Whoever comes second is
    told what is in the way.
    """

    form = ConcurrentForm

    def __init__(self, model: type[Model], admin_site: admin.AdminSite) -> None:
        if not issubclass(self.form, ConcurrentForm):
            raise ImproperlyConfigured(f"The form of {type(self).__name__} is no ConcurrentForm.")
        super().__init__(model, admin_site)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        """Return the object, or None. Locked while it is written: what is read of it then stays true."""
        obj = super().get_object(request, object_id, from_field)
        if obj is None or request.method != "POST" or not connection.in_atomic_block:
            return obj
        return self.get_queryset(request).select_for_update(of=("self",)).filter(pk=obj.pk).first()

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

    def save_form(self, request: HttpRequest, form: forms.ModelForm, change: bool) -> Model:
        """Say what a colleague changed since the page was opened, where that stays as it is."""
        if isinstance(form, ConcurrentForm) and form.kept:
            messages.info(request, kept_in_words(form.kept, form.colleague()))
        return super().save_form(request, form, change)
