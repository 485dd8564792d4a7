"""Pictures in the admin: taken from the editor's dialog, or on a page of their own where no script runs."""

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.http import HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from desk.errors import Refused
from desk.pages import Context, StaffRequest
from tips import image_store
from tips.admin.pages import require_any, tip_page
from tips.publishing import pictures

_SNIPPET = '<img src="{}" alt="{}" width="{}" height="{}">'
_WITH_CAPTION = "<figure>{}<figcaption>{}</figcaption></figure>"


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
    caption = forms.CharField(
        max_length=300,
        required=False,
        widget=AdminTextInputWidget,
        help_text="What stands below it for everybody. Left empty, nothing does.",
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
            answers = form.cleaned_data
            image = image_store.save_upload(answers["file"], by=request.user)
            taken = pictures.Found(image, answers["alt"], answers["caption"])
            form, context = ImageForm(), {"taken": taken, "snippet": _snippet(taken)}
        except Refused as refusal:
            form.add_error("file", str(refusal))
    query = request.GET.get("q", "")
    found = [(each, _snippet(each)) for each in pictures.library(request.user, query)]
    return tip_page(request, "pictures", "Pictures", form=form, query=query, found=found, **context)


def library_view(request: StaffRequest) -> JsonResponse:
    """Return the pictures to use again as JSON, narrowed by the words in ``q``."""
    require_any(request, "add", "change")
    found = [
        {
            "src": each.image.url,
            "width": each.image.width,
            "height": each.image.height,
            "alt": each.alt,
            "caption": each.caption,
            "title": each.title,
        }
        for each in pictures.library(request.user, request.GET.get("q", ""))
    ]
    return JsonResponse({"pictures": found}, headers={"Cache-Control": "private, no-store"})


def _snippet(found: pictures.Found) -> SafeString:
    """Return the HTML that shows a picture in a body, with its caption where it has one."""
    image = format_html(_SNIPPET, found.image.url, found.alt, found.image.width, found.image.height)
    return format_html(_WITH_CAPTION, image, found.caption) if found.caption else image
