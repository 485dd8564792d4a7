"""Pictures in the admin: taken from the editor's dialog, or on a page of their own where no script runs."""

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.http import HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.html import format_html

from desk.errors import Refused
from desk.pages import Context, StaffRequest
from tips import image_store
from tips.admin.pages import require_any, tip_page
from tips.models import Image

_SNIPPET = '<img src="{}" alt="{}" width="{}" height="{}">'


class ImageForm(forms.Form):
    """A picture and what it shows."""

    file = forms.FileField(
        label="Picture",
        help_text="JPEG, PNG, WebP or GIF, up to 20 MB. It is made to fit; what says where and by whom it was"
        " taken is removed.",
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/webp,image/gif"}),
    )
    alt = forms.CharField(
        label="Alternative text",
        max_length=300,
        widget=AdminTextInputWidget,
        help_text="What it shows, in a sentence, for those who cannot see it.",
    )


def upload_view(request: StaffRequest) -> HttpResponse:
    """Take a picture (POST, ``file``); answer in JSON: its URL and measures, or why not."""
    require_any(request, "add", "change")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        if not (file := request.FILES.get("file")):
            raise Refused("Choose a picture first.")
        image = image_store.save_upload(file, by=request.user)
    except Refused as refusal:
        return JsonResponse({"error": str(refusal)}, status=400)
    return JsonResponse({"src": image.url, "width": image.width, "height": image.height})


def images_view(request: StaffRequest) -> HttpResponse:
    """Take a picture by a plain form, and show what to write into a tip's body to have it there."""
    require_any(request, "add", "change")
    form, context = ImageForm(request.POST or None, request.FILES or None), Context()
    if form.is_valid():
        try:
            file, alt = form.cleaned_data["file"], form.cleaned_data["alt"]
            image = image_store.save_upload(file, by=request.user)
            snippet = format_html(_SNIPPET, image.url, alt, image.width, image.height)
            form, context = ImageForm(), {"image": image, "alt": alt, "snippet": snippet}
        except Refused as refusal:
            form.add_error("file", str(refusal))
    latest = Image.objects.filter(uploaded_by=request.user).order_by("-uploaded_at", "pk")[:12]
    return tip_page(request, "pictures", "Pictures", form=form, latest=latest, **context)
