"""The list of subscribers and the page of each."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from subscribers.models import Delivery, Mailing, ServiceMail, Subscriber, Suppression
from subscribers.people import subscriptions
from tests.tips.making import make_tip
from tests.tips.people import make_person
from tips import dates

LIST = "/admin/subscribers/subscriber/"
LISTS = ["subscriber", "linkrequest", "suppression", "servicemail", "erasure"]

pytestmark = pytest.mark.django_db


def join(address, **fields):
    person = subscriptions.confirm(subscriptions.request(address))
    Subscriber.objects.filter(pk=person.pk).update(**fields)
    return person


@pytest.mark.parametrize("role", ["Author", "Editor"])
def test_nobody_but_publishers_sees_personal_data(client, anna, role):
    client.force_login(make_person("someone", role))
    pages = [f"/admin/subscribers/{name}/" for name in LISTS]
    pages += [LIST + "growth/", f"{LIST}{anna.pk}/change/", f"{LIST}{anna.pk}/history/"]
    pages += [f"{LIST}{anna.pk}/do/download/", "/admin/subscribers/suppression/look-up/"]
    assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, 403)
    assert client.post(LIST + "search/", {"term": "anna"}).status_code == 403
    assert client.post(f"{LIST}{anna.pk}/do/download/", {"reason": "Curious"}).status_code == 403
    front = client.get("/admin/").text
    # An editor sees how mailings stand, and of whom they went to nothing.
    assert set(re.findall(r"/admin/subscribers/(\w+)", front)) <= {"mailing"}
    assert 'class="growth"' not in front


def test_each_row_says_in_one_word_whether_tips_are_sent(desk, suppress):
    tomorrow = timezone.localdate() + timedelta(days=1)
    join("confirmed@example.org", first_name="Carla")
    join("paused@example.org", paused_until=tomorrow)
    join("awake@example.org", paused_until=timezone.localdate())
    join("bounced@example.org", paused_until=tomorrow)
    suppress("bounced@example.org")
    suppress("bounced@example.org", Suppression.Reason.COMPLAINED)
    subscriptions.leave(join("left@example.org"))

    page = desk.get(LIST).text
    row = {
        name: next(part for part in page.split("<tr>") if f"{name}@example.org" in part)
        for name in ("confirmed", "paused", "awake", "bounced", "left")
    }
    assert "Carla" in row["confirmed"]
    assert ">Confirmed<" in row["confirmed"]
    assert f">Paused until {dates.short_day(tomorrow)}<" in row["paused"]
    assert ">Confirmed<" in row["awake"]
    assert ">Nothing is sent: bounced, complained<" in row["bounced"].replace(
        "complained, bounced", "bounced, complained"
    )
    assert ">Left<" in row["left"]

    found = {
        state: {name for name in row if f"{name}@example.org" in desk.get(LIST, {"state": state}).text}
        for state in ("confirmed", "paused", "silenced", "left")
    }
    assert found == {
        "confirmed": {"confirmed", "awake"},
        "paused": {"paused"},
        "silenced": {"bounced"},
        "left": {"left"},
    }


def test_the_list_is_narrowed_down_to_a_year_and_a_month_of_the_sites_zone(desk, settings):
    settings.TIME_ZONE = "America/New_York"
    join("march@example.org", joined_at=datetime(2024, 4, 1, 3, 59, tzinfo=UTC))
    join("april@example.org", joined_at=datetime(2024, 4, 1, 4, 0, tzinfo=UTC))
    join("later@example.org", source="import", joined_at=datetime(2025, 4, 2, tzinfo=UTC))

    def found(**query):
        page = desk.get(LIST, query).text
        return {name for name in ("march", "april", "later") if f"{name}@example.org" in page}

    assert found(joined="2024") == {"march", "april"}
    assert found(joined="2024-03") == {"march"}
    assert found(joined="2024-04", state="confirmed") == {"april"}
    assert found(source__exact="import") == {"later"}
    # The years and the months of the chosen one, as far as somebody joined in them.
    years = desk.get(LIST, {"joined": "2024"}).text.split('<ul class="years">')[1].split("</ul>")[0]
    assert re.findall(r">([^<>]+)</a>", years) == ["All", "2025", "2024", "Mar", "Apr"]
    for odd in ("2024-13", "1999", "9999-01", "x", "2024-04-01"):
        assert found(joined=odd) == set()


def test_the_last_mail_is_the_newest_of_letters_and_tips(desk, anna):
    tip = make_tip(for_mail=True)
    at = timezone.now().replace(month=1, day=3, hour=12, year=2020)
    mailing = Mailing.objects.create(tip=tip)
    ServiceMail.objects.update(mail_state=ServiceMail.MailState.SENT, mailed_at=at)
    assert "3 Jan 2020" in desk.get(LIST).text
    Delivery.objects.create(
        mailing=mailing, subscriber=anna, state=Delivery.State.SENT, sent_at=at + timedelta(days=7)
    )
    assert "10 Jan 2020" in desk.get(LIST).text
    Delivery.objects.update(state=Delivery.State.REFUSED)
    assert "3 Jan 2020" in desk.get(LIST).text


def test_the_queries_of_list_and_page_do_not_grow(desk, anna, suppress):
    tip = make_tip(for_mail=True)
    mailing = Mailing.objects.create(tip=tip)

    def asked(address):
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(address).status_code == 200
        return len(queries)

    def add(count, start):
        for n in range(start, start + count):
            person = join(f"reader{n}@example.org")
            suppress(person.address)
            Delivery.objects.create(mailing=mailing, subscriber=person, state="sent", sent_at=timezone.now())

    page = f"{LIST}{anna.pk}/change/"
    add(3, 0)
    # What Django keeps of content types is asked for once.
    asked(LIST), asked(page)
    few = [asked(LIST), asked(page)]
    add(27, 3)
    for _ in range(10):
        subscriptions.confirm(subscriptions.request(anna.address))
        subscriptions.leave(anna)
    assert [asked(LIST), asked(page)] == few
    assert max(few) <= 14


def test_a_long_list_is_counted_to_a_bound_and_no_further(desk, monkeypatch):
    monkeypatch.setattr("desk.lists.MOST", 3)
    monkeypatch.setattr("desk.lists.LongList.most", 3)
    for n in range(5):
        join(f"reader{n}@example.org")
    assert "More than 3 subscribers: narrow them down" in desk.get(LIST).text
    assert "2 subscribers" not in desk.get(LIST).text


def test_a_subscribers_page_shows_what_is_held(desk, anna, suppress):
    suppress(anna.address)
    Subscriber.objects.filter(pk=anna.pk).update(paused_until="2031-02-03")
    page = desk.get(f"{LIST}{anna.pk}/change/").text
    for words in (
        "Anna.Lee@example.org",
        "Nothing is sent: bounced",
        "told by a test",
        "3 Feb 2031",
        "Send me one tip a week from",
        "Wording 2",
        "Service mail: welcome",
        "Lift “Bounced”",
    ):
        assert words in page


def test_no_row_is_typed_over(desk, anna, suppress):
    suppress("berta@example.org")
    before = Subscriber.objects.values().get()
    for name in LISTS:
        assert desk.get(f"/admin/subscribers/{name}/add/").status_code == 403
        assert desk.get(f"/admin/subscribers/{name}/").status_code == 200
    for path in (f"subscriber/{anna.pk}", f"suppression/{Suppression.objects.get().pk}"):
        typed = {"address": "other@example.org", "first_name": "Other", "state": "left"}
        assert desk.post(f"/admin/subscribers/{path}/change/", typed).status_code == 403
        assert desk.post(f"/admin/subscribers/{path}/delete/", {"post": "yes"}).status_code == 403
    assert Subscriber.objects.values().get() == before
