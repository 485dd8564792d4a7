"""Pictures in the desk: taken from the editor's dialog, or on a page of their own where no script runs."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html

from desk.errors import Refused
from tips import images
from tips.models import Image

LATEST = 12


class PictureForm(forms.Form):
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
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="What it shows, in a sentence, for those who cannot see it.",
    )


class ImagesMixin:
    """Gives the admin of tips its pictures."""

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("pictures/", view(self.pictures_view), name="tips_tip_pictures"),
            path("pictures/upload/", view(self.upload_view), name="tips_tip_upload"),
            *super().get_urls(),
        ]

    def upload_view(self, request):
        """Take a picture (POST, ``file``); answer in JSON: its address and measures, or why not."""
        self._require_writer(request)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        file = request.FILES.get("file")
        if file is None:
            return JsonResponse({"error": "Choose a picture first."}, status=400)
        try:
            image = images.take(file, by=request.user)
        except Refused as refusal:
            return JsonResponse({"error": str(refusal)}, status=400)
        return JsonResponse({"src": image.address, "width": image.width, "height": image.height})

    def pictures_view(self, request):
        """Take a picture by a plain form, and show what to write into a tip's body to have it there."""
        self._require_writer(request)
        form = PictureForm(request.POST or None, request.FILES or None)
        image, snippet, alt = None, "", ""
        if request.method == "POST" and form.is_valid():
            try:
                image = images.take(form.cleaned_data["file"], by=request.user)
            except Refused as refusal:
                form.add_error("file", str(refusal))
            else:
                alt, form = form.cleaned_data["alt"], PictureForm()
                snippet = format_html(
                    '<img src="{}" alt="{}" width="{}" height="{}">',
                    image.address,
                    alt,
                    image.width,
                    image.height,
                )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Pictures",
            "form": form,
            "image": image,
            "snippet": snippet,
            "alt": alt,
            "latest": Image.objects.filter(uploaded_by=request.user).order_by("-uploaded_at", "pk")[:LATEST],
        }
        return TemplateResponse(request, "admin/tips/tip/pictures.html", context)

    def _require_writer(self, request):
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
