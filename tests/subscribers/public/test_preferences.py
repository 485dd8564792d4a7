"""What a subscriber sees and changes by themselves, behind a link mailed to them on request."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from shield import signed_time
from shield.rate_limits import FixedWindow
from subscribers import addresses
from subscribers.mail import link_mails
from subscribers.models import ConsentEvent, Erasure, LinkRequest, ServiceMail, Subscriber, Suppression
from subscribers.people import subscriptions, suppressions
from subscribers.public import preferences
from subscribers.public.forms import EraseForm, MoveForm, NameForm, PauseForm
from tests.subscribers.public.hostile import HOSTILE
from tests.tips.weeks import tuesdays

pytestmark = pytest.mark.django_db

# A Tuesday, five hours before noon in New York.
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def anna():
    anna = subscriptions.confirm(subscriptions.request("Anna@example.org", first_name="Anna"))
    LinkRequest.objects.update(mail_state="sent", mailed_at=timezone.now())
    return anna


@pytest.fixture
def link(anna):
    link = link_for("anna@example.org")
    LinkRequest.objects.update(mail_state="sent", mailed_at=timezone.now())
    return link


@pytest.fixture
def press(client, link):
    """Return a function that presses one of the page's buttons."""

    def press_button(do, **fields):
        return client.post(link, {"do": do, **fields}, headers={"Origin": "null"})

    return press_button


def link_for(address):
    return f"/subscribe/preferences/{subscriptions.request(address, kind=LinkRequest.Kind.LINK).token}/"


def send_mails(post_office):
    """Send the mails that are due; return (recipient, subject) of each."""
    del post_office.letters[:]
    link_mails.outbox.send_due()
    return [
        (letter.recipients[0], letter.message["Subject"].partition(":")[0]) for letter in post_office.letters
    ]


def ask_for_link(client, address, **headers):
    data = {"address": address, "timestamp": signed_time.timestamp(), "subject": ""}
    return client.post("/subscribe/preferences/", data, headers={"Origin": "http://testserver", **headers})


def link_in(post_office, name):
    return re.search(rf"^http\S+(/subscribe/{name}/\S+)$", post_office.letters[0].text, re.MULTILINE).group(1)


def subscriber():
    return Subscriber.objects.get()


def test_a_subscriber_asks_for_a_link_and_gets_it_at_the_address_we_know(client, anna, post_office):
    answer = ask_for_link(client, "anna@Example.org")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert "Look at your mail" in answer.text
    link_mails.outbox.send_due()
    assert post_office.letters[0].recipients == ["Anna@example.org"]
    page = client.get(link_in(post_office, "preferences"))
    assert "Anna@example.org" in page.text
    assert 'value="Anna"' in page.text
    assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert not page.cookies


def test_the_link_is_mailed_to_those_we_know_and_the_answer_is_the_same_to_all(client, anna, post_office):
    subscriptions.leave(subscriptions.confirm(subscriptions.request("left@example.org")))
    for reason in suppressions.LASTING:
        subscriptions.confirm(subscriptions.request(f"{reason}@example.org"))
        suppressions.suppress(addresses.keyed_hash(f"{reason}@example.org"), reason)
    everybody = ["nobody@example.org", "anna@example.org", "left@example.org"]
    everybody += [f"{reason}@example.org" for reason in suppressions.LASTING]
    answers = {ask_for_link(client, address).text.replace(address, "ADDRESS") for address in everybody}
    statuses = {ask_for_link(client, address).status_code for address in everybody}
    assert (len(answers), statuses) == (1, {200})
    subject = "Your link to your preferences"
    assert send_mails(post_office) == [("Anna@example.org", subject), ("left@example.org", subject)]


