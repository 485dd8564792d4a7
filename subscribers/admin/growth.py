"""The page with the growth of the list."""

from django.http import HttpResponse

from desk.pages import StaffRequest, page, require
from subscribers.admin.pages import weeks_asked_for
from subscribers.mailings import charts
from subscribers.models import Subscriber, SubscriberCount
from subscribers.people import growth

WEEKS = (26, 52)


def growth_view(request: StaffRequest) -> HttpResponse:
    """Show who joined and who left, by week, as a drawing and as a table."""
    require(request, "subscribers.view_subscriber")
    count = weeks_asked_for(request, WEEKS)
    weeks = growth.weeks(count)
    context = {"chart": charts.growth(weeks), "weeks": weeks[::-1], "count": count, "spans": WEEKS}
    context |= {"opts": Subscriber._meta, "confirmed": SubscriberCount.objects.confirmed()}
    return page(request, "subscribers/growth", "Growth", **context)
