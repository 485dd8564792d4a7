"""Who joined and who left, by week."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from subscribers.mailings import charts
from subscribers.models import ConsentEvent, Erasure
from subscribers.people import growth, subscriptions
from tips import dates

NOW = datetime(2026, 4, 8, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def happen(anna, settings):
    """A function that lets so many things of a kind happen at a moment."""
    settings.TIME_ZONE = "Europe/Berlin"
    anna.consents.all().delete()

    def happen(kind, at, count=1):
        events = [ConsentEvent(subscriber=anna, kind=kind, at=at) for _ in range(count)]
        ConsentEvent.objects.bulk_create(events)

    return happen


def test_events_and_erasures_are_counted_by_weeks_of_the_sites_zone(happen, django_assert_num_queries):
    # The clock jumps on 29 March: Monday begins at 23:00 UTC before, and at 22:00 after.
    happen("confirmed", datetime(2026, 3, 22, 22, 59, tzinfo=UTC), 2)
    happen("returned", datetime(2026, 3, 22, 23, 0, tzinfo=UTC))
    happen("imported", datetime(2026, 3, 29, 21, 59, tzinfo=UTC), 40)
    happen("left", datetime(2026, 3, 29, 22, 0, tzinfo=UTC), 3)
    happen("moved", datetime(2026, 3, 30, tzinfo=UTC))
    happen("confirmed", NOW, 5)
    happen("confirmed", datetime(2026, 3, 1, tzinfo=UTC), 7)
    Erasure.objects.create(at=datetime(2026, 3, 31, tzinfo=UTC), was_confirmed=True)
    Erasure.objects.create(at=datetime(2026, 3, 31, tzinfo=UTC), was_confirmed=False)
    with django_assert_num_queries(2):
        weeks = growth.weeks(4, NOW)
    assert [(week.monday, week.joined, week.imported, week.left, week.net) for week in weeks] == [
        (date(2026, 3, 16), 2, 0, 0, 2),
        (date(2026, 3, 23), 1, 40, 0, 41),
        (date(2026, 3, 30), 0, 0, 4, -4),
        (date(2026, 4, 6), 5, 0, 0, 5),
    ]


def test_whoever_is_brought_over_while_their_sign_up_is_open_joined_once(happen):
    signup = subscriptions.request("anna.lee@example.org")
    happen("imported", timezone.now() - timedelta(seconds=1))
    anna = subscriptions.confirm(signup)
    # What they agreed to is kept all the same.
    assert [event.kind for event in anna.consents.all()] == ["imported", "confirmed"]
    assert sum(week.net for week in growth.weeks(2)) == 1
    subscriptions.leave(anna)
    assert sum(week.net for week in growth.weeks(2)) == 0
    subscriptions.confirm(subscriptions.request("anna.lee@example.org"))
    assert sum(week.net for week in growth.weeks(2)) == 1


def test_one_week_alone_can_be_asked_for(happen):
    happen("confirmed", NOW - timedelta(days=1))
    assert [(week.monday, week.joined) for week in growth.weeks(1, NOW)] == [(date(2026, 4, 6), 1)]


def test_a_great_import_is_cut_off_and_does_not_flatten_the_other_weeks():
    monday = date(2026, 3, 2)
    weeks = [
        growth.GrowthWeek(monday, joined=10, left=5),
        growth.GrowthWeek(monday + timedelta(weeks=1), joined=4, imported=50_000),
    ]
    usual, great = charts.growth(weeks)["bars"]
    assert (usual.is_cut, great.is_cut) == (False, True)
    assert usual.up == 2 * usual.down == 90
    assert usual.up < great.up < 100
    assert great.net_at == -great.up


def test_an_import_alone_is_drawn_whole():
    weeks = [growth.GrowthWeek(date(2026, 3, 2)), growth.GrowthWeek(date(2026, 3, 9), imported=500)]
    drawing = charts.growth(weeks)
    assert drawing["most"] == 500
    assert [(bar.up, bar.is_cut) for bar in drawing["bars"]] == [(0, False), (90, False)]


def test_a_drawing_of_nothing_divides_by_nothing():
    assert {bar.up for bar in charts.growth(growth.weeks(26))["bars"]} == {0}


def test_the_page_has_the_drawing_and_the_same_numbers_as_a_table(desk, anna):
    subscriptions.leave(anna)
    subscriptions.undo_leaving(subscriptions.leaving(anna))
    page = desk.get("/admin/subscribers/subscriber/growth/", {"weeks": "52"}).text
    assert 'aria-label="2 joined, 1 left in 52 weeks"' in page
    assert page.count('<th scope="row">') == 52
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday())
    first = page.split('<th scope="row">')[1]
    assert first.startswith(f"{dates.short_day(monday)}</th><td>2</td><td>0</td><td>1</td><td>1</td>")
    assert "1</strong> confirmed subscriber today" in page
    for odd in ("", "1000000", "x"):
        odd_page = desk.get("/admin/subscribers/subscriber/growth/", {"weeks": odd}).text
        assert odd_page.count('<th scope="row">') == 26
