"""What helps whoever writes a tip: earlier tips like it, known tags, work that survives a closed tab."""

import re

from django.conf import settings
from django.db.models import Q
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import reverse

from desk.pages import Context, StaffRequest
from tips import dates, permissions
from tips.admin.pages import moment_of, require_any, state_of, tip_or_new, tip_page
from tips.models import Tip, TipState
from tips.publishing import autosaving, tagging
from tips.search import similar
from tips.text import folding


def earlier_view(request: StaffRequest, pk: int | None = None) -> HttpResponse:
    """Show the earlier tips with much the same text as the posted form: a part of a page for the script.

    Nothing is saved. Authors find published tips and their own.
    """
    tip_or_new(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    longest = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    title, body, takeaway = (request.POST.get(name, "")[:longest] for name in ("title", "body", "takeaway"))
    author = None if request.user.has_perm(permissions.CHANGE_ANY) else request.user.pk
    earlier = []
    for other, score in similar.duplicates(title, body, takeaway, pk, author):
        is_theirs = author in (None, other.author_id)
        url = reverse("admin:tips_tip_change", args=[other.pk]) if is_theirs else other.get_absolute_url()
        earlier.append((other, score, url, state_of(other), moment_of(other)))
    context: Context = {"earlier": earlier, "fewest": similar.FEWEST_WORDS}
    response = tip_page(request, "earlier", "Have we run this before?", **context)
    response["Cache-Control"] = "private, no-store"
    return response


def tag_suggestions(request: StaffRequest) -> JsonResponse:
    """Return the names of known tags that hold ``q``, those that begin with it first, as JSON."""
    require_any(request, "add", "change")
    part = folding.key(request.GET.get("q", "")[:100])
    known = tagging.known_to(request.user)
    holding = known.filter(name_key__contains=part).values_list("name_key", "name") if part else ()
    # The database's own LIKE takes no notice of case, and an order of its own.
    found = sorted((not key.startswith(part), key, name) for key, name in holding if part in key)
    return _private({"names": [name for _, _, name in found[:10]]})


def link_suggestions(request: StaffRequest) -> JsonResponse:
    """Return the tips whose titles hold each word of ``q``, the latest first, as JSON: what a link needs.

    A link leads to what readers can see. Whoever may change all tips also finds what is approved for later.
    """
    require_any(request, "add", "change")
    words = re.findall(r"\w+", request.GET.get("q", "")[:100])
    tips = Tip.objects.published()
    if request.user.has_perm(permissions.CHANGE_ANY):
        tips = Tip.objects.filter(state=TipState.APPROVED)
    holding = tips.filter(*(Q(title__icontains=word) for word in words)) if words else tips.none()
    found = holding.newest_first().only("title", "slug", "publish_at")[:8]
    return _private(
        {
            "tips": [
                {
                    "title": tip.title,
                    "url": tip.get_absolute_url(),
                    "when": dates.short_day(tip.publish_at) if tip.publish_at else "undated",
                }
                for tip in found
            ]
        }
    )


def _private(answer: dict[str, object]) -> JsonResponse:
    """Return JSON that nothing keeps: the answers differ by who asks."""
    response = JsonResponse(answer)
    response["Cache-Control"] = "private, no-store"
    return response


def form_context(request: HttpRequest, tip: Tip | None, form: BaseForm) -> Context:
    """Return what the scripts of a tip's form have to know; ``tip`` is None for a new one."""
    return {
        "earlier": reverse("admin:tips_tip_earlier", args=[tip.pk] if tip else []),
        "upload": reverse("admin:tips_tip_upload"),
        "links": reverse("admin:tips_tip_link_suggestions"),
        "pictures": reverse("admin:tips_tip_library"),
        "key": f"{request.user.pk}:{tip.pk if tip else 'new'}",
        "version": tip.updated_at.isoformat() if tip else "",
        "typed": form.is_bound,
    }


def forget_draft(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Name, for the next page to throw away, the draft in the browser that a saved form came from."""
    draft = request.POST.get("_draft", "")
    if autosaving.is_key(draft):
        path, secure = reverse("admin:index"), settings.SESSION_COOKIE_SECURE
        response.set_cookie("saved_draft", draft, 600, path=path, secure=secure, samesite="Strict")
    return response
