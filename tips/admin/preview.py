"""Previews in the admin: of what is typed, of what is saved, and links for somebody outside."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from desk.pages import StaffRequest, number_in
from desk.verbs import refusals_told
from tips.admin.forms import TagsField
from tips.admin.pages import tip_or_404, tip_or_new, tip_page
from tips.models import Category, Tag, Tip
from tips.publishing import preview, tagging
from tips.text import folding


class LinkForm(forms.Form):
    """For how long a link to a preview lasts."""

    days = forms.IntegerField(
        min_value=1, max_value=preview.MOST_DAYS, initial=preview.DAYS, label="Good for how many days"
    )


def preview_view(request: StaffRequest, name: str = "page", pk: int | None = None) -> HttpResponse:
    """Show what the form holds (POST), or what is saved (GET), as its readers would see it."""
    saved = tip_or_new(request, pk)
    if (kind := preview.PREVIEWS.get(name)) is None:
        raise Http404("There is no such preview.")
    shown = typed(request, saved) if request.method == "POST" else saved
    if shown is None:
        return HttpResponseNotAllowed(["POST"])
    return preview.never_cached(kind.render(request, shown))


def typed(request: StaffRequest, saved: Tip | None) -> Tip:
    """Return the tip that the posted form would make; a faulty value does not keep the rest from view."""
    numbers = map(number_in, request.POST.getlist("in_categories")[:100])
    try:
        names = TagsField(required=False).clean(request.POST.get("tags", ""))
    except ValidationError:
        names = []
    known = Tag.objects.by_names(names)
    tags = [
        known.get(folding.column_key(name)) or Tag(name=name, slug=tagging.slug_for(name)) for name in names
    ]
    categories = list(Category.objects.filter(pk__in=numbers))
    return preview.unsaved(request.POST, categories=categories, tags=tags, like=saved)


def links_view(request: StaffRequest, pk: int) -> HttpResponse:
    """List the links to a tip's preview, and make one on POST."""
    tip, form = tip_or_404(request, pk), LinkForm(request.POST or None)
    if form.is_valid():
        with refusals_told(request):
            preview.make_link(tip, by=request.user, days=form.cleaned_data["days"])
            messages.info(request, "The link is made. Copy it and send it to whoever should read the tip.")
        return redirect("admin:tips_tip_links", tip.pk)
    links = [
        (link, request.build_absolute_uri(preview.url(link)) if link.is_live else "")
        for link in tip.preview_links.select_related("made_by").order_by("-made_at", "-pk")[:100]
    ]
    return tip_page(request, "links", "Preview links", tip, links=links, form=form)


def revoke_view(request: StaffRequest, pk: int, link_pk: int) -> HttpResponse:
    """End a link."""
    tip = tip_or_404(request, pk)
    link = get_object_or_404(tip.preview_links, pk=link_pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    preview.revoke_link(link, by=request.user)
    messages.info(request, "The link is revoked: it leads nowhere from now on.")
    return redirect("admin:tips_tip_links", tip.pk)


def form_context(tip: Tip | None) -> list[tuple[preview.Preview, str]]:
    """Return each preview of what a tip's form holds, with its URL."""
    saved = [tip.pk] if tip else []
    previews = preview.PREVIEWS.items()
    return [(kind, reverse("admin:tips_tip_preview", args=[*saved, name])) for name, kind in previews]
