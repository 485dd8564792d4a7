"""Everyone once, nobody twice, nobody who left, whatever the mail server and the processes do."""

import signal
import time
from datetime import timedelta

import pytest
from django.core.mail.backends.smtp import EmailBackend
from django.utils import timezone

from subscribers import tipmail
from subscribers.delivery import claims, heartbeat, transport, verdicts
from subscribers.delivery.verdicts import Stage, Verdict
from subscribers.mail import smtp
from subscribers.mailings import control
from subscribers.models import Delivery, Mailing, SenderLease, Suppression
from subscribers.people import journal, journal_file, subscriptions, suppressions
from tests.subscribers.draining import drain, told
from tests.subscribers.mailserver import DROP, HANG, TAKE_AND_DROP, only
from tests.subscribers.making import make_people, open_mailing
from tests.subscribers.workers import Workers
from tests.tipsite.processes import wait_until
from tips import dates

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


# --- What an answer means --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "reply", "verdict"),
    [
        # Where it should have said that it waits for the message.
        (Stage.DATA, "250 2.0.0 taken", Verdict.LATER),
        (Stage.RECIPIENT, "450 4.2.1 busy", Verdict.LATER),
        (Stage.DATA, "452 full", Verdict.LATER),
        (Stage.RECIPIENT, "550 5.1.1 nobody", Verdict.GONE),
        (Stage.RECIPIENT, "550 5.1.10 null MX", Verdict.GONE),
        (Stage.RECIPIENT, "554 5.2.1 disabled", Verdict.GONE),
        (Stage.RECIPIENT, "550 no such user", Verdict.GONE),
        (Stage.RECIPIENT, "550 5.4.1 user unknown", Verdict.GONE),
        (Stage.RECIPIENT, "550 5.1.1 blacklisted", Verdict.REFUSED),
        (Stage.RECIPIENT, "550 5.1.1 mailbox over quota", Verdict.REFUSED),
        (Stage.RECIPIENT, "550 5.2.1 receiving mail at a rate that is too high", Verdict.REFUSED),
        (Stage.RECIPIENT, "550 no", Verdict.REFUSED),
        (Stage.RECIPIENT, "552 5.2.2 full", Verdict.REFUSED),
        (Stage.RECIPIENT, "550 5.1.12 something", Verdict.REFUSED),
        (Stage.DATA, "554 5.1.1 nobody", Verdict.REFUSED),
        (Stage.DATA, "554 5.6.0 no", Verdict.REFUSED),
        (Stage.RECIPIENT, "550 5.7.1 blocked", Verdict.SENDER_AT_FAULT),
        (Stage.DATA, "550 5.7.26 unauthenticated", Verdict.SENDER_AT_FAULT),
        (Stage.SENDER, "550 5.1.8 bad sender", Verdict.SENDER_AT_FAULT),
        (Stage.SENDER, "451 4.7.1 later", Verdict.LATER),
        (Stage.SIGN_IN, "535 5.7.8 wrong password", Verdict.SENDER_AT_FAULT),
        (Stage.CONNECT, "554 no", Verdict.SENDER_AT_FAULT),
        (Stage.CONNECT, "421 busy", Verdict.LATER),
        (Stage.HELLO, "550 no", Verdict.SENDER_AT_FAULT),
    ],
)
def test_an_answer_is_judged_by_its_numbers_and_stage(stage, reply, verdict):
    code, _, words = reply.partition(" ")
    answer = verdicts.judge(stage, int(code), words.encode())
    assert answer.verdict == verdict
    # Of the words, which may quote the address, nothing is kept.
    assert not set(answer.reply) - set("0123456789. ")


def test_pauses_grow_to_an_hour():
    pauses = [claims.pause_after(tries) / MINUTE for tries in range(1, 12)]
    usual = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]
    assert all(0.8 * each <= pause <= 1.2 * each for pause, each in zip(pauses, usual, strict=True))


# --- One after another -----------------------------------------------------------------------------


