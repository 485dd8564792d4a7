"""Pictures in the admin: taken from the editor's dialog, or on a page of their own where no script runs."""

from django import forms
from django.contrib.admin import ModelAdmin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import URLPattern
from django.utils.html import format_html

from desk.errors import Refused
from desk.pages import StaffRequest, route
from tips import images
from tips.admin.pages import tip_page
from tips.models import Image


class ImageForm(forms.Form):
    """A picture and what it shows."""

    file = forms.FileField(
        label="Picture",
        help_text="JPEG, PNG, WebP or GIF, up to 20 MB. It is made to fit, and freed of all that says where"
        " and by whom it was taken.",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
    )
    alt = forms.CharField(
        label="Alternative text",
        max_length=300,
        widget=AdminTextInputWidget,
        help_text="What it shows, in a sentence, for those who cannot see it.",
    )


def urls(tip_admin: ModelAdmin) -> list[URLPattern]:
    return [
        route(tip_admin, "pictures/", images_view, "tips_tip_pictures"),
        route(tip_admin, "pictures/upload/", upload_view, "tips_tip_upload"),
    ]


def upload_view(tip_admin: ModelAdmin, request: StaffRequest) -> HttpResponse:
    """Take a picture (POST, ``file``); answer in JSON: its URL and measures, or why not."""
    _require_writer(tip_admin, request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    file = request.FILES.get("file")
    if file is None:
        return JsonResponse({"error": "Choose a picture first."}, status=400)
    try:
        image = images.save_upload(file, by=request.user)
    except Refused as refusal:
        return JsonResponse({"error": str(refusal)}, status=400)
    return JsonResponse({"src": image.url, "width": image.width, "height": image.height})


def images_view(tip_admin: ModelAdmin, request: StaffRequest) -> HttpResponse:
    """Take a picture by a plain form, and show what to write into a tip's body to have it there."""
    _require_writer(tip_admin, request)
    form = ImageForm(request.POST or None, request.FILES or None)
    image, snippet, alt = None, "", ""
    if request.method == "POST" and form.is_valid():
        try:
            image = images.save_upload(form.cleaned_data["file"], by=request.user)
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            alt, form = form.cleaned_data["alt"], ImageForm()
            template = '<img src="{}" alt="{}" width="{}" height="{}">'
            snippet = format_html(template, image.url, alt, image.width, image.height)
    latest = Image.objects.filter(uploaded_by=request.user).order_by("-uploaded_at", "pk")[:12]
    context = {"form": form, "image": image, "snippet": snippet, "alt": alt, "latest": latest}
    return tip_page(request, "pictures", "Pictures", **context)


def _require_writer(tip_admin: ModelAdmin, request: StaffRequest) -> None:
    if not (tip_admin.has_add_permission(request) or tip_admin.has_change_permission(request)):
        raise PermissionDenied
