"""Is Tuesday safe? The page that says so."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from desk.pages import page, staff_of
from tips.schedule import verdict


def safe(request: HttpRequest) -> HttpResponseBase:
    """Tell whether the next tip will reach its readers on time; and why not, to whoever can do something."""
    now = timezone.now()
    following = verdict.of_next(now, user=staff_of(request))
    return page(request, "safety/safe", "Is the next tip safe?", now=now, verdict=following)
