"""The page with the growth of the list."""

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import URLPattern
from django.utils import timezone

from desk.pages import StaffRequest, page, route
from subscribers.admin.pages import weeks_asked_for
from subscribers.mailings import charts
from subscribers.models import Subscriber
from subscribers.people import growth

WEEKS = (26, 52)


def urls(subscriber_admin: ModelAdmin) -> list[URLPattern]:
    return [route(subscriber_admin, "growth/", growth_view, "subscribers_growth")]


def growth_view(subscriber_admin: ModelAdmin, request: StaffRequest) -> HttpResponse:
    """Show who joined and who left, by week, as a drawing and as a table."""
    if not subscriber_admin.has_view_permission(request):
        raise PermissionDenied
    count = weeks_asked_for(request, WEEKS)
    weeks = growth.weeks(count)
    return page(
        request,
        "subscribers/growth",
        "Growth",
        opts=subscriber_admin.opts,
        chart=charts.growth(weeks),
        weeks=weeks[::-1],
        count=count,
        spans=WEEKS,
        confirmed=Subscriber.objects.confirmed().count(),
        today=timezone.localdate(),
    )
