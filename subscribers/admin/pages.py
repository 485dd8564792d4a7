"""What the pages around a mailing have in common."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from desk.pages import page
from subscribers.models import Mailing


def mailing_or_404(pk: int) -> Mailing:
    """Return a mailing with its tip, and without its texts, or raise Http404."""
    mailings = Mailing.objects.select_related("tip", "corrects", "by")
    return get_object_or_404(mailings.defer("text", "html", "corrects__text", "corrects__html"), pk=pk)


def mailing_page(request: HttpRequest, template: str, title: str, **context: object) -> TemplateResponse:
    """Answer with a page about mailings."""
    return page(request, f"subscribers/mailing/{template}", title, opts=Mailing._meta, **context)


def weeks_asked_for(request: HttpRequest, choices: tuple[int, ...]) -> int:
    """Return how many weeks a page of numbers is asked to show: the first choice, or another of them."""
    return next((count for count in choices if str(count) == request.GET.get("weeks")), choices[0])
