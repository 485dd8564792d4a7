"""What the pages around a tip have in common: whom they let in, and how they answer."""

from django.contrib.admin import ModelAdmin
from django.http import Http404, HttpRequest
from django.template.response import TemplateResponse

from desk.pages import page
from tips.models import Tip


def tip_or_404(tip_admin: ModelAdmin, request: HttpRequest, pk: int) -> Tip:
    """Return a tip, or raise Http404 where this person may not know of it."""
    tip = tip_admin.get_queryset(request).filter(pk=pk).first()
    if tip is None or not tip_admin.has_view_permission(request, tip):
        raise Http404("There is no such tip.")
    return tip


def tip_page(
    tip_admin: ModelAdmin, request: HttpRequest, template: str, title: str, **context: object
) -> TemplateResponse:
    """Answer with a page about tips."""
    return page(request, f"tips/tip/{template}", title, **{"opts": tip_admin.opts, **context})
