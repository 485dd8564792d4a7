"""Previews in the desk: of what is typed, of what is saved, and links for somebody outside."""

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from desk.errors import NotPermitted, Refused
from tips.admin.forms import TagsField
from tips.models import Category, Tag
from tips.publishing import preview, tagging


class LinkForm(forms.Form):
    """For how long a link to a preview lasts."""

    days = forms.IntegerField(
        min_value=1, max_value=preview.MOST_DAYS, initial=preview.DAYS, label="Good for how many days"
    )


class PreviewMixin:
    """Gives the admin of tips its previews. What a person may not know of is not found there."""

    def get_urls(self):
        def as_readers(view):
            # Under the policy of readers' pages, which lets no script run; the desk's own would.
            return AdminSite.admin_view(self.admin_site, view)

        view = self.admin_site.admin_view
        return [
            path("preview/<slug:name>/", as_readers(self.preview_view), name="tips_tip_preview_new"),
            path("<int:pk>/preview/", as_readers(self.preview_view), {"name": "page"}),
            path("<int:pk>/preview/<slug:name>/", as_readers(self.preview_view), name="tips_tip_preview"),
            path("<int:pk>/links/", view(self.links_view), name="tips_tip_links"),
            path("<int:pk>/links/<int:link>/revoke/", view(self.revoke_view), name="tips_tip_revoke_link"),
            *super().get_urls(),
        ]

    def preview_view(self, request, name, pk=None):
        """Show what the form holds (POST), or what is saved (GET), as its readers would see it."""
        kind = preview.PREVIEWS.get(name)
        saved = self.own(request, pk) if pk is not None else None
        if kind is None:
            raise Http404("There is no such preview.")
        if saved is None and not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return preview.never_cached(kind.render(request, self._typed(request, saved)))
        if saved is None:
            return HttpResponseNotAllowed(["POST"])
        return preview.never_cached(kind.render(request, saved))

    def _typed(self, request, saved):
        """Return the tip that the posted form would make; a faulty value does not keep the rest from view."""
        numbers = [each for each in request.POST.getlist("in_categories") if each.isdecimal()][:100]
        categories = Category.objects.filter(pk__in=[each for each in numbers if len(each) < 19])
        try:
            names = TagsField(required=False).clean(request.POST.get("tags", ""))
        except ValidationError:
            names = []
        known = {tagging.key(tag.name): tag for tag in Tag.objects.all()} if names else {}
        tags = [
            known.get(tagging.key(name)) or Tag(name=name, slug=tagging.slug_for(name) or "tag")
            for name in names
        ]
        return preview.unsaved(request.POST, categories=list(categories), tags=tags, like=saved)

    def links_view(self, request, pk):
        """List the links to a tip's preview, and make one on POST."""
        tip = self.own(request, pk)
        form = LinkForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                preview.make_link(tip, by=request.user, days=form.cleaned_data["days"])
            except NotPermitted:
                raise
            except Refused as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
            else:
                self.message_user(
                    request, "The link is made. Copy it and send it to whoever should read the tip."
                )
            return HttpResponseRedirect(reverse("admin:tips_tip_links", args=[tip.pk]))
        links = [
            (link, request.build_absolute_uri(preview.address(link)) if link.is_live else "")
            for link in tip.preview_links.select_related("made_by").order_by("-made_at", "-pk")[:100]
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": tip,
            "title": f"Preview links: {tip}",
            "links": links,
            "form": form,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/tips/tip/links.html", context)

    def revoke_view(self, request, pk, link):
        """End a link."""
        tip = self.own(request, pk)
        found = tip.preview_links.filter(pk=link).first()
        if found is None:
            raise Http404("There is no such link.")
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        preview.revoke_link(found, by=request.user)
        self.message_user(request, "The link is revoked: it leads nowhere from now on.")
        return HttpResponseRedirect(reverse("admin:tips_tip_links", args=[tip.pk]))

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        # Who may only read has no form to post; “Preview as saved” is theirs too.
        may_write = obj is None or self.has_change_permission(request, obj)
        context["previews"] = may_write and [
            (
                kind,
                reverse("admin:tips_tip_preview", args=[obj.pk, kind.name])
                if obj
                else reverse("admin:tips_tip_preview_new", args=[kind.name]),
            )
            for kind in preview.PREVIEWS.values()
        ]
        return super().render_change_form(request, context, add, change, form_url, obj)
