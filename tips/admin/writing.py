"""What helps whoever writes a tip: earlier tips like it, work that survives a closed tab, a new address."""

import re

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.forms.widgets import Script
from django.http import HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import path, reverse

from tips.admin import verbs
from tips.models import TipState
from tips.publishing import slugs, workflow
from tips.search import similar

# Names the draft in the browser that a saved form came from, for the next page to throw away.
SAVED_COOKIE = "saved_draft"
_DRAFT = re.compile(r"[a-z0-9]{8,40}")


class AddressForm(forms.Form):
    """Another address for a tip."""

    slug = forms.CharField(
        label="New address",
        max_length=slugs.LONGEST,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="The last part of it: small letters, digits and hyphens, such as “thank-you-notes”.",
    )


verbs.VERBS["change-address"] = verbs.Verb(
    label="Change its address",
    run=slugs.change,
    offered=lambda user, tip: (
        tip.state in (TipState.APPROVED, TipState.WITHDRAWN) and user.has_perm(workflow.CHANGE_ANY)
    ),
    follows="It stays where it is in the lists. Where readers knew the old address, it leads to the new one.",
    done="Its address is changed.",
    asks=True,
    form=AddressForm,
)


class WritingMixin:
    """Gives the form of a tip its helpers. Each works without a script too, but for the kept drafts."""

    class Media:
        js = [Script("admin-desk/writing.js", defer=True), Script("admin-desk/drafts.js", defer=True)]

    def get_urls(self):
        view = self.admin_site.admin_view(self.earlier_view)
        return [
            path("earlier/", view, name="tips_tip_earlier_new"),
            path("<int:pk>/earlier/", view, name="tips_tip_earlier"),
            *super().get_urls(),
        ]

    def earlier_view(self, request, pk=None):
        """Show the earlier tips that tell what the posted form tells: a part of a page for the script.

        Nothing is saved. Authors are told of published tips and of their own.
        """
        tip = self.own(request, pk) if pk is not None else None
        if tip is None and not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        texts = [request.POST.get(name, "")[: settings.DATA_UPLOAD_MAX_MEMORY_SIZE] for name in _TEXTS]
        sees_all = request.user.has_perm(workflow.CHANGE_ANY)
        found = similar.earlier(*texts, exclude=pk, author=None if sees_all else request.user.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": tip,
            "title": "Have we run this before?",
            "earlier": [self._as_listed(request, *each) for each in found],
            "fewest": similar.FEWEST_WORDS,
        }
        part = "_earlier" if "part" in request.POST else "earlier"
        response = TemplateResponse(request, f"admin/tips/tip/{part}.html", context)
        response["Cache-Control"] = "private, no-store"
        return response

    def _as_listed(self, request, tip, figure):
        address = reverse("admin:tips_tip_change", args=[tip.pk])
        if not request.user.has_perm(workflow.CHANGE_ANY) and tip.author_id != request.user.pk:
            address = tip.get_absolute_url()
        return {
            "tip": tip,
            "figure": figure,
            "address": address,
            "state": self.state_in_words(tip),
            "when": self.goes_live(tip),
        }

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        may_write = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if may_write:
            context["writing"] = {
                "earlier": reverse("admin:tips_tip_earlier", args=[obj.pk])
                if obj
                else reverse("admin:tips_tip_earlier_new"),
                "upload": reverse("admin:tips_tip_upload"),
                "key": f"{request.user.pk}:{obj.pk if obj else 'new'}",
                "version": obj.updated_at.isoformat() if obj else "",
                "typed": context["adminform"].form.is_bound,
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_add(self, request, obj, post_url_continue=None):
        return self._saved(request, super().response_add(request, obj, post_url_continue))

    def response_change(self, request, obj):
        return self._saved(request, super().response_change(request, obj))

    def _saved(self, request, response):
        """Let the next page know which draft in the browser is not needed any more."""
        draft = request.POST.get("_draft", "")
        if _DRAFT.fullmatch(draft):
            response.set_cookie(
                SAVED_COOKIE,
                draft,
                max_age=600,
                path=reverse("admin:index"),
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Strict",
            )
        return response


_TEXTS = ("title", "body", "takeaway")