@pytest.mark.parametrize("do", ["name", "leave"])
def test_the_link_in_a_letter_opens_the_preferences_for_one_change(client, anna, post_office, clock, do):
    subscriptions.request("anna@example.org")
    assert send_mails(post_office) == [("Anna@example.org", "You are subscribed already")]
    link = link_in(post_office, "preferences")
    assert client.post(link, {"do": "data"}).status_code == 200
    assert client.post(link, {"do": "name", "first_name": "x" * 61}).status_code == 422
    clock.shift(timedelta(minutes=59))
    answer = client.post(link, {"do": do, "first_name": "Änne"})
    page = client.get(answer["Location"])
    assert "This link was good for one change" in page.text
    assert 'action="/subscribe/preferences/"' in page.text
    assert page.text.count("<button") == (1 if do == "name" else 2)
    changed = subscriber().first_name, subscriber().state
    assert changed == (("Änne", "confirmed") if do == "name" else ("Anna", "left"))
    for again in ({"do": "name", "first_name": "Eve"}, {"do": "erase", "sure": "on"}):
        assert client.post(link, again)["Location"] == link
    assert (subscriber().first_name, subscriber().state) == changed
    clock.shift(timedelta(minutes=2))
    assert client.get(link).status_code == 404


def test_the_link_in_a_letter_ends_with_the_address_that_it_was_mailed_to(client, anna, post_office):
    subscriptions.request("anna@example.org")
    send_mails(post_office)
    link = link_in(post_office, "preferences")
    subscriptions.move(subscriptions.ask_to_move(anna, "anna@new.example"))
    assert client.get(link).status_code == 404
    assert client.post(link, {"do": "leave"}).status_code == 404


def test_an_address_gets_one_link_in_a_quarter_of_an_hour_and_three_a_day(client, anna, post_office, clock):
    sent = []
    for minutes in (0, 14, 1, 15, 15, 15):
        clock.shift(timedelta(minutes=minutes))
        link_for("anna@example.org")
        sent.append(len(send_mails(post_office)))
    assert sent == [1, 0, 1, 1, 0, 0]
    clock.shift(timedelta(days=1))
    link_for("anna@example.org")
    assert len(send_mails(post_office)) == 1


@pytest.fixture
def mails_for(client, post_office, clock):
    """Return a function that asks for Anna's link from an IP address, and counts the mails."""

    def ask(remote, times=1):
        for _ in range(times):
            data = {"address": "anna@example.org", "timestamp": signed_time.timestamp(), "subject": ""}
            headers = {"Origin": "http://testserver"}
            client.post("/subscribe/preferences/", data, headers=headers, REMOTE_ADDR=remote)
            yield len(send_mails(post_office))
            clock.shift(timedelta(minutes=16))

    return lambda *asked: sum(ask(*asked))


def test_what_a_stranger_asks_for_locks_no_subscriber_out(anna, mails_for):
    assert mails_for("198.51.100.1", 5) == 3
    assert mails_for("203.0.113.1") == 1


def test_what_many_strangers_ask_for_makes_a_subscriber_wait_and_is_answered_by_one_mail(
    anna, mails_for, post_office, clock
):
    # Of two regions, the second by ever new addresses.
    assert mails_for("198.51.100.1", 3) + sum(mails_for(f"2001:db8:0:{n}::1") for n in range(3)) == 6
    assert mails_for("203.0.113.1", 2) == 0
    clock.shift(timedelta(hours=3))
    assert len(send_mails(post_office)) == 1
    clock.shift(timedelta(hours=3))
    assert send_mails(post_office) == []


def test_whoever_uses_a_link_may_ask_for_others_at_once(anna, mails_for, post_office, client, clock):
    assert mails_for("203.0.113.1", 4) == 3
    clock.shift(timedelta(hours=3))
    assert len(send_mails(post_office)) == 1
    client.post(link_in(post_office, "preferences"), {"do": "resume"}, headers={"Origin": "null"})
    assert mails_for("203.0.113.1", 4) == 3


