"""The tips of the last year as a calendar (RFC 5545), each on its day, for calendar programs."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tips.dates import site_zone
from tips.models import Tip
from tips.text.folding import without_controls

# The tips of a year of weeks.
LENGTH = 53
_REFRESH = timedelta(hours=6)


@require_safe
def tips(request: HttpRequest) -> HttpResponse:
    """Answer with an event for each of the newest tips: all day on its day, without taking time."""
    # Loaded when it is needed: all processes would hold it otherwise.
    from icalendar import Calendar, Event

    result = Calendar()
    result.add("prodid", "-//Tip desk//Tips//EN")
    result.add("version", "2.0")
    result.add("name", settings.SITE_NAME)
    result.add("x-wr-calname", settings.SITE_NAME)
    result.add("refresh-interval", _REFRESH, {"value": "DURATION"})
    host = urlsplit(settings.SITE_URL).hostname
    newest = Tip.objects.published_dated().for_lists().newest_first()
    for tip in newest[:LENGTH]:
        url = settings.SITE_URL + tip.get_absolute_url()
        day = tip.moment.astimezone(site_zone()).date()
        event = Event()
        event.add("uid", f"tip-{tip.pk}@{host}")
        # When it was last revised (3.8.7.2): the same calendar has the same bytes.
        event.add("dtstamp", tip.revised_at or tip.moment)
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        event.add("summary", without_controls(tip.title))
        event.add("description", f"{without_controls(tip.takeaway or tip.excerpt)}\n\n{url}")
        event.add("url", url)
        event.add("transp", "TRANSPARENT")
        result.add_component(event)
    return HttpResponse(result.to_ical(), content_type="text/calendar; charset=utf-8")
