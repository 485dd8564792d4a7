"""The tips as a calendar that readers subscribe to."""

from datetime import UTC, date, datetime

import pytest
from icalendar import Calendar

from tests.tips.making import hidden_tips, make_tip
from tips.public import calendar

pytestmark = pytest.mark.django_db


def test_each_public_tip_has_its_day_and_its_takeaway(client, settings):
    # Eight in the evening of the 4th in New York.
    late = datetime(2020, 3, 5, 1, tzinfo=UTC)
    tip = make_tip("Say “sorry”; once, or \\ twice", takeaway="One.\nTwo.", publish_at=late)
    make_tip("Undated", undated=True)
    hidden_tips()
    answer = client.get("/tips.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    (event,) = Calendar.from_ical(answer.content).events
    assert event["summary"] == tip.title
    assert event["description"] == f"One.\nTwo.\n\n{settings.SITE_URL}{tip.get_absolute_url()}"
    assert (event.decoded("dtstart"), event["transp"]) == (date(2020, 3, 4), "TRANSPARENT")
    assert client.get("/tips.ics").content == answer.content


def test_it_has_the_newest_year_of_tips(client):
    for number in range(calendar.LENGTH + 2):
        make_tip(f"Tip {number}", publish_at=datetime(2020, 1, 1 + number % 28, number // 28, tzinfo=UTC))
    assert len(Calendar.from_ical(client.get("/tips.ics").content).events) == calendar.LENGTH