def test_the_link_opens_for_one_hour_from_its_mail(client, anna, post_office, clock):
    link_for("anna@example.org")
    clock.shift(timedelta(hours=3))
    send_mails(post_office)
    link = link_in(post_office, "preferences")
    clock.shift(timedelta(minutes=59))
    assert client.get(link).status_code == 200
    clock.shift(timedelta(minutes=2))
    assert client.get(link).status_code == client.post(link, {"do": "leave"}).status_code == 404
    assert subscriber().state == "confirmed"


def test_opening_the_page_and_pressing_what_is_not_there_changes_nothing(client, link, press):
    before = list(Subscriber.objects.values()), LinkRequest.objects.count()
    for method in (client.get, client.head, client.put, client.delete):
        assert method(link, {"do": "leave"}).status_code in (200, 405)
    assert client.get(f"{link}?do=leave&done=%3Cb%3E&first_name=Eve").text.count("<b>") == 0
    for do in ("", "nonsense", "state", "\x00"):
        assert press(do).status_code == 303
    assert (list(Subscriber.objects.values()), LinkRequest.objects.count()) == before


def test_a_name_is_changed_and_taken_away(client, press):
    answer = press("name", first_name="  Änne   Marie ")
    assert answer.status_code == 303
    assert subscriber().first_name == "Änne Marie"
    assert "Your first name is saved: Änne Marie." in client.get(answer["Location"]).text
    answer = press("name", first_name="")
    assert subscriber().first_name == ""
    assert "no first name" in client.get(answer["Location"]).text


@pytest.mark.parametrize("name", ["Än\x00ne", "\u202eÄnne\u202c", "Än\u00adne\x1b", "A\u0308nne\u2028"])
def test_signs_that_nobody_sees_are_left_out_of_a_name(press, name):
    assert press("name", first_name=name).status_code == 303
    assert subscriber().first_name == "Änne"


@pytest.mark.parametrize(
    "name",
    [
        *["x" * 61, "Anna\r\nBcc: eve@evil.example", "\ue000"],
        # Our mails greet with it, and a mail program would link these.
        *["https://evil.example", "WWW.evil.example", "eve@evil.example"],
    ],
)
def test_a_hostile_name_is_refused_in_a_sentence_beside_its_field(press, name):
    answer = press("name", first_name=name)
    assert answer.status_code == 422
    assert re.search(r'id="id_first_name_error">[A-Z].*\.</span>', answer.text)
    assert 'aria-describedby="id_first_name_error"' in answer.text
    assert subscriber().first_name == "Anna"


def test_no_string_in_any_field_breaks_the_page(link, press):
    fields = {
        "first_name": lambda string: NameForm({"first_name": string}, subscriber=subscriber()),
        "length": lambda string: PauseForm({"length": string}, subscriber=subscriber()),
        "until": lambda string: PauseForm({"length": "on", "until": string}, subscriber=subscriber()),
        "address": lambda string: MoveForm({"address": string}, subscriber=subscriber()),
        "sure": lambda string: EraseForm({"sure": string}, subscriber=subscriber()),
    }
    taken = {name: [string for string in HOSTILE if make(string).is_valid()] for name, make in fields.items()}
    assert taken["length"] == taken["until"] == []
    assert not [name for name in taken["first_name"] if "\n" in name.strip() or "\r" in name.strip()]
    for number, string in enumerate(HOSTILE[::24]):
        pairs = [("name", "first_name"), ("pause", "length"), ("pause", "until"), ("move", "address")]
        do, name = pairs[number % 4]
        answer = press(do, **{name: string})
        assert answer.status_code in (303, 422), string
        assert "<script>alert" not in answer.text
        assert press(string).status_code == 303


def test_what_was_typed_is_shown_and_mailed_as_text(client, press):
    name = "<b>{{ 7|add:35 }}</b>"
    page = client.get(press("name", first_name=name)["Location"]).text
    assert "&lt;b&gt;{{ 7|add:35 }}&lt;/b&gt;" in page
    assert "<b>" not in page


