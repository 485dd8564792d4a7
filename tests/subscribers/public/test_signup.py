"""The whole path as a reader walks it, with a real mail server."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from shield import flood, judgement
from shield.network_limits import NetworkLimit
from shield.rate_limits import FixedWindow
from subscribers.mail import link_mails
from subscribers.models import ConsentEvent, LinkRequest, Subscriber
from subscribers.people import consent_wording, subscriptions
from tests.subscribers import address_states
from tests.subscribers.draining import send_outgoing

pytestmark = pytest.mark.django_db


def link_in(letter):
    return re.search(r"^http\S+(/subscribe/confirm/\S+)$", letter.text, re.MULTILINE).group(1)


def test_a_reader_signs_up_opens_the_mail_presses_the_button_and_leaves_again(
    client, sign_up, post_office, settings
):
    settings.SITE_URL = "https://tips.example.org"
    answer = sign_up("Anna@Example.org", headers={"Origin": "http://testserver"})
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert "look at your mail" in answer.text
    assert "Anna@example.org" in answer.text
    assert not Subscriber.objects.exists()

    send_outgoing()
    (letter,) = post_office.letters
    assert letter.recipients == ["Anna@example.org"]
    assert "https://tips.example.org/subscribe/confirm/" in letter.html
    link = link_in(letter)
    page = client.get(link)
    assert "Yes, send me the tips" in page.text
    assert page.text.count("<button") == 1
    assert not Subscriber.objects.exists()

    assert client.post(link, {"first_name": "Anna"})["Location"] == link
    send_outgoing()
    anna = Subscriber.objects.get()
    assert (anna.address, anna.first_name, anna.state) == ("Anna@example.org", "Anna", "confirmed")
    page = client.get(link)
    assert "You are subscribed" in page.text

    leave = re.search(r'href="(/unsubscribe/[^"]+)"', page.text).group(1)
    assert "anna" not in client.get(leave).text.lower()
    assert "You have left" in client.post(leave).text
    assert not Subscriber.objects.confirmed().exists()
    assert [event.kind for event in ConsentEvent.objects.all()] == ["confirmed", "left"]
    send_outgoing()
    subjects = [letter.message["Subject"].partition(":")[0] for letter in post_office.letters]
    assert subjects == ["Please confirm your sign-up", "Welcome", "You have left"]


def test_a_sign_up_changes_no_subscriber(sign_up, post_office):
    everybody = address_states.make()
    before = list(Subscriber.objects.values())
    for place, address in enumerate(everybody.values()):
        sign_up(address, first_name="Mallory", remote=f"203.0.113.{place + 1}")
    send_outgoing()
    assert list(Subscriber.objects.values()) == before


def test_the_box_sets_no_cookie_and_asks_the_database_nothing(client, django_assert_num_queries):
    # The version of the words, and what stands around the page.
    with django_assert_num_queries(2):
        page = client.get("/subscribe/")
    assert not page.cookies
    assert "Cookie" not in page.get("Vary", "")
    assert page.text == client.get("/subscribe/").text
    assert 'href="/privacy/"' in page.text


def test_it_refuses_another_sites_form_and_offers_its_own(sign_up):
    answer = sign_up("anna@example.org", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "use the form on this one" in answer.text
    assert not LinkRequest.objects.exists()


def test_a_browser_that_keeps_its_origin_to_itself_is_served_on_a_stricter_budget(sign_up):
    headers = [{}, {"Origin": "null"}] * 10
    often = [sign_up(f"a{n}@example.org", headers=kept).status_code for n, kept in enumerate(headers)]
    assert often == [200] * 16 + [422] * 4
    assert sign_up("berta@example.org", headers={}, remote="198.51.100.1").status_code == 200


def test_a_class_behind_one_address_signs_up_at_once_and_all_get_their_mail(sign_up, post_office):
    answers = [sign_up(f"learner{n}@school.example").status_code for n in range(60)]
    assert answers == [200] * 60
    send_outgoing()
    assert len(post_office.letters) == 60


def test_a_network_that_sends_very_many_forms_is_asked_and_then_told_to_come_back(sign_up, settings):
    settings.TRUSTED_PROXIES = 1

    def send(number, **fields):
        # What the sender says of themselves is not believed, and the rest of an IPv6 address is theirs.
        seen = f"6.6.6.{number}, 2001:db8::{number:x}"
        headers = {"Origin": "http://testserver", "X-Forwarded-For": seen}
        return sign_up(f"a{number}@example.org", headers=headers, **fields)

    most = judgement.UNASKED.amount
    answers = [send(number) for number in range(most + 1)]
    assert [answer.status_code for answer in answers] == [200] * most + [422]
    assert "Your network has sent many forms" in answers[-1].text
    assert asked_in(answers[-1])
    # Nobody else is asked: neither a neighbour nor the world.
    for remote in ("2001:db8:0:1::1", "198.51.100.1"):
        headers = {"Origin": "http://testserver", "X-Forwarded-For": remote}
        assert sign_up("berta@example.org", headers=headers).status_code == 200
    wrong = [send(number, answer="pills") for number in range(judgement.ANSWERS.amount + 1)]
    assert [answer.status_code for answer in wrong[-2:]] == [422, 429]
    assert wrong[-1]["Retry-After"] == "3600"
    assert "in an hour" in wrong[-1].text
    assert f'value="a{judgement.ANSWERS.amount}@example.org"' in wrong[-1].text
    assert LinkRequest.objects.count() == most + 2


def test_a_page_left_open_too_long_gives_the_form_again_with_all_that_was_typed(sign_up):
    answer = sign_up("anna@example.org", timestamp="1:forged")
    assert answer.status_code == 422
    assert "open for a long time" in answer.text
    assert 'value="anna@example.org"' in answer.text
    fresh = re.search(r'name="timestamp" value="([^"]+)"', answer.text).group(1)
    assert sign_up("anna@example.org", timestamp=fresh).status_code == 200


@pytest.mark.parametrize(
    ("address", "fields", "led_to"),
    [
        ("anna", {}, ["address"]),
        ("anna@gmial.com", {}, ["address"]),
        ("anna", {"subject": "cheap pills"}, ["address"]),
        ("anna@example.org", {"timestamp": "1:forged"}, []),
    ],
)
def test_the_browser_is_led_to_the_first_slip_that_people_see(sign_up, address, fields, led_to):
    page = sign_up(address, **fields).text
    assert re.findall(r'<input[^>]* name="(\w+)"[^>]* autofocus', page) == led_to


def test_what_fills_in_the_hidden_field_is_asked_to_look_again(sign_up):
    answer = sign_up("anna@example.org", subject="cheap pills")
    assert answer.status_code == 422
    assert "cheap pills" not in answer.text
    assert not LinkRequest.objects.exists()


@pytest.fixture
def flooded(monkeypatch):
    """Let the first form be a flood."""
    monkeypatch.setattr(flood, "FORMS", FixedWindow("test", 0, flood.FORMS.per))


def asked_in(page):
    return html.unescape(re.search(r'<label for="id_answer">(.+\?) <span', page.text).group(1))


def fresh_timestamp(page):
    return re.search(r'name="timestamp" value="([^"]+)"', page.text).group(1)


def test_in_a_flood_it_asks_a_plain_question_and_keeps_what_was_typed(client, sign_up, flooded):
    assert 'name="answer"' not in client.get("/").text + client.get("/subscribe/").text
    page = sign_up("Anna@example.org")
    assert page.status_code == 422
    assert "Please answer the question below as well" in page.text
    assert 'value="Anna@example.org"' in page.text
    assert not LinkRequest.objects.exists()

    wrong = sign_up("Anna@example.org", timestamp=fresh_timestamp(page), answer="pills")
    assert wrong.status_code == 422
    assert "That was not it" in wrong.text
    assert 'aria-invalid="true" aria-describedby="id_answer_error"' in wrong.text
    assert "pills" not in wrong.text

    answer = address_states.answer_challenge(asked_in(wrong))
    taken = sign_up("Anna@example.org", timestamp=fresh_timestamp(wrong), answer=answer)
    assert taken.status_code == 200
    assert LinkRequest.objects.get().address == "Anna@example.org"


def test_an_answer_is_good_for_one_network_and_its_hour(sign_up, flooded):
    with time_machine.travel(datetime(2026, 3, 3, 12, tzinfo=UTC), tick=False) as clock:
        answer = address_states.answer_challenge(asked_in(sign_up("anna@example.org")))
        status = [
            sign_up("anna@example.org", answer=answer, remote=f"10.0.0.{n}").status_code for n in range(15)
        ]
        assert status.count(200) <= 2
        assert sign_up("anna@example.org", answer=answer.upper() + ".").status_code == 200
        status = []
        for _ in range(15):
            clock.shift(timedelta(hours=1))
            status.append(sign_up("anna@example.org", answer=answer).status_code)
        assert status.count(200) <= 2


def test_to_be_asked_costs_a_network_nothing_and_to_guess_does(sign_up, flooded, monkeypatch):
    monkeypatch.setattr(judgement, "ANSWERS", NetworkLimit("test", 5, timedelta(hours=1)))
    for _ in range(6):
        page = sign_up("anna@example.org")
        assert page.status_code == 422
    status = [sign_up("anna@example.org", answer="pills").status_code for _ in range(6)]
    assert status == [422] * 5 + [429]
    answer = address_states.answer_challenge(asked_in(page))
    assert sign_up("anna@example.org", answer=answer).status_code == 429
    page = sign_up("anna@example.org", remote="198.51.100.1")
    answer = address_states.answer_challenge(asked_in(page))
    assert sign_up("anna@example.org", answer=answer, remote="198.51.100.1").status_code == 200


def test_who_asks_for_the_mail_once_more_passes_the_same_shield(client, sign_up, flooded):
    page = sign_up("anna@example.org", path="/subscribe/again/")
    assert page.status_code == 422
    assert 'action="/subscribe/again/"' in page.text
    answer = address_states.answer_challenge(asked_in(page))
    taken = sign_up("anna@example.org", path="/subscribe/again/", answer=answer)
    assert taken.status_code == 200
    assert LinkRequest.objects.get().kind == "again"
    assert 'href="/subscribe/again/"' in taken.text


def test_a_slip_is_explained_beside_its_field(sign_up):
    answer = sign_up("anna.example.org")
    assert answer.status_code == 422
    assert "Enter an e-mail address like name@example.org." in answer.text
    assert 'aria-invalid="true" aria-describedby="id_address_error"' in answer.text
    assert 'id="id_address_error"' in answer.text


@pytest.mark.parametrize("path", ["/subscribe/", "/subscribe/again/", "/subscribe/preferences/"])
def test_what_is_nearly_a_large_providers_address_is_asked_about_before_anything_is_sent(sign_up, path):
    for typed, meant in (("Anna@gmial.com", "Anna@gmail.com"), ("b@hotmail.con", "b@hotmail.com")):
        page = sign_up(typed, path=path)
        assert page.status_code == 422
        assert "<title>Please look again: " in page.text
        assert (
            f'<button class="primary" type="submit" name="spelling" value="meant">Yes, {meant}<' in page.text
        )
        assert f'<button type="submit" name="spelling" value="typed">No, {typed}<' in page.text
        assert page.text.count("<button") == 3
        assert not LinkRequest.objects.exists()
        for spelling, address in (("typed", typed), ("meant", meant)):
            assert address in sign_up(typed, path=path, spelling=spelling).text
            assert LinkRequest.objects.get().address == address
            LinkRequest.objects.all().delete()


@pytest.mark.parametrize(
    "domain", ["gmail.com", "mail.com", "ymail.com", "gmx.com", "hotmail.fr", "mails.com", "x.co"]
)
def test_an_address_elsewhere_is_not_asked_about(sign_up, domain):
    assert sign_up(f"anna@{domain}").status_code == 200


@pytest.mark.parametrize(("spelling", "address"), [("typed", "anna@gmial.com"), ("meant", "anna@gmail.com")])
def test_the_spelling_that_was_chosen_stays_where_a_question_comes_as_well(
    sign_up, flooded, spelling, address
):
    page = sign_up("anna@gmial.com", spelling=spelling)
    assert f'value="{address}"' in page.text
    answer = address_states.answer_challenge(asked_in(page))
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text)) | {"answer": answer}
    assert sign_up(fields.pop("address"), **fields).status_code == 200
    assert LinkRequest.objects.get().address == address


@pytest.mark.parametrize("name", ["A" * 61, "https://evil.example"])
def test_a_name_that_cannot_be_one_is_told_before_anybody_is_subscribed(client, name):
    link = f"/subscribe/confirm/{subscriptions.request('anna@example.org').token}/"
    page = client.post(link, {"first_name": name})
    assert page.status_code == 422
    assert "<title>Please look again: " in page.text
    assert 'aria-describedby="id_first_name_error"' in page.text
    assert not Subscriber.objects.exists()


def test_the_consent_record_has_the_words_the_page_the_times_and_a_coarse_origin(client, sign_up):
    sign_up(
        "anna@example.org",
        headers={"Origin": "http://testserver", "Referer": "http://testserver/tips/be-kind/?q=secret"},
    )
    signup = LinkRequest.objects.get()
    client.post(f"/subscribe/confirm/{signup.token}/")
    event = ConsentEvent.objects.get()
    assert event.wording_version == consent_wording.current()
    assert "one tip a week" in event.wording
    assert event.wording in client.get("/subscribe/").text
    assert (event.page, event.region) == ("/tips/be-kind/", "203.0.113.0/24")
    assert event.asked_at == signup.asked_at <= event.at


def test_a_consent_record_is_never_rewritten():
    subscriptions.confirm(subscriptions.request("anna@example.org"))
    event = ConsentEvent.objects.get()
    event.wording = "Everything, daily"
    with pytest.raises(TypeError, match="a record"):
        event.save()


def test_a_sign_up_is_taken_also_where_no_task_can_be(sign_up, settings, post_office):
    settings.TASKS = {"default": {"BACKEND": "tests.subscribers.failing_tasks.Backend"}}
    assert sign_up("anna@example.org").status_code == 200
    assert link_mails.outbox.send_due() == 1
    assert len(post_office.letters) == 1


def test_the_privacy_page_says_who_keeps_what_and_how_to_leave(client, settings):
    settings.REPLY_TO, settings.POSTAL_ADDRESS = "Desk <desk@example.org>", "1 Bell Lane, Springfield"
    page = client.get("/privacy/").text
    for phrase in ("deleted 14 days after", "How to leave", 'href="mailto:desk@example.org"', "1 Bell Lane"):
        assert phrase in page