@pytest.mark.parametrize("pipelining", [True, False])
def test_everyone_gets_one_and_the_mailing_is_sent(mail_server, pipelining):
    mail_server.pipelining = pipelining
    people = make_people(7)
    mailing = open_mailing()
    drain()
    assert mail_server.recipients == {person.address: 1 for person in people}
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 7})
    assert mailing.ended_at
    assert mail_server.connections == 1
    assert not SenderLease.objects.exists()
    for taken in mail_server.taken:
        row = mailing.deliveries.get(subscriber__address=taken.recipient)
        assert tipmail.read_token(taken.message["Message-ID"]) == row.pk
    drain()
    assert len(mail_server.taken) == 7


def test_it_skips_who_left_since_and_finds_who_moved(mail_server):
    gone, bounced, paused, moved, here = make_people(5)
    mailing = open_mailing()
    subscriptions.leave(gone)
    suppressions.suppress(bounced.address_hash, Suppression.Reason.BOUNCED)
    subscriptions.pause(paused, timezone.localdate() + timedelta(days=7))
    moved.address = "elsewhere@example.org"
    moved.save()
    drain()
    assert set(mail_server.recipients) == {"elsewhere@example.org", here.address}
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 2, Delivery.State.SKIPPED: 3})
    skipped = mailing.deliveries.filter(state=Delivery.State.SKIPPED)
    assert set(skipped.values_list("reply", flat=True)) == {"left", "bounced", "paused"}


def test_whoever_is_erased_meanwhile_gets_nothing_and_the_counts_stay(mail_server):
    person = make_people(2)[0]
    mailing = open_mailing()
    person.delete()
    drain()
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 1, Delivery.State.SKIPPED: 1})


def test_a_busy_server_is_asked_again_and_what_stays_busy_expires(mail_server, clock):
    busy = make_people(4)[0].address
    mailing = open_mailing()
    mail_server.script = only("rcpt", "450 4.2.1 busy", busy)
    drain()
    assert told(mailing) == (Mailing.State.SENDING, {Delivery.State.SENT: 3, Delivery.State.DEFERRED: 1})
    drain()
    assert mail_server.asked[busy] == 1
    clock.forward(MINUTE * 1.3)
    drain()
    assert mail_server.asked[busy] == 2
    for _ in range(30):
        clock.forward(HOUR * 1.3)
        drain()
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 3, Delivery.State.REFUSED: 1})
    assert mailing.deliveries.get(state=Delivery.State.REFUSED).reply == "expired, 450 4.2.1"
    assert not Suppression.objects.exists()


def test_a_busy_server_that_is_free_later_gets_it_once(mail_server, clock):
    people = make_people(6)
    mailing = open_mailing()
    mail_server.script = lambda stage, who, number: (
        "451 4.3.0 later" if stage == "end" and mail_server.asked[who] == 1 else None
    )
    for _ in range(4):
        drain()
        clock.forward(HOUR)
    assert mail_server.recipients == {person.address: 1 for person in people}
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 6})


def test_whom_nobody_knows_is_suppressed_and_asked_once(mail_server, clock):
    unknown, full, odd, *_ = people = make_people(6)
    mailing = open_mailing()
    answers = {unknown.address: "550 5.1.1 unknown", full.address: "552 5.2.2 full"}

    def script(stage, who, number):
        if stage == "end" and who == odd.address:
            return "554 5.6.0 never"
        return answers.get(who) if stage == "rcpt" else None

    mail_server.script = script
    today = timezone.localdate()
    drain()
    clock.forward(2 * HOUR)
    drain()
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 3, Delivery.State.REFUSED: 3})
    assert set(mail_server.asked.values()) == {1}
    suppression = Suppression.objects.get()
    assert (suppression.address_hash, suppression.reason) == (
        unknown.address_hash,
        Suppression.Reason.BOUNCED,
    )
    assert suppression.evidence == f"550 5.1.1 on {dates.dated(today)}"
    assert len(mail_server.taken) == len(people) - 3


