"""Who gets a confirmation mail, when, and what it says."""

import logging
import re
import socket
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from shield.rate_limits import SlidingWindow
from subscribers import addresses, tokens
from subscribers.delivery import heartbeat, pool
from subscribers.mail import compose, link_mails, outbox
from subscribers.models import LinkRequest
from subscribers.people import subscriptions, suppressions
from tipsite.worker import clock as worker_clock

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def no_mail_server(post_office, settings):
    """Point the site at a port where nobody listens; return a function that brings the server back."""
    port = settings.EMAIL_PORT
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = taken.getsockname()[1]
        yield lambda: setattr(settings, "EMAIL_PORT", port)


def state_of(signup):
    return LinkRequest.objects.get(pk=signup.pk).mail_state


def recipients(post_office):
    return [recipient for letter in post_office.letters for recipient in letter.recipients]


def test_the_mail_is_plain_and_holds_one_link_and_nothing_the_stranger_typed(post_office, settings):
    settings.SITE_NAME, settings.SITE_URL = "Tips & <Co>", "https://tips.example.org"
    settings.REPLY_TO, settings.POSTAL_ADDRESS = "desk@example.org", "1 Bell Lane"
    signup = subscriptions.request("anna@example.org", first_name="Buy pills at evil.example")
    link_mails.outbox.send_due()
    (letter,) = post_office.letters
    mail = letter.message
    assert mail["Subject"] == "Please confirm your sign-up: Tips & <Co>"
    assert (mail["To"], mail["Reply-To"]) == ("anna@example.org", "desk@example.org")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    for text in (letter.text, letter.html):
        assert text.count("https://tips.example.org/subscribe/confirm/") == 1
        assert "1 Bell Lane" in text
        assert "pills" not in text
        assert "14 days" in text
    assert "Tips & <Co>" in letter.text
    assert "Tips &amp; &lt;Co&gt;" in letter.html
    for sign_of_tracking in ("<script", "url(", "http://", "anna"):
        assert sign_of_tracking not in letter.html
    # The bell is one picture for all.
    (bell,) = re.findall(r'<img [^>]*src="([^"]*)"', letter.html)
    assert bell == "https://tips.example.org/static/mail-bell.png"
    assert letter.html.count("<img") == 1
    assert state_of(signup) == LinkRequest.MailState.SENT


def test_a_person_is_not_flooded_through_variants_of_their_address(post_office, clock):
    for number in range(12):
        subscriptions.request(f"anna+{number}@example.org")
        subscriptions.request(
            f"{'anna'[: number % 4]}.{'anna'[number % 4 :]}+{number}@example.org".lstrip(".")
        )
    link_mails.outbox.send_due()
    assert len(post_office.letters) == 6
    # Each is written to as it was typed, and the plain address as if nothing had happened.
    assert recipients(post_office)[0] == "anna+0@example.org"
    subscriptions.request("anna@example.org")
    subscriptions.request("berta+tips@example.org")
    link_mails.outbox.send_due()
    assert recipients(post_office)[6:] == ["anna@example.org", "berta+tips@example.org"]
    clock.shift(timedelta(days=1, minutes=1))
    subscriptions.request("anna+13@example.org")
    link_mails.outbox.send_due()
    assert recipients(post_office)[8:] == ["anna+13@example.org"]


def test_an_address_gets_one_mail_a_day_however_it_is_written(post_office, clock):
    for address in ("anna@example.org", "Anna@example.org", "ANNA@example.org", '"an\\na"@example.org'):
        subscriptions.request(address)
    link_mails.outbox.send_due()
    clock.shift(timedelta(hours=23, minutes=59))
    subscriptions.request("anna@example.org")
    link_mails.outbox.send_due()
    assert recipients(post_office) == ["anna@example.org"]
    clock.shift(timedelta(minutes=1))
    subscriptions.request("anna@example.org")
    link_mails.outbox.send_due()
    assert recipients(post_office) == ["anna@example.org"] * 2


MINUTES = timedelta(minutes=1)


