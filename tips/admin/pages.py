"""What the pages around a tip have in common: whom they let in, and how they answer."""

from django.contrib.admin import ModelAdmin
from django.http import Http404, HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from desk.pages import badge, page
from tips.models import Tip, TipState


def tip_or_404(tip_admin: ModelAdmin, request: HttpRequest, pk: int) -> Tip:
    """Return a tip, or raise Http404 where this person may not know of it."""
    tip = tip_admin.get_queryset(request).filter(pk=pk).first()
    if tip is None or not tip_admin.has_view_permission(request, tip):
        raise Http404("There is no such tip.")
    return tip


def tip_page(request: HttpRequest, template: str, title: str, **context: object) -> TemplateResponse:
    """Answer with a page about tips."""
    return page(request, f"tips/tip/{template}", title, opts=Tip._meta, **context)


def state_of(tip: Tip) -> SafeString:
    """Return the word that tells an editor whether readers see a tip."""
    if tip.is_published:
        return badge("public", "Public")
    if tip.state == TipState.APPROVED:
        return badge("to-come", "Approved, to come")
    return badge(tip.state, tip.get_state_display())


def moment_of(tip: Tip) -> str:
    """Return when a tip goes live or went live, in words."""
    if tip.publish_at:
        return date_format(timezone.localtime(tip.publish_at), "D j M Y, H:i")
    return "undated" if tip.undated else "no day yet"