@pytest.mark.parametrize("stage", ["connect", "ehlo", "mail"])
def test_what_is_refused_to_the_sender_refuses_nobody(mail_server, publisher, stage, caplog):
    make_people(3)
    mailing = open_mailing()
    mail_server.script = only(stage, "550 5.1.8 go away")
    drain()
    assert told(mailing) == (Mailing.State.PAUSED, {Delivery.State.QUEUED: 3})
    assert "550 5.1.8" in mailing.reason
    assert "@" not in caplog.text
    mail_server.script = None
    control.resume(mailing, by=publisher)
    drain()
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 3})


def test_a_connection_that_breaks_before_the_end_puts_off_and_the_next_goes_on(mail_server, clock):
    people = make_people(12)
    mailing = open_mailing()
    mail_server.script = lambda stage, who, number: DROP if stage == "data" and number % 5 == 0 else None
    drain()
    assert told(mailing) == (Mailing.State.SENDING, {Delivery.State.SENT: 10, Delivery.State.DEFERRED: 2})
    mail_server.script = None
    clock.forward(HOUR)
    drain()
    assert mail_server.recipients == {person.address: 1 for person in people}


def test_a_connection_that_breaks_before_the_answer_leaves_an_uncertain_one_sent_once_more(
    mail_server, clock
):
    make_people(3)
    mailing = open_mailing()
    mail_server.script = lambda stage, who, number: TAKE_AND_DROP if stage == "end" and number == 2 else None
    drain()
    assert told(mailing) == (Mailing.State.SENDING, {Delivery.State.SENT: 2, Delivery.State.UNCERTAIN: 1})
    doubtful = mailing.deliveries.filter(uncertain_count__gt=0).get()
    clock.forward(HOUR)
    drain()
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 3})
    twice = [each.message["Message-ID"] for each in mail_server.taken]
    repeated = {each for each in twice if twice.count(each) > 1}
    assert {tipmail.read_token(each) for each in repeated} == {doubtful.pk}


@pytest.mark.parametrize(
    ("stage", "state"), [("rcpt", Delivery.State.DEFERRED), ("end", Delivery.State.UNCERTAIN)]
)
def test_a_server_that_says_nothing_any_more_holds_nobody_else_up(mail_server, monkeypatch, stage, state):
    monkeypatch.setattr(smtp, "REPLY_WITHIN", {"rcpt": 0.3, ".": 0.3, "quit": 0.3})
    make_people(3)
    mailing = open_mailing()
    mail_server.script = lambda at, who, number: HANG if (at, number) == (stage, 2) else None
    drain()
    assert told(mailing) == (Mailing.State.SENDING, {Delivery.State.SENT: 2, state: 1})


def test_what_is_uncertain_twice_waits_for_a_person(mail_server, clock, publisher):
    person = make_people(1)[0]
    mailing = open_mailing()
    mail_server.script = only("end", TAKE_AND_DROP)
    for _ in range(3):
        drain()
        clock.forward(HOUR)
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.UNCERTAIN: 1})
    assert mail_server.asked[person.address] == 2
    assert mailing.deliveries.held().count() == 1
    mail_server.script = None
    control.resolve(mailing, send_again=True, by=publisher)
    drain()
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 1})
    assert mail_server.asked[person.address] == 3


def test_who_leaves_while_it_connects_anew_gets_nothing(mail_server, monkeypatch):
    people = make_people(2)
    mailing = open_mailing()
    monkeypatch.setattr(transport, "MOST_MESSAGES", 1)
    connect = EmailBackend.open

    def slowly(backend):
        for person in people if mail_server.taken else ():
            subscriptions.leave(person)
        return connect(backend)

    monkeypatch.setattr(EmailBackend, "open", slowly)
    drain()
    assert (mail_server.connections, len(mail_server.taken)) == (2, 1)
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 1, Delivery.State.SKIPPED: 1})


def test_a_server_that_says_more_than_it_was_asked_is_met_anew(mail_server):
    make_people(3)
    mailing = open_mailing()
    mail_server.script = only("end", "250 2.0.0 taken\r\n250 2.0.0 and taken")
    drain()
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 3})
    assert (len(mail_server.taken), mail_server.connections) == (3, 3)