def test_it_comes_once_more_on_request_a_quarter_of_an_hour_after_the_first_and_not_again(post_office, clock):
    subscriptions.request("anna@example.org")
    link_mails.outbox.send_due()
    clock.shift(10 * MINUTES)
    first, second = (subscriptions.request("ANNA@example.org", kind=LinkRequest.Kind.AGAIN) for _ in range(2))
    link_mails.outbox.send_due()
    assert recipients(post_office) == ["anna@example.org"]
    clock.shift(4 * MINUTES)
    link_mails.outbox.send_due()
    assert [state_of(first), state_of(second)] == [
        LinkRequest.MailState.WAITING,
        LinkRequest.MailState.WAITING,
    ]
    clock.shift(1 * MINUTES)
    link_mails.outbox.send_due()
    assert [state_of(first), state_of(second)] == [LinkRequest.MailState.SENT, LinkRequest.MailState.SKIPPED]
    assert recipients(post_office) == ["anna@example.org", "ANNA@example.org"]
    for hours in range(23):
        clock.shift(60 * MINUTES)
        subscriptions.request(
            "anna@example.org", kind=LinkRequest.Kind.AGAIN if hours % 2 else LinkRequest.Kind.JOIN
        )
        link_mails.outbox.send_due()
    assert len(post_office.letters) == 2
    assert not LinkRequest.objects.filter(mail_state=LinkRequest.MailState.WAITING).exists()


def test_a_request_for_a_mail_that_was_never_sent_today_takes_its_place(post_office, clock):
    subscriptions.request("anna@example.org", kind=LinkRequest.Kind.AGAIN)
    subscriptions.request("anna@example.org")
    link_mails.outbox.send_due()
    assert len(post_office.letters) == 1
    clock.shift(16 * MINUTES)
    subscriptions.request("anna@example.org", kind=LinkRequest.Kind.AGAIN)
    link_mails.outbox.send_due()
    assert len(post_office.letters) == 2


def test_a_request_for_a_mail_that_its_server_wants_later_waits_for_that(post_office, clock):
    post_office.answers = {"anna@example.org": "451 come back later"}
    first = subscriptions.request("anna@example.org")
    link_mails.outbox.send_due()
    again = subscriptions.request("anna@example.org", kind=LinkRequest.Kind.AGAIN)
    post_office.answers = {}
    link_mails.outbox.send_due()
    assert not post_office.letters
    clock.shift(2 * MINUTES)
    link_mails.outbox.send_due()
    assert [state_of(first), state_of(again)] == [LinkRequest.MailState.SENT, LinkRequest.MailState.WAITING]
    for _ in range(2):
        clock.shift(15 * MINUTES)
        link_mails.outbox.send_due()
    assert [state_of(first), state_of(again)] == [LinkRequest.MailState.SENT, LinkRequest.MailState.SENT]


def test_a_request_that_waits_while_its_address_is_confirmed_brings_no_mail(post_office, clock):
    first = subscriptions.request("anna@example.org")
    link_mails.outbox.send_due()
    subscriptions.request("anna@example.org", kind=LinkRequest.Kind.AGAIN)
    subscriptions.confirm(first)
    clock.shift(16 * MINUTES)
    link_mails.outbox.send_due()
    assert len(post_office.letters) == 1


def test_a_subscriber_is_told_so_at_most_once_a_week_and_as_they_spell_it(post_office, clock):
    subscriptions.confirm(subscriptions.request("Anna@example.org"))
    for _ in range(8):
        for kind in (LinkRequest.Kind.JOIN, LinkRequest.Kind.AGAIN):
            subscriptions.request("ANNA@example.org", kind=kind, first_name="Buy pills")
        link_mails.outbox.send_due()
        clock.shift(timedelta(days=1))
    assert recipients(post_office) == ["Anna@example.org"] * 2
    for letter in post_office.letters:
        assert letter.message["Subject"].startswith("You are subscribed already")
        assert "/subscribe/preferences/" in letter.text
        assert "/subscribe/confirm/" not in letter.text
        assert "pills" not in letter.text + letter.html


def test_a_turn_that_comes_again_sends_nothing_twice(post_office):
    subscriptions.request("anna@example.org")
    assert [link_mails.outbox.send_due() for _ in range(3)] == [1, 0, 0]
    assert len(post_office.letters) == 1


def test_another_process_that_comes_while_a_mail_is_on_its_way_leaves_it_alone(post_office, monkeypatch):
    subscriptions.request("anna@example.org")
    build = compose.confirmation

    def build_while_another_process_tries(row):
        link_mails.outbox.send_due()
        return build(row)

    monkeypatch.setattr(compose, "confirmation", build_while_another_process_tries)
    link_mails.outbox.send_due()
    assert len(post_office.letters) == 1


