"""Pages behind a signed link: opening one changes nothing, and only its own button acts."""

import re
from datetime import timedelta

import pytest
import time_machine

from subscribers import addresses, tokens
from subscribers.models import ConsentEvent, Subscriber, Suppression
from subscribers.people import subscriptions, suppressions
from tests.subscribers.draining import send_outgoing

pytestmark = pytest.mark.django_db


@pytest.fixture
def signup():
    return subscriptions.request("anna@example.org", first_name="Anna")


@pytest.fixture
def anna(signup):
    return subscriptions.confirm(signup)


def confirm_link(signup):
    return f"/subscribe/confirm/{signup.token}/"


def leave_link(subscriber):
    return f"/unsubscribe/{subscriber.leave_token}/"


def test_pages_behind_links_stay_out_of_caches_search_engines_and_referrers(client, signup, anna):
    for link in (confirm_link(signup), leave_link(anna), "/unsubscribe/wrong/"):
        for page in (client.get(link), client.post(link)):
            assert page["Cache-Control"] == "no-store"
            assert page["Referrer-Policy"] == "no-referrer"
            assert "noindex" in page["X-Robots-Tag"]
            assert not page.cookies
            assert "anna" not in page.text.lower()


def test_pressing_twice_is_pressing_once(client, signup):
    for _ in range(2):
        assert client.post(confirm_link(signup)).status_code == 303
    assert Subscriber.objects.count() == ConsentEvent.objects.count() == 1
    assert "You are subscribed" in client.get(confirm_link(signup)).text


def test_a_changed_swapped_or_old_link_leads_to_one_same_page(client, signup, anna):
    good = signup.token
    wrong = [
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good[:10],
        anna.leave_token,
        "x",
        "é",
        "a.b.c",
        "..",
        "%00",
        "a" * 3000,
        tokens.make(tokens.Purpose.CONFIRM, "nobody"),
    ]
    pages = set()
    for token in wrong:
        for page in (client.get(f"/subscribe/confirm/{token}/"), client.post(f"/subscribe/confirm/{token}/")):
            pages.add((page.status_code, page.text))
    assert len(pages) == 1
    status, text = pages.pop()
    assert status == 404
    assert 'action="/subscribe/again/"' in text
    for token in (good, "x"):
        for name in ("unsubscribe", "subscribe/undo", "subscribe/preferences", "subscribe/move"):
            for page in (client.get(f"/{name}/{token}/"), client.post(f"/{name}/{token}/")):
                pages.add((page.status_code, page.text))
    assert len(pages) == 1
    status, text = pages.pop()
    assert status == 404
    # The form that mails a link to the preferences stands there at once.
    assert 'action="/subscribe/preferences/"' in text
    assert Subscriber.objects.confirmed().count() == 1


def test_the_page_of_an_old_link_sends_a_new_one(client, post_office):
    with time_machine.travel("2026-03-03 12:00Z", tick=False) as clock:
        signup = subscriptions.request("anna@example.org")
        send_outgoing()
        old = confirm_link(signup)
        clock.shift(timedelta(days=14, seconds=1))
        page = client.get(old)
        assert page.status_code == client.post(old).status_code == 404
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        answer = client.post("/subscribe/again/", {**fields, "address": "anna@example.org"})
        assert answer.status_code == 200
        send_outgoing()
        link = re.search(r"/subscribe/confirm/\S+", post_office.letters[1].text).group()
        assert client.post(link).status_code == 303
    assert Subscriber.objects.confirmed().exists()


def test_who_left_may_come_back_by_confirming_anew(anna, client):
    subscriptions.leave(anna)
    again = subscriptions.request("Anna@example.org", first_name="Anne")
    client.post(confirm_link(again))
    subscriber = Subscriber.objects.get()
    assert (subscriber.pk, subscriber.address, subscriber.first_name, subscriber.state) == (
        anna.pk,
        "Anna@example.org",
        "Anne",
        "confirmed",
    )
    assert subscriber.left_at is None
    assert not Suppression.objects.exists()


def test_who_is_listed_but_unsubscribed_finds_the_button_that_ends_that(client, anna):
    suppressions.suppress(anna.address_hash, Suppression.Reason.UNSUBSCRIBED)
    link = confirm_link(subscriptions.request("anna@example.org"))
    assert "Yes, send me the tips" in client.get(link).text
    client.post(link)
    assert not Suppression.objects.exists()
    assert "You are subscribed" in client.get(link).text


def test_a_link_mailed_before_somebody_left_does_not_bring_them_back(client, signup):
    older = subscriptions.request("anna@example.org")
    anna = subscriptions.confirm(signup)
    subscriptions.leave(anna)
    for link in (confirm_link(signup), confirm_link(older)):
        assert client.post(link).status_code == 404
        assert client.get(link).status_code == 404
    assert not Subscriber.objects.confirmed().exists()


def test_pressing_a_used_link_does_not_end_a_new_one(client, signup, anna):
    subscriptions.leave(anna)
    new = subscriptions.request("anna@example.org")
    assert client.post(confirm_link(signup)).status_code == 404
    assert client.post(confirm_link(new)).status_code == 303
    assert Subscriber.objects.confirmed().exists()


@pytest.mark.parametrize("reason", sorted(suppressions.LASTING))
def test_no_link_lifts_any_other_reason(client, signup, reason):
    suppressions.suppress(addresses.keyed_hash("anna@example.org"), reason)
    for answer in (client.get(confirm_link(signup)), client.post(confirm_link(signup))):
        assert answer.status_code == 404
    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().reason == reason
