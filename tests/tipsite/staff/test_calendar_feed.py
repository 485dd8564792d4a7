"""The calendar at a secret URL: whom it opens to, and what it says."""

import re
from datetime import timedelta
from itertools import islice

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from tests.tips.making import make_tip
from tests.tips.people import make_person
from tests.tips.weeks import NOON, at, tuesdays, week
from tips.models import SlotException, TipState
from tips.schedule import slots
from tipsite import logs
from tipsite.models import CalendarKey
from tipsite.staff import accounts, calendar_feed

ACCOUNT = "/admin/account/"


@pytest.fixture
def author(db):
    return make_person("ann", "Author", first_name="Ann", last_name="Walsh")


def coming(count):
    return list(islice(slots.Timetable.load().after(timezone.now()), count))


def path_of(url):
    return re.sub(r"^https?://[^/]+", "", url)


def events(url):
    """Return {UID's name: event} of the calendar at a URL, as a program without a session reads it."""
    response = Client().get(path_of(url))
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    read = Calendar.from_ical(response.content)
    return {str(event["uid"]).partition("@")[0]: event for event in read.walk("VEVENT")}


def test_it_says_what_is_planned_and_how_it_stands(author):
    first, second, third = coming(3)
    other = make_person("ed", "Editor")
    make_tip("Theirs, planned", publish_at=first.at, state=TipState.DRAFT, author=other)
    make_tip("Secret draft", publish_at=None, state=TipState.DRAFT, author=other)
    SlotException.objects.create(day=second.day, kind="skip", reason="Holidays", at=timezone.now())
    url = calendar_feed.make(author)
    found = events(url)
    assert found[f"slot-{first.day}"]["summary"] == "Theirs, planned (at risk: a draft, not for mail)"
    assert found[f"slot-{first.day}"]["dtstart"].dt == first.at
    assert found[f"slot-{first.day}"]["dtstart"].params["TZID"] == first.zone
    assert found[f"slot-{second.day}"]["status"] == "CANCELLED"
    assert "Holidays" in found[f"slot-{second.day}"]["summary"]
    assert found[f"slot-{third.day}"]["summary"] == "Free: nothing is planned"
    body = Client().get(path_of(url))
    assert b"Secret draft" not in body.content
    assert b"VTIMEZONE" in body.content
    assert body["Cache-Control"] == "no-store"
    # A program finds each again.
    assert found.keys() == events(url).keys()


def test_what_went_live_stands_once_in_its_slot_or_at_its_own_moment(author, time_machine):
    time_machine.move_to(NOON, tick=False)
    tuesdays()
    make_tip("On time", publish_at=at(-2))
    between = make_tip("Besides", publish_at=at(-2) + timedelta(days=2))
    late = make_tip("Late", publish_at=at(-1) + timedelta(hours=30))
    coming_on_its_own = make_tip("Soon", publish_at=NOON + timedelta(days=1), pinned=True)
    found = events(calendar_feed.make(author))
    titles = [str(event["summary"]) for event in found.values()]
    assert [titles.count(title) for title in ("On time", "Besides", "Late")] == [1, 1, 1]
    assert found[f"slot-{week(-1)}"]["summary"] == "Late"
    assert (found[f"tip-{between.pk}"]["status"], f"tip-{late.pk}" in found) == ("CONFIRMED", False)
    assert found[f"tip-{coming_on_its_own.pk}"]["status"] == "TENTATIVE"


def test_a_new_address_ends_the_old_one_and_one_is_revoked(client, author):
    client.force_login(author)
    page = client.post(f"{ACCOUNT}calendar/").content.decode()
    old = re.search(r'value="(http[^"]+\.ics)"', page)[1]
    assert events(old)
    new = re.search(r'value="(http[^"]+\.ics)"', client.post(f"{ACCOUNT}calendar/").content.decode())[1]
    assert Client().get(path_of(old)).status_code == 404
    assert events(new)
    # It is shown once, and kept nowhere.
    assert new not in client.get(ACCOUNT).content.decode()
    assert new.rpartition("/")[2].removesuffix(".ics") not in CalendarKey.objects.get().digest
    client.post(f"{ACCOUNT}calendar/revoke/")
    assert Client().get(path_of(new)).status_code == 404
    assert client.get(f"{ACCOUNT}calendar/").status_code == 405


def test_it_ends_with_the_account_and_with_the_right_to_see_tips(author):
    owner = make_person("pia", "Publisher")
    url = calendar_feed.make(author)
    author.groups.clear()
    assert Client().get(path_of(url)).status_code == 404
    author.groups.set(owner.groups.all())
    assert Client().get(path_of(url)).status_code == 200
    boss = make_person("boss", is_superuser=True)
    accounts.deactivate(author, by=boss)
    accounts.reactivate(author, by=boss)
    assert Client().get(path_of(url)).status_code == 404
    calendar_feed.make(author)
    author.delete()
    assert not CalendarKey.objects.exists()


@pytest.mark.parametrize("end", ["", ".ics", ".ic"])
def test_no_log_names_its_token(author, end):
    url = calendar_feed.make(author).removesuffix(".ics") + end
    token = url.rpartition("/")[2].removesuffix(".ics")
    assert token not in logs.redact(f"Not Found: {path_of(url)} {url}")
    day = "GET /admin/tips/tip/calendar/2026-12-01/"
    assert logs.redact(day) == day