def test_what_exceeds_the_budget_of_all_waits_in_order_and_is_not_lost(post_office, clock):
    amount = outbox.OVERALL.amount
    expected = [f"a{n}@host{n % 7}.example" for n in range(amount + 5)]
    for address in expected:
        subscriptions.request(address)
    assert link_mails.outbox.send_due() == amount
    assert link_mails.outbox.send_due() == 0
    subscriptions.request("late@example.org")
    assert link_mails.outbox.send_due() == 0
    clock.shift(timedelta(minutes=1))
    link_mails.outbox.send_due()
    assert recipients(post_office) == [*expected, "late@example.org"]


def test_one_domain_that_is_full_holds_up_nobody_else(post_office, clock, monkeypatch):
    two_an_hour = outbox.TokenBucket("test domain", 2, timedelta(hours=1), burst=2)
    monkeypatch.setattr(outbox, "PER_DOMAIN", two_an_hour)
    for n in range(4):
        subscriptions.request(f"a{n}@full.example")
    subscriptions.request("b@other.example")
    subscriptions.request("c@notfull.example")
    link_mails.outbox.send_due()
    assert recipients(post_office) == [
        "a0@full.example",
        "a1@full.example",
        "b@other.example",
        "c@notfull.example",
    ]
    # Nor does it keep the next one from going at once.
    subscriptions.request("d@other.example")
    link_mails.outbox.send_due()
    assert recipients(post_office)[4:] == ["d@other.example"]
    clock.shift(timedelta(hours=1))
    link_mails.outbox.send_due()
    assert recipients(post_office)[5:] == ["a2@full.example", "a3@full.example"]


