"""What the pages around a tip have in common: whom they let in, and how they answer."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404, HttpRequest
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from desk.pages import badge, page
from tips import dates
from tips.models import Tip, TipState


def require_any(request: HttpRequest, *actions: str) -> None:
    """Raise PermissionDenied unless the person may do one of some actions with tips, such as ``change``."""
    if not any(request.user.has_perm(f"tips.{action}_tip") for action in actions):
        raise PermissionDenied


def tip_or_404(request: HttpRequest, pk: int) -> Tip:
    """Return a tip, or raise Http404 where this person may not know of it."""
    tip_admin = admin.site.get_model_admin(Tip)
    tip = tip_admin.get_queryset(request).filter(pk=pk).first()
    if tip is None or not tip_admin.has_view_permission(request, tip):
        raise Http404("There is no such tip.")
    return tip


def tip_or_new(request: HttpRequest, pk: int | None) -> Tip | None:
    """Return a tip as ``tip_or_404`` does, or None for a new one, where this person may add one."""
    if pk is None:
        require_any(request, "add")
    return None if pk is None else tip_or_404(request, pk)


def tip_page(
    request: HttpRequest, template: str, title: str, tip: Tip | None = None, **context: object
) -> TemplateResponse:
    """Answer with a page about tips, or about one, whose title follows that of the page."""
    title = f"{title}: {tip}" if tip else title
    return page(request, f"tips/tip/{template}", title, opts=Tip._meta, original=tip, **context)


def stamps_in(text: str) -> dict[str, str]:
    """Return {primary key: stamp} of the tips that a page showed, from what the page carries of them."""
    parts = (part.partition(":") for part in text.split())
    return {pk: stamp for pk, _, stamp in parts}


@admin.display(description="state", ordering="state")
def state_of(tip: Tip) -> SafeString:
    """Return the word that tells an editor whether readers see a tip."""
    if tip.is_published:
        return badge("public", "Public")
    if tip.state == TipState.APPROVED:
        return badge("to-come", "Approved")
    return badge(tip.state, tip.get_state_display())


@admin.display(description="goes live", ordering=F("publish_at").asc(nulls_first=True))
def moment_of(tip: Tip) -> str:
    """Return when a tip goes live or went live, in words."""
    if tip.publish_at:
        return dates.short(tip.publish_at)
    return "undated" if tip.undated else "no day yet"
