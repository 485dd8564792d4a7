"""What helps whoever writes a tip: earlier tips like it, known tags, work that survives a closed tab."""

import re

from django.conf import settings
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import URLPattern, reverse

from desk.pages import Context, StaffRequest, route
from tips import permissions
from tips.admin.pages import moment_of, state_of, tip_or_404, tip_page
from tips.models import Tag, Tip
from tips.publishing import tagging
from tips.search import similar

# Names the draft in the browser that a saved form came from, for the next page to throw away.
SAVED_COOKIE = "saved_draft"
_DRAFT = re.compile(r"[a-z0-9]{8,40}")


def urls(tip_admin: ModelAdmin) -> list[URLPattern]:
    return [
        route(tip_admin, "earlier/", earlier_view, "tips_tip_earlier_new"),
        route(tip_admin, "<int:pk>/earlier/", earlier_view, "tips_tip_earlier"),
        route(tip_admin, "tag-suggestions/", tag_suggestions, "tips_tip_tag_suggestions"),
    ]


def earlier_view(tip_admin: ModelAdmin, request: StaffRequest, pk: int | None = None) -> HttpResponse:
    """Show the earlier tips with much the same text as the posted form: a part of a page for the script.

    Nothing is saved. Authors find published tips and their own.
    """
    tip = tip_or_404(tip_admin, request, pk) if pk is not None else None
    if tip is None and not tip_admin.has_add_permission(request):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    title, body, takeaway = (
        request.POST.get(name, "")[: settings.DATA_UPLOAD_MAX_MEMORY_SIZE]
        for name in ("title", "body", "takeaway")
    )
    author = None if request.user.has_perm(permissions.CHANGE_ANY) else request.user.pk
    alike = similar.duplicates(title, body, takeaway, exclude=pk, author=author)
    response = tip_page(
        request,
        "_earlier" if "part" in request.POST else "earlier",
        "Have we run this before?",
        original=tip,
        earlier=[
            {
                "tip": other,
                "figure": figure,
                "url": reverse("admin:tips_tip_change", args=[other.pk])
                if author in (None, other.author_id)
                else other.get_absolute_url(),
                "state": state_of(other),
                "when": moment_of(other),
            }
            for other, figure in alike
        ],
        fewest=similar.FEWEST_WORDS,
    )
    response["Cache-Control"] = "private, no-store"
    return response


def tag_suggestions(tip_admin: ModelAdmin, request: StaffRequest) -> JsonResponse:
    """Return the names of known tags that hold ``q``, those that begin with it first, as JSON."""
    if not (tip_admin.has_add_permission(request) or tip_admin.has_change_permission(request)):
        raise PermissionDenied
    part = tagging.key(request.GET.get("q", "")[:100])
    names = [name for name in Tag.objects.values_list("name", flat=True) if part in tagging.key(name)]
    names.sort(key=lambda name: (not tagging.key(name).startswith(part), tagging.key(name)))
    return JsonResponse({"names": names[:10] if part else []})


def form_context(request: HttpRequest, tip: Tip | None, form: BaseForm) -> Context:
    """Return what the scripts of a tip's form have to know; ``tip`` is None for a new one."""
    return {
        "earlier": reverse("admin:tips_tip_earlier", args=[tip.pk])
        if tip
        else reverse("admin:tips_tip_earlier_new"),
        "upload": reverse("admin:tips_tip_upload"),
        "key": f"{request.user.pk}:{tip.pk if tip else 'new'}",
        "version": tip.updated_at.isoformat() if tip else "",
        "typed": form.is_bound,
    }


def forget_draft(request: HttpRequest, response: HttpResponse) -> HttpResponse:
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