def test_a_pause_is_for_some_weeks_or_until_a_day_and_can_be_ended(clock, client, press):
    tuesdays()
    answer = press("pause", length="4")
    assert subscriber().paused_until == date(2026, 3, 31)
    page = client.get(answer["Location"]).text
    assert "Paused until Tuesday, 31 March 2026; the next tip after that comes on Tuesday, 31 March" in page
    answer = press("pause", until="2026-05-06")
    assert subscriber().paused_until == date(2026, 5, 6)
    page = client.get(answer["Location"]).text
    assert "Paused until Wednesday, 6 May 2026; the next tip after that comes on Tuesday, 12 May 2026" in page
    assert not Subscriber.objects.reachable(date(2026, 5, 5)).exists()
    assert Subscriber.objects.reachable(date(2026, 5, 6)).exists()
    answer = press("resume")
    assert subscriber().paused_until is None
    assert "The pause is over" in client.get(answer["Location"]).text


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({}, "length", "Choose for how long."),
        ({"length": "on"}, "until", "Choose for how long."),
        ({"length": "3"}, "length", "Choose one of these."),
        ({"length": "4", "until": "2026-05-06"}, "until", "not both"),
        ({"until": "2026-03-03"}, "until", "still to come"),
        ({"until": "2027-03-04"}, "until", "within a year"),
        ({"until": "next May"}, "until", "like 2027-01-05"),
        ({"until": "9999-99-99"}, "until", "like 2027-01-05"),
    ],
)
def test_a_pause_that_cannot_be_is_refused_beside_its_field(press, clock, fields, field, sentence):
    answer = press("pause", **fields)
    assert answer.status_code == 422
    assert sentence in re.search(rf'id="id_{field}_error">(.*?)</span>', answer.text).group(1)
    assert subscriber().paused_until is None


def test_a_change_of_address_waits_for_a_button_behind_a_mail_to_the_new_one(
    clock, client, anna, link, press, post_office
):
    answer = press("move", address="anna@new.example")
    assert "One more step" in client.get(answer["Location"]).text
    assert subscriber().address == "Anna@example.org"
    assert send_mails(post_office) == [("anna@new.example", "Please confirm your new address")]
    assert "anna@example.org" not in post_office.letters[0].raw.decode().lower()
    move = link_in(post_office, "move")
    page = client.get(move)
    assert "Shall the tips come to this address?" in page.text
    assert page.text.count("<button") == 1
    assert "example.org" not in page.text
    assert subscriber().address == "Anna@example.org"

    for _ in range(2):
        assert client.post(move)["Location"] == move
    assert (subscriber().address, subscriber().address_folded) == ("anna@new.example", "anna@new.example")
    assert "The tips come here now" in client.get(move).text
    assert client.get(link).status_code == 404
    assert [event.kind for event in ConsentEvent.objects.all()] == ["confirmed", "moved"]
    assert ServiceMail.objects.get(kind="moved").address == "Anna@example.org"
    assert not LinkRequest.objects.filter(address_folded="anna@example.org").exists()
    clock.shift(timedelta(days=1, minutes=1))
    assert client.post(move).status_code == 404


def test_a_new_address_that_is_nearly_a_large_providers_is_asked_about(client, press, post_office):
    page = press("move", address="anna@gmial.com")
    assert page.status_code == 422
    assert "Did you mean gmail.com?" in page.text
    assert 'name="spelling" value="meant">Yes, anna@gmail.com<' in page.text
    assert send_mails(post_office) == []
    assert press("move", address="anna@gmial.com", spelling="meant").status_code == 303
    assert [address for address, _ in send_mails(post_office)] == ["anna@gmail.com"]