def test_an_answer_that_comes_before_the_message_is_no_answer_to_it(mail_server):
    make_people(1)
    mailing = open_mailing()
    mail_server.script = lambda stage, who, number: {
        "data": "354 go on\r\n250 2.0.0 taken",
        "end": "554 5.6.0 no",
    }.get(stage)
    drain()
    assert told(mailing) == (Mailing.State.SENDING, {Delivery.State.DEFERRED: 1})
    assert mailing.deliveries.get().reply == "said too much"


@pytest.mark.parametrize(
    ("stage", "reply"),
    [
        ("connect", f"220 {'x' * 200_000}"),
        ("connect", "220-x\r\n" * 50_000 + "220 x"),
        ("ehlo", f"250 {'x' * 200_000}"),
    ],
    ids=["a long line", "many lines", "later"],
)
def test_a_server_that_talks_on_and_on_cannot_be_reached(mail_server, stage, reply):
    make_people(1)
    mailing = open_mailing()
    mail_server.script = only(stage, reply)
    drain()
    assert told(mailing) == (Mailing.State.SENDING, {Delivery.State.QUEUED: 1})
    assert mailing.trouble == "The mail server cannot be reached (SMTPServerDisconnected)."
    mail_server.script = None
    drain()
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 1})


def test_a_server_that_is_away_costs_nobody_a_try(mail_server, settings, clock):
    make_people(2)
    mailing = open_mailing()
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    drain()
    assert told(mailing) == (Mailing.State.SENDING, {Delivery.State.QUEUED: 2})
    assert mailing.trouble == "The mail server cannot be reached (ConnectionRefusedError)."
    settings.EMAIL_PORT = port
    drain()
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 2})
    assert mailing.trouble == ""


def test_another_kind_of_backend_serves_too(settings, mailoutbox):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    make_people(2)
    mailing = open_mailing()
    drain()
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 2})
    assert len(mailoutbox) == 2
    assert tipmail.read_token(mailoutbox[0].extra_headers["Message-ID"])


# --- The journal -----------------------------------------------------------------------------------


def test_while_the_journal_cannot_be_written_few_are_claimed_and_none_is_kept(mail_server, monkeypatch):
    monkeypatch.setattr(claims, "BATCH", 200)
    make_people(300)
    mailing = open_mailing()
    claimed, take = [], claims.take

    def noted(*args, **kwargs):
        claim = take(*args, **kwargs)
        claimed.append(len(claim.ids))
        return claim

    monkeypatch.setattr(claims, "take", noted)
    is_full = lambda: "No space left on device" if len(mail_server.taken) >= 30 else ""  # noqa: E731
    monkeypatch.setattr(journal, "why_unwritable", is_full)
    append = journal.append
    monkeypatch.setattr(journal, "append", lambda entries: not is_full() and append(entries))
    drain()
    state, counts = told(mailing)
    # It looks at each 20th of those it has left.
    assert claimed == [200, 20]
    assert (state, counts) == (Mailing.State.SENDING, {Delivery.State.SENT: 40, Delivery.State.QUEUED: 260})
    assert mailing.trouble == "The journal cannot be written (No space left on device)."


def test_on_a_disk_that_is_nearly_full_few_are_claimed(mail_server, monkeypatch):
    monkeypatch.setattr(journal_file, "_LITTLE_ROOM", 2**62)
    make_people(50)
    mailing = open_mailing()
    claimed, take = [], claims.take
    monkeypatch.setattr(
        claims, "take", lambda *args, **kwargs: claimed.append(args[3]) or take(*args, **kwargs)
    )
    drain()
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 50})
    assert set(claimed) == {claims.FEW}


# --- The pace of each domain -------------------------------------------------------------------------


