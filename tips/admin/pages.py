"""What the pages around a tip have in common: how they are reached, whom they let in, how they answer."""

from collections.abc import Callable
from functools import partial

from django.contrib.admin import ModelAdmin
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from desk.pages import page
from tips.models import Tip


def route(
    tip_admin: ModelAdmin, pattern: str, view: Callable[..., HttpResponseBase], name: str
) -> URLPattern:
    """Return the URL pattern of a page; ``view`` is called with the admin of tips, and the request."""
    return path(pattern, tip_admin.admin_site.admin_view(partial(view, tip_admin)), name=f"tips_{name}")


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