def test_mails_to_a_domain_that_is_full_go_in_turns_of_the_networks_that_ask(post_office, clock, monkeypatch):
    one_a_minute = outbox.TokenBucket("test domain", 60, timedelta(hours=1), burst=2)
    monkeypatch.setattr(outbox, "PER_DOMAIN", one_a_minute)
    for n in range(40):
        subscriptions.request(f"hog{n}@full.example", turn=n + 1)
    link_mails.outbox.send_due()
    for name in ("anna", "berta"):
        subscriptions.request(f"{name}@full.example")
    clock.shift(30 * MINUTES // 60)
    link_mails.outbox.send_due()
    for _ in range(4):
        clock.shift(MINUTES)
        link_mails.outbox.send_due()
    senders = [recipient.partition("@")[0] for recipient in recipients(post_office)]
    assert senders == ["hog0", "hog1", "anna", "berta", "hog2", "hog3"]


def test_what_waits_for_the_budget_of_all_for_six_hours_is_given_up(post_office, clock, monkeypatch):
    monkeypatch.setattr(outbox, "OVERALL", SlidingWindow("test", 1, timedelta(hours=3, minutes=1)))
    signups = [subscriptions.request(f"a{n}@example.org") for n in range(4)]
    for _ in range(7):
        link_mails.outbox.send_due()
        clock.shift(60 * MINUTES + MINUTES)
    assert [state_of(each) for each in signups] == [
        LinkRequest.MailState.SENT,
        LinkRequest.MailState.SENT,
        LinkRequest.MailState.SENT,
        LinkRequest.MailState.GIVEN_UP,
    ]


def test_the_absence_of_the_mail_server_costs_nobody_their_place(post_office, no_mail_server, clock):
    amount = outbox.OVERALL.amount
    expected = [f"a{n}@host{n % 7}.example" for n in range(amount + 5)]
    for address in expected:
        subscriptions.request(address)
    for _ in range(7):
        link_mails.outbox.send_due()
        clock.shift(60 * MINUTES)
    assert LinkRequest.objects.filter(tries__gt=0).count() == 1
    no_mail_server()
    assert link_mails.outbox.send_due() == amount
    clock.shift(MINUTES)
    link_mails.outbox.send_due()
    assert recipients(post_office) == expected


def test_what_waits_for_the_budget_of_all_goes_with_the_next_turn_that_has_a_place(
    post_office, monkeypatch, clock
):
    monkeypatch.setattr(outbox, "OVERALL", SlidingWindow("test", 2, timedelta(seconds=3)))
    for n in range(5):
        subscriptions.request(f"a{n}@example.org")
    sent = []
    for _ in range(7):
        sent.append(link_mails.outbox.send_due())
        clock.shift(timedelta(seconds=1))
    assert sent == [2, 0, 0, 2, 0, 0, 1]


def test_a_server_that_is_slow_for_one_kind_of_mail_does_not_hold_up_the_other(post_office, monkeypatch):
    for name in ("anna", "berta"):
        subscriptions.request(f"{name}@example.org")
    assert link_mails.outbox.send_due(seconds=0) == 0
    assert link_mails.outbox.send_due(stop=True) == 0
    assert link_mails.outbox.send_due() == 2


@pytest.mark.django_db(transaction=True)
def test_a_turn_that_finds_nothing_due_writes_nothing(django_assert_num_queries):
    with django_assert_num_queries(4):
        assert pool.send_outgoing_mails() == 0


def test_it_outlasts_a_server_that_takes_a_few_mails_from_one_connection(post_office, monkeypatch):
    async def handle_mail(server, session, envelope, address, options):
        session.mails = getattr(session, "mails", 0) + 1
        if session.mails > 2:
            return "421 too many mails in this connection"
        envelope.mail_from = address
        return "250 OK"

    monkeypatch.setattr(post_office, "handle_MAIL", handle_mail, raising=False)
    for n in range(5):
        subscriptions.request(f"a{n}@example.org")
    assert link_mails.outbox.send_due() == 5
    assert len(post_office.letters) == 5


def test_a_mail_whose_text_is_refused_and_a_server_that_refuses_us_settle_nothing(post_office, monkeypatch):
    async def handle_data(server, session, envelope):
        return "554 no" if "anna" in envelope.rcpt_tos[0] else await take(server, session, envelope)

    take = post_office.handle_DATA
    monkeypatch.setattr(post_office, "handle_DATA", handle_data)
    post_office.answers = {"berta@example.org": "554 5.7.1 relay access denied"}
    signups = [subscriptions.request(f"{name}@example.org") for name in ("anna", "berta", "carla")]
    link_mails.outbox.send_due()
    assert [state_of(each) for each in signups] == [
        LinkRequest.MailState.WAITING,
        LinkRequest.MailState.WAITING,
        LinkRequest.MailState.SENT,
    ]


def test_it_tries_again_where_the_mail_server_is_away(post_office, no_mail_server, clock, caplog):
    signups = [subscriptions.request(f"{name}@example.org") for name in ("anna", "berta")]
    assert link_mails.outbox.send_due() == 0
    assert [state_of(signup) for signup in signups] == [
        LinkRequest.MailState.WAITING,
        LinkRequest.MailState.WAITING,
    ]
    assert "ConnectionRefusedError" in caplog.text
    assert "anna" not in caplog.text
    no_mail_server()
    clock.shift(timedelta(minutes=10))
    assert link_mails.outbox.send_due() == 2
    assert sorted(recipients(post_office)) == ["anna@example.org", "berta@example.org"]


def test_it_gives_up_after_three_days_without_a_mail_server(no_mail_server, clock):
    signup = subscriptions.request("anna@example.org")
    for _ in range(71):
        link_mails.outbox.send_due()
        clock.shift(timedelta(hours=1, minutes=1))
    assert state_of(signup) == LinkRequest.MailState.WAITING
    clock.shift(timedelta(hours=1))
    link_mails.outbox.send_due()
    assert state_of(signup) == LinkRequest.MailState.GIVEN_UP


def test_an_address_that_its_server_refuses_is_settled_and_the_next_one_is_sent(post_office, caplog):
    post_office.answers = {"anna@example.org": "550 no such user anna@example.org"}
    refused, taken = (subscriptions.request(f"{name}@example.org") for name in ("anna", "berta"))
    link_mails.outbox.send_due()
    assert (state_of(refused), state_of(taken)) == (LinkRequest.MailState.REFUSED, LinkRequest.MailState.SENT)
    assert "anna" not in "".join(
        record.getMessage() for record in caplog.records if record.name != "mail.log"
    )


def test_an_address_that_its_server_wants_later_is_sent_later(post_office, clock, caplog):
    post_office.answers = {"anna@example.org": "451 come back, anna@example.org"}
    put_off, taken = (subscriptions.request(f"{name}@example.org") for name in ("anna", "berta"))
    link_mails.outbox.send_due()
    assert (state_of(put_off), state_of(taken)) == (LinkRequest.MailState.WAITING, LinkRequest.MailState.SENT)
    post_office.answers = {}
    link_mails.outbox.send_due()
    assert state_of(put_off) == LinkRequest.MailState.WAITING
    clock.shift(timedelta(minutes=2))
    link_mails.outbox.send_due()
    assert state_of(put_off) == LinkRequest.MailState.SENT
    own = [record.getMessage() for record in caplog.records if record.name.startswith("subscribers")]
    assert own
    assert "anna" not in "".join(own)


def test_a_mail_that_cannot_be_built_holds_up_no_other_and_tells_no_address(post_office, monkeypatch, caplog):
    build = compose.confirmation

    def fail_for_anna(signup):
        if signup.address_folded.startswith("anna"):
            raise ValueError(f"bad address {signup.address}")
        return build(signup)

    monkeypatch.setattr(compose, "confirmation", fail_for_anna)
    signups = [subscriptions.request(f"{name}@example.org") for name in ("anna", "berta")]
    with caplog.at_level(logging.WARNING, "subscribers"):
        link_mails.outbox.send_due()
    assert [state_of(signup) for signup in signups] == [
        LinkRequest.MailState.WAITING,
        LinkRequest.MailState.SENT,
    ]
    assert "ValueError" in caplog.text
    assert "bad address" not in caplog.text


def test_a_mail_that_a_dead_process_had_claimed_is_sent_once_more_with_the_same_message_id(
    post_office, clock
):
    signup = subscriptions.request("anna@example.org")
    link_mails.outbox.send_due()
    for _ in range(2):
        # As a process leaves it that dies between sending and recording.
        heartbeat.renew("died")
        LinkRequest.objects.update(mail_state=LinkRequest.MailState.SENDING, claimed_by="died")
        # However long that takes by the clock: the clock may have been set forward.
        clock.shift(timedelta(hours=1))
        link_mails.outbox.send_due()
        assert state_of(signup) == LinkRequest.MailState.SENDING
        heartbeat.end("died")
        link_mails.outbox.send_due()
    assert state_of(signup) == LinkRequest.MailState.GIVEN_UP
    first, second = (letter.message["Message-ID"] for letter in post_office.letters)
    assert first == second


@pytest.mark.parametrize("reason", sorted(suppressions.LASTING))
def test_a_block_that_comes_while_the_request_waits_holds(post_office, reason):
    signup = subscriptions.request("anna@example.org")
    suppressions.suppress(addresses.keyed_hash("ANNA@example.org"), reason)
    link_mails.outbox.send_due()
    assert not post_office.letters
    assert state_of(signup) == LinkRequest.MailState.SKIPPED


def test_the_clock_forgets_requests_whose_time_is_over(post_office, clock):
    subscriptions.request("anna@example.org")
    worker_clock.tick(timezone.now())
    assert not post_office.letters
    link_mails.outbox.send_due()
    clock.shift(timedelta(days=15))
    worker_clock.tick(timezone.now().replace(minute=0))
    assert not LinkRequest.objects.exists()


def test_requests_vanish_when_their_link_ends_and_not_before(post_office, clock, client):
    for name in ("anna", "berta"):
        subscriptions.request(f"{name}@example.org")
    link_mails.outbox.send_due()
    link = f"/subscribe/confirm/{LinkRequest.objects.get(address_folded='anna@example.org').token}/"
    clock.shift(timedelta(days=1))
    waiting = subscriptions.request("carla@example.org")
    clock.shift(timedelta(days=13) - timedelta(seconds=1))
    assert subscriptions.forget_old_requests() == 0
    assert client.get(link).status_code == 200
    clock.shift(timedelta(seconds=2))
    assert client.get(link).status_code == 404
    assert subscriptions.forget_old_requests() == 2
    assert list(LinkRequest.objects.all()) == [waiting]


def test_a_token_is_for_one_purpose_and_ends_with_it(clock):
    token = tokens.make(tokens.Purpose.CONFIRM, "public_id")
    assert tokens.read(tokens.Purpose.CONFIRM, token) == "public_id"
    with pytest.raises(tokens.InvalidToken):
        tokens.read(tokens.Purpose.LEAVE, token)
    forever = tokens.make(tokens.Purpose.LEAVE, "public_id")
    clock.shift(timedelta(days=3650))
    assert tokens.read(tokens.Purpose.LEAVE, forever) == "public_id"
    with pytest.raises(tokens.InvalidToken):
        tokens.read(tokens.Purpose.CONFIRM, token)