def test_each_domain_has_its_pace_and_everybody_their_turn(mail_server, settings, clock):
    settings.MAIL_PER_DOMAIN = 60
    people = make_people(40, domains=2)
    mailing = open_mailing()
    drain()
    # One a second to each; those whose turn comes in the next few seconds go at once.
    assert told(mailing)[1] == {Delivery.State.SENT: 12, Delivery.State.QUEUED: 28}
    clock.forward(timedelta(seconds=9))
    drain()
    assert told(mailing)[1] == {Delivery.State.SENT: 20, Delivery.State.QUEUED: 20}
    for count in (30, 40):
        clock.forward(timedelta(seconds=5))
        drain()
        assert told(mailing)[1][Delivery.State.SENT] == count
    assert told(mailing)[0] == Mailing.State.SENT
    assert mail_server.recipients == {person.address: 1 for person in people}


# --- Workers that die ------------------------------------------------------------------------------


def test_of_a_dead_lease_the_first_is_uncertain_and_the_rest_is_queued_again(mail_server, clock):
    watch = heartbeat.Watch()
    make_people(6)
    mailing = open_mailing()
    lease_id = claims.new_lease("gone")
    claim = claims.take(lease_id, mailing.pk)
    first = Delivery.objects.get(pk=claim.ids[0])
    Delivery.objects.filter(pk=first.pk).update(state=Delivery.State.SENT)
    assert [claims.sweep(watch, moment) for moment in (1000, 1010, 1020, 1030, 1031)] == [0, 0, 0, 0, 1]
    assert told(mailing)[1] == {Delivery.State.SENT: 1, Delivery.State.UNCERTAIN: 1, Delivery.State.QUEUED: 4}
    assert mailing.deliveries.get(state=Delivery.State.UNCERTAIN).pk == claim.ids[1]
    # It was only asleep, and claims no more under its old number.
    assert claims.take(lease_id, mailing.pk) is None
    clock.forward(claims.RESEND_AFTER)
    drain()
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 6})
    assert len(mail_server.taken) == 5


def test_two_leases_never_claim_the_same(mail_server):
    make_people(10)
    mailing = open_mailing()
    one, other = claims.new_lease("a"), claims.new_lease("b")
    mine, theirs = (claims.take(lease_id, mailing.pk, count=4) for lease_id in (one, other))
    assert len(mine.ids) == len(theirs.ids) == 4
    assert set(mine.ids).isdisjoint(theirs.ids)
    claims.give_back(one, mine.ids)
    assert told(mailing)[1] == {Delivery.State.SENDING: 4, Delivery.State.QUEUED: 6}


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_however_workers_are_killed_everyone_gets_it_and_repeats_are_listed(mail_server, tmp_path):
    people = make_people(200)
    open_mailing()
    # Not so fast that none is killed in the middle.
    mail_server.script = lambda stage, who, number: time.sleep(0.004) if stage == "end" else None
    workers = Workers(tmp_path)
    try:
        workers.start()
        workers.start()
        for count in (30, 80, 130):
            wait_until(lambda count=count: len(mail_server.taken) >= count)
            workers.kill()
        wait_until(lambda: workers.ledger()[0] == "sent")
    finally:
        # The mailing may be through before the last one to start is up: that one ends by the signal itself.
        assert set(workers.end()) <= {0, -signal.SIGTERM}
    _, rows = workers.ledger()
    assert len(rows) == len(people)
    assert {address for address, state, _ in rows if state == "sent"} <= set(mail_server.recipients)
    # The third who dies may have had in hand what the second left in doubt: then a person decides.
    assert {state for _, state, uncertain_count in rows if uncertain_count < 2} == {"sent"}
    assert {state for _, state, uncertain_count in rows if uncertain_count > 1} <= {"uncertain"}
    repeated = {address for address, count in mail_server.recipients.items() if count > 1}
    doubtful = {address for address, _, uncertain_count in rows if uncertain_count}
    assert repeated <= doubtful
    assert len(doubtful) <= 3 * 4
    assert len(mail_server.taken) - len(people) <= 3 * 4
    assert "Traceback" not in workers.log.read_text()
    assert "@" not in workers.log.read_text()
