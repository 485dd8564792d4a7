"""The page with the growth of the list."""

from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone

from subscribers.mailings import charts
from subscribers.models import Subscriber
from subscribers.people import growth

SPANS = (26, 52)


class GrowthMixin:
    """For the admin of subscribers: the page with their growth."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.growth_view)
        return [path("growth/", view, name="subscribers_growth"), *super().get_urls()]

    def growth_view(self, request):
        """Show who joined and who left, by week, as a drawing and as a table."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        count = next((each for each in SPANS if str(each) == request.GET.get("weeks")), SPANS[0])
        weeks = growth.weeks(count)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Growth",
            "chart": charts.growth(weeks),
            "weeks": weeks[::-1],
            "count": count,
            "spans": SPANS,
            "confirmed": Subscriber.objects.confirmed().count(),
            "today": timezone.localdate(),
        }
        return TemplateResponse(request, "admin/subscribers/growth.html", context)