def test_nothing_is_mailed_to_a_new_address_that_cannot_be_one(client, press, post_office, monkeypatch):
    subscriptions.confirm(subscriptions.request("member@example.org"))
    subscriptions.leave(subscriptions.confirm(subscriptions.request("left@example.org")))
    for reason in Suppression.Reason:
        suppressions.suppress(addresses.keyed_hash(f"{reason}@example.org"), reason)
    monkeypatch.setattr(preferences, "MOVES", FixedWindow("many moves", 99, timedelta(days=1)))
    send_mails(post_office)
    names = ["new", "member", "left", *Suppression.Reason]
    answers = {press("move", address=f"{name}@example.org")["Location"] for name in names}
    assert len(answers) == 1
    assert send_mails(post_office) == [("new@example.org", "Please confirm your new address")]


def test_changes_of_address_flood_nobody(client, press, post_office, clock):
    for _ in range(2):
        assert press("move", address="new@example.org").status_code == 303
    assert press("move", address="Anna@Example.org").status_code == 422
    assert press("move", address="other@example.org").status_code == 303
    answer = press("move", address="third@example.org")
    assert answer.status_code == 422
    assert "Please try tomorrow." in answer.text
    assert [address for address, _ in send_mails(post_office)] == ["new@example.org", "other@example.org"]


def test_a_change_of_address_ends_the_others_that_were_asked_for(client, anna):
    first, second = (subscriptions.ask_to_move(anna, f"{name}@example.org") for name in ("one", "two"))
    assert client.post(f"/subscribe/move/{second.token}/").status_code == 303
    for method in (client.post, client.get):
        assert method(f"/subscribe/move/{first.token}/").status_code == 404
    assert subscriber().address == "two@example.org"


@pytest.mark.parametrize("meanwhile", ["taken", "taken at the same moment", "left", "blocked", "erased"])
def test_a_new_address_that_cannot_be_one_any_more_leads_to_the_friendly_page(
    client, anna, meanwhile, monkeypatch
):
    signup = subscriptions.ask_to_move(anna, "new@example.org")
    if meanwhile.startswith("taken"):
        subscriptions.confirm(subscriptions.request("new@example.org"))
        LinkRequest.objects.filter(pk=signup.pk).update(state="open")
    if meanwhile == "taken at the same moment":
        monkeypatch.setattr(subscriptions, "can_move", lambda signup: True)
    if meanwhile == "left":
        subscriptions.leave(anna)
    if meanwhile == "blocked":
        suppressions.suppress(anna.address_hash, Suppression.Reason.BLOCKED)
    if meanwhile == "erased":
        anna.delete()
    answer = client.post(f"/subscribe/move/{signup.token}/")
    assert answer.status_code == 404
    assert "This link no longer works" in answer.text
    assert not Subscriber.objects.filter(pk=anna.pk).exclude(address="Anna@example.org").exists()
    assert not ServiceMail.objects.filter(kind="moved").exists()


def test_whoever_leaves_is_told_so_and_offered_the_way_back_their_data_and_to_be_erased(client, link, press):
    answer = press("leave")
    assert subscriber().state == "left"
    assert Suppression.objects.get().evidence == "left by the preferences"
    page = client.get(answer["Location"]).text
    assert "You have left" in page
    for offered in ('href="/subscribe/"', "Download my data", "Erase me"):
        assert offered in page
    assert "Another address" not in page
    assert press("name", first_name="Eve").status_code == press("resume").status_code == 303
    assert (subscriber().first_name, subscriber().state) == ("Anna", "left")
    client.post(re.search(r'action="(/subscribe/undo/[^"]+)"', page).group(1))
    assert subscriber().state == "confirmed"


def test_erasing_takes_a_tick_and_leaves_a_receipt(client, link, press):
    answer = press("erase")
    assert answer.status_code == 422
    assert "Tick the box if you are sure." in answer.text
    assert subscriber().first_name == "Anna"
    answer = press("erase", sure="on")
    assert answer["Location"] == f"/subscribe/erased/{Erasure.objects.get().number}/"
    assert Erasure.objects.get().number in client.get(answer["Location"]).text
    assert not Subscriber.objects.exists()
    assert client.get(link).status_code == 404
