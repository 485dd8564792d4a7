"""Previews in the admin: of what is typed, of what is saved, and links for somebody outside."""

from functools import partial

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from desk.admin_site import scriptless
from desk.pages import StaffRequest, number_in, route
from desk.verbs import refusals_told
from tips.admin.forms import TagsField
from tips.admin.pages import tip_or_404, tip_page
from tips.models import Category, Tag, Tip
from tips.publishing import preview, tagging


class LinkForm(forms.Form):
    """For how long a link to a preview lasts."""

    days = forms.IntegerField(
        min_value=1, max_value=preview.MOST_DAYS, initial=preview.DAYS, label="Good for how many days"
    )


def urls(tip_admin: ModelAdmin) -> list[URLPattern]:
    view = scriptless(tip_admin.admin_site, partial(preview_view, tip_admin))
    return [
        path("preview/<slug:name>/", view, name="tips_tip_preview_new"),
        path("<int:pk>/preview/", view, {"name": "page"}),
        path("<int:pk>/preview/<slug:name>/", view, name="tips_tip_preview"),
        route(tip_admin, "<int:pk>/links/", links_view, "tips_tip_links"),
        route(tip_admin, "<int:pk>/links/<int:link_pk>/revoke/", revoke_view, "tips_tip_revoke_link"),
    ]


def preview_view(
    tip_admin: ModelAdmin, request: StaffRequest, name: str, pk: int | None = None
) -> HttpResponse:
    """Show what the form holds (POST), or what is saved (GET), as its readers would see it."""
    kind = preview.PREVIEWS.get(name)
    saved = tip_or_404(tip_admin, request, pk) if pk is not None else None
    if kind is None:
        raise Http404("There is no such preview.")
    if saved is None and not tip_admin.has_add_permission(request):
        raise PermissionDenied
    if request.method == "POST":
        return preview.never_cached(kind.render(request, _typed(request, saved)))
    if saved is None:
        return HttpResponseNotAllowed(["POST"])
    return preview.never_cached(kind.render(request, saved))


def _typed(request: StaffRequest, saved: Tip | None) -> Tip:
    """Return the tip that the posted form would make; a faulty value does not keep the rest from view."""
    numbers = map(number_in, request.POST.getlist("in_categories")[:100])
    try:
        names = TagsField(required=False).clean(request.POST.get("tags", ""))
    except ValidationError:
        names = []
    known = {tagging.key(tag.name): tag for tag in Tag.objects.all()} if names else {}
    tags = [
        known.get(tagging.key(name)) or Tag(name=name, slug=tagging.slug_for(name) or "tag") for name in names
    ]
    categories = list(Category.objects.filter(pk__in=numbers))
    return preview.unsaved(request.POST, categories=categories, tags=tags, like=saved)


def links_view(tip_admin: ModelAdmin, request: StaffRequest, pk: int) -> HttpResponse:
    """List the links to a tip's preview, and make one on POST."""
    tip = tip_or_404(tip_admin, request, pk)
    form = LinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_told(request):
            preview.make_link(tip, by=request.user, days=form.cleaned_data["days"])
            messages.info(request, "The link is made. Copy it and send it to whoever should read the tip.")
        return _to_links(tip)
    links = [
        (link, request.build_absolute_uri(preview.url(link)) if link.is_live else "")
        for link in tip.preview_links.select_related("made_by").order_by("-made_at", "-pk")[:100]
    ]
    return tip_page(request, "links", f"Preview links: {tip}", original=tip, links=links, form=form)


def revoke_view(tip_admin: ModelAdmin, request: StaffRequest, pk: int, link_pk: int) -> HttpResponse:
    """End a link."""
    tip = tip_or_404(tip_admin, request, pk)
    link = tip.preview_links.filter(pk=link_pk).first()
    if link is None:
        raise Http404("There is no such link.")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    preview.revoke_link(link, by=request.user)
    messages.info(request, "The link is revoked: it leads nowhere from now on.")
    return _to_links(tip)


def _to_links(tip: Tip) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:tips_tip_links", args=[tip.pk]))


def form_context(tip: Tip | None) -> list[tuple[preview.Preview, str]]:
    """Return each preview of what a tip's form holds, with its URL."""
    return [
        (
            kind,
            reverse("admin:tips_tip_preview", args=[tip.pk, name])
            if tip
            else reverse("admin:tips_tip_preview_new", args=[name]),
        )
        for name, kind in preview.PREVIEWS.items()
    ]
