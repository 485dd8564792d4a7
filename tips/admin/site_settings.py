"""The owner's settings in the admin: one row, and so no list."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from desk.concurrent_forms import ConcurrentForm
from desk.errors import Refused
from desk.forms import SavedAtOnce
from desk.lists import TitledList
from desk.pages import Context, staff_of
from tips import image_store
from tips.models import Image, SiteSettings
from tips.publishing import site_settings


class SiteSettingsForm(ConcurrentForm):
    picture = forms.FileField(
        label="Another picture",
        required=False,
        help_text="JPEG, PNG, WebP or GIF, up to 20 MB.",
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/webp,image/gif"}),
    )
    without_picture = forms.BooleanField(label="No picture", required=False)

    class Meta:
        model = SiteSettings
        fields = ["tagline", "host", "host_line", "home_url", "signup_heading", "signup_promise"]


@admin.register(SiteSettings)
class SiteSettingsAdmin(SavedAtOnce, TitledList):
    """The form of the settings; the list leads to it."""

    form = SiteSettingsForm
    readonly_fields = ["present_picture"]
    fieldsets = [
        ("What this is, and whose", {"fields": ["tagline", "host", "host_line", "home_url"]}),
        ("Picture", {"fields": ["present_picture", "picture", "without_picture"]}),
        ("The words of the sign-up", {"fields": ["signup_heading", "signup_promise"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Context | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        SiteSettings.objects.get_or_create(pk=1)
        return HttpResponseRedirect(reverse("admin:tips_sitesettings_change", args=[1]))

    @admin.display(description="present picture")
    def present_picture(self, site: SiteSettings) -> SafeString | str:
        if not site.picture_url:
            return "None"
        return format_html('<img src="{}" alt="" width="96" height="96">', site.picture_url)

    def save_model(self, request: HttpRequest, obj: SiteSettings, form: forms.Form, change: bool) -> None:
        file: File[bytes] | None = form.cleaned_data.get("picture")
        picture: Image | None = None
        if file:
            try:
                picture = image_store.save_upload(file, by=staff_of(request))
            except Refused as refusal:
                self.message_user(request, f"The picture was not taken. {refusal}", "error")
        site_settings.save(obj, picture, without_picture=bool(form.cleaned_data.get("without_picture")))
