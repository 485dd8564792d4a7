"""Leaving with one press, for everybody alike, and undoing that one leaving."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from subscribers import addresses, tokens
from subscribers.models import ConsentEvent, Delivery, ServiceMail, Subscriber, Suppression
from subscribers.people import erasure, subscriptions, suppressions
from tests.subscribers.draining import send_outgoing
from tests.tips.making import ago, make_tip

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return member("anna@example.org")


def member(address):
    return subscriptions.confirm(subscriptions.request(address, first_name="Anna"))


def leave_link(subscriber):
    return f"/unsubscribe/{subscriber.leave_token}/"


def undo_link(page):
    """Return the address that the button of a page posts to."""
    return re.search(r'action="(/subscribe/undo/[^"]+)"', page.text)[1]


def is_reachable(subscriber):
    return Subscriber.objects.reachable(timezone.localdate()).filter(pk=subscriber.pk).exists()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (
            b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
        (b"--b\r\nbroken", "multipart/form-data"),
        (b"", ""),
    ],
)
def test_a_mail_program_leaves_with_one_click(client, anna, body, kind):
    client.handler.enforce_csrf_checks = True
    for _ in range(2):
        answer = client.generic("POST", leave_link(anna), body, content_type=kind)
        assert answer.status_code == 200
        assert not answer.cookies
    assert not is_reachable(anna)
    assert [suppression.reason for suppression in Suppression.objects.all()] == ["unsubscribed"]
    assert [event.kind for event in ConsentEvent.objects.all()] == ["confirmed", "left"]


def test_the_page_asks_and_names_no_address(client, anna):
    link = leave_link(anna)
    for page in (client.get(link), client.head(link)):
        assert page.status_code == 200
        assert "anna" not in page.text.lower()
    assert is_reachable(anna)
    assert client.get(link).text.count("<button") == 1


def test_the_answer_is_the_same_for_a_member_one_who_left_before_and_one_who_was_erased(client, anna):
    left, gone, nobody = member("left@example.org"), member("gone@example.org"), member("no@example.org")
    links = [leave_link(person) for person in (anna, left, gone, nobody)]
    subscriptions.leave(left)
    erasure.erase(gone)
    nobody.delete()
    answers = set()
    for page in [client.post(link) for link in links + links]:
        text = re.sub(r"/subscribe/undo/[^/]+/", "/subscribe/undo/", page.text)
        length = len(undo_link(page))
        headers = tuple(sorted(page.headers.items()))
        answers.add((page.status_code, headers, text, length))
    assert len(answers) == 1
    assert answers.pop()[0] == 200


def test_the_browser_that_pressed_may_undo_it_for_half_an_hour(client, anna):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        link = undo_link(client.post(leave_link(anna)))
        assert client.get(link).status_code == 200
        assert not is_reachable(anna)
        clock.shift(timedelta(minutes=29))
        for _ in range(2):
            page = client.post(link)
            assert page.status_code == 200
            assert "The tips come again" in page.text
        assert is_reachable(anna)
        assert not Suppression.objects.exists()
        assert [event.kind for event in anna.consents.all()] == ["confirmed", "left", "returned"]
        # Used up: it neither shows nor does anything more.
        assert client.get(link).status_code == 404
        late = undo_link(client.post(leave_link(anna)))
        assert client.post(link).status_code == 404
        clock.shift(timedelta(minutes=31))
        dead = client.post("/subscribe/undo/changed/")
        for page in (client.get(late), client.post(late)):
            assert (page.status_code, page.text) == (404, dead.text)
        assert not is_reachable(anna)


def test_who_presses_in_a_forwarded_mail_cannot_revive_one_who_left_before(client, anna):
    client.post(leave_link(anna))
    for _ in range(2):
        link = undo_link(client.post(leave_link(anna)))
        assert client.post(link).status_code == 404
    assert not is_reachable(anna)


def test_a_link_that_undoes_one_leaving_does_not_undo_the_next(client, anna):
    first = undo_link(client.post(leave_link(anna)))
    client.post(first)
    client.post(leave_link(anna))
    assert client.post(first).status_code == 404
    assert not is_reachable(anna)


@pytest.mark.parametrize("reason", sorted(suppressions.LASTING))
def test_undo_lifts_no_other_reason(client, anna, reason):
    link = undo_link(client.post(leave_link(anna)))
    suppressions.suppress(anna.address_hash, reason)
    assert client.get(link).status_code == client.post(link).status_code == 404
    assert not is_reachable(anna)


def test_undo_does_nothing_for_one_who_was_erased(client, anna):
    link = undo_link(client.post(leave_link(anna)))
    erasure.erase(anna)
    assert client.get(link).status_code == client.post(link).status_code == 404
    assert not Subscriber.objects.exists()


def test_a_mail_tells_of_it_at_once_and_undoes_it_for_thirty_days(client, anna, post_office):
    ServiceMail.objects.all().delete()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.post(leave_link(anna))
        send_outgoing()
        (letter,) = post_office.letters
        assert letter.recipients == ["anna@example.org"]
        link = re.search(r"http://[^/]+(/subscribe/undo/\S+)", letter.text)[1]
        assert link in letter.html
        clock.shift(timedelta(days=29))
        assert "<button" in client.get(link).text
        assert not is_reachable(anna)
        assert client.post(link).status_code == 200
        assert is_reachable(anna)
        clock.shift(timedelta(days=2))
        assert client.get(link).status_code == client.post(link).status_code == 404


def test_no_mail_tells_of_a_leaving_that_was_undone(client, anna, post_office):
    ServiceMail.objects.all().delete()
    client.post(undo_link(client.post(leave_link(anna))))
    send_outgoing()
    assert post_office.letters == []


def test_who_leaves_in_the_middle_of_a_mailing_is_reached_no_more_and_its_counts_stay(client, anna):
    tip = make_tip("Umbrellas", publish_at=ago(weeks=1))
    Delivery.objects.create(tip=tip, subscriber=anna)
    client.post(leave_link(anna))
    assert not is_reachable(anna)
    assert Delivery.objects.get().subscriber == anna


def test_who_types_the_address_without_a_token_is_led_to_the_form_that_mails_a_link(client):
    for method in (client.get, client.post):
        assert method("/unsubscribe/").url == "/subscribe/preferences/"


def test_a_moment_is_named_alike_before_and_after_the_database_kept_it(anna):
    for microsecond in (0, 1, 499999, 999999):
        Subscriber.objects.filter(pk=anna.pk).update(state="confirmed", left_at=None)
        moment = timezone.now().replace(microsecond=microsecond)
        with time_machine.travel(moment, tick=False):
            assert subscriptions.leave(anna)
        name = subscriptions.leaving(anna)
        assert subscriptions.leaving(Subscriber.objects.get()) == name
        assert subscriptions.may_undo(name)


def test_leaving_one_who_is_erased_at_the_same_moment_is_no_error(anna):
    Subscriber.objects.all().delete()
    assert subscriptions.leave(anna) is False
    assert subscriptions.undo_leaving(subscriptions.no_leaving()) is False


def test_a_link_that_can_leave_opens_nothing_else(client, anna):
    token = anna.leave_token
    for path in ("confirm", "preferences", "undo", "move"):
        for method in (client.get, client.post):
            assert method(f"/subscribe/{path}/{token}/").status_code == 404
    assert is_reachable(anna)
    for purpose in set(tokens.Purpose) - {tokens.Purpose.LEAVE}:
        assert client.post(f"/unsubscribe/{tokens.make(purpose, anna.public_id)}/").status_code == 404
    assert is_reachable(anna)
    assert not Suppression.objects.filter(address_hash=addresses.keyed_hash(anna.address)).exists()
