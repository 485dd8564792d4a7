"""When a mailing stops by itself: the mail server blames the sender, refuses too much, or people complain."""

from datetime import timedelta

import pytest
from django.utils import timezone

from subscribers.delivery import circuit_breaker, claims
from subscribers.delivery.sender import Sender
from subscribers.mailings import control
from subscribers.models import Delivery, Mailing, Suppression
from tests.subscribers.draining import Never, drain, told
from tests.subscribers.mailserver import only
from tests.subscribers.making import make_people, open_mailing

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


# --- The server blames the sender ---------------------------------------------------------------------


def test_one_mailbox_that_blames_the_sender_is_put_off_and_holds_nobody_up(mail_server, clock):
    strict = make_people(4)[0].address
    mailing = open_mailing()
    mail_server.script = only("rcpt", "550 5.7.1 members only", strict)
    drain()
    assert told(mailing) == (Mailing.State.SENDING, {Delivery.State.SENT: 3, Delivery.State.DEFERRED: 1})
    clock.forward(HOUR)
    drain()
    assert told(mailing)[0] == Mailing.State.SENDING
    mail_server.script = None
    clock.forward(HOUR)
    drain()
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 4})


@pytest.mark.parametrize("stage", ["rcpt", "end"])
def test_a_second_mailbox_of_another_domain_stops_it_until_a_person_has_looked(mail_server, publisher, stage):
    strict = [person.address for person in make_people(12, domains=12)[2:4]]
    mailing = open_mailing()
    mail_server.script = only(stage, "550 5.7.1 blocked", *strict)
    drain()
    state, counts = told(mailing)
    assert (state, counts[Delivery.State.DEFERRED]) == (Mailing.State.PAUSED, 2)
    assert "550 5.7.1" in mailing.reason
    control.resume(mailing, by=publisher)
    drain()
    # These two were looked at. They stay put off, and stop it no more.
    assert told(mailing) == (Mailing.State.SENDING, {Delivery.State.SENT: 10, Delivery.State.DEFERRED: 2})
    mail_server.script = None
    control.pause(mailing, by=publisher)
    control.resume(mailing, by=publisher)
    drain()
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 12})
    assert not Suppression.objects.exists()


def test_a_few_mailboxes_of_one_domain_are_put_off_and_many_stop_it(mail_server):
    of_one_domain = [person.address for person in make_people(60, domains=2)[::2]]
    mailing = open_mailing()
    mail_server.script = only("rcpt", "550 5.7.1 not from outside", *of_one_domain)
    drain()
    state, counts = told(mailing)
    assert (state, counts[Delivery.State.DEFERRED]) == (Mailing.State.PAUSED, 10)


# --- Too many refusals --------------------------------------------------------------------------------


def test_a_server_that_blocks_us_stops_it_and_all_get_it_after_the_resume(mail_server, publisher):
    people = make_people(60, domains=60)
    mailing = open_mailing()
    mail_server.script = lambda stage, who, number: (
        "550 5.7.1 blocked" if stage == "rcpt" and number > 30 else None
    )
    drain()
    assert told(mailing) == (
        Mailing.State.PAUSED,
        {Delivery.State.SENT: 30, Delivery.State.DEFERRED: 2, Delivery.State.QUEUED: 28},
    )
    assert sum(mail_server.asked.values()) < 34
    mail_server.script = None
    control.resume(mailing, by=publisher)
    drain()
    assert mail_server.recipients == {person.address: 1 for person in people}
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    ("reply", "every", "words", "count"),
    [
        (
            "550 5.1.1 unknown",
            4,
            "17 of the last 65 mails were refused for good, the nearest with 550 5.1.1",
            17,
        ),
        ("550 we do not like you", 1, "15 of the last 15 mails were refused for good", 15),
        ("552 5.2.2 full", 1, "The last 20 mails were refused", 20),
    ],
)
def test_too_many_refusals_stop_it_and_get_a_second_chance(
    mail_server, publisher, reply, every, words, count
):
    people = make_people(90)
    mailing = open_mailing()
    mail_server.script = lambda stage, who, number: (
        reply if stage == "rcpt" and number > 10 and number % every == 0 else None
    )
    drain()
    state, counts = told(mailing)
    assert (state, counts[Delivery.State.REFUSED]) == (Mailing.State.PAUSED, count)
    assert words in mailing.reason
    mail_server.script = None
    said = control.resume(mailing, by=publisher)
    assert f"{count} that were refused are tried again" in said
    assert not Suppression.objects.exists()
    drain()
    assert mail_server.recipients == {person.address: 1 for person in people}
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 90})


def test_what_was_refused_once_may_still_be_put_off_days_later(mail_server, publisher, clock):
    people = make_people(25)
    mailing = open_mailing()
    mail_server.script = only("rcpt", "550 we do not like you")
    drain()
    assert told(mailing)[0] == Mailing.State.PAUSED
    refused = mailing.deliveries.filter(state=Delivery.State.REFUSED)
    assert not refused.exclude(first_tried_at=None).exists()
    clock.forward(48 * HOUR)
    control.resume(mailing, by=publisher)
    mail_server.script = only("rcpt", "451 4.3.0 later")
    drain()
    assert not refused.exists()
    mail_server.script = None
    for _ in range(3):
        clock.forward(HOUR)
        drain()
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: len(people)})


def test_what_was_put_off_before_it_was_refused_has_its_time_again(mail_server, publisher, clock):
    people = make_people(20)
    mailing = open_mailing()
    later, refused = only("rcpt", "451 4.3.0 later"), only("rcpt", "550 we do not like you")
    mail_server.script = later
    drain()
    assert mailing.deliveries.filter(state=Delivery.State.DEFERRED).exists()
    clock.forward(HOUR)
    mail_server.script = refused
    drain()
    assert told(mailing)[0] == Mailing.State.PAUSED
    clock.forward(30 * HOUR)
    control.resume(mailing, by=publisher)
    mail_server.script = later
    drain()
    mail_server.script = None
    for _ in range(3):
        clock.forward(HOUR)
        drain()
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: len(people)})


def test_what_bounces_again_after_a_person_looked_stops_it_no_more(mail_server, publisher):
    people = make_people(60)
    dead = {person.address for person in people[:18]}
    mailing = open_mailing()
    mail_server.script = only("rcpt", "550 5.1.1 unknown", *dead)
    drain()
    assert told(mailing)[0] == Mailing.State.PAUSED
    control.resume(mailing, by=publisher)
    drain()
    assert told(mailing) == (Mailing.State.SENT, {Delivery.State.SENT: 42, Delivery.State.REFUSED: 18})
    assert Suppression.objects.count() == 18


def make_sent(mailing, dead, every=1, began=None):
    """Give a mailing deliveries, one a second, of which each ``every``th came back, until ``dead`` are."""
    began = began or timezone.now() - HOUR
    rows = [
        Delivery(mailing=mailing, state=Delivery.State.SENT, settled_at=began + timedelta(seconds=number))
        for number in range(dead * every)
    ]
    for row in rows[::every]:
        row.state, row.refusal, row.reply = Delivery.State.REFUSED, Delivery.Refusal.GONE, "5.1.1"
    return Delivery.objects.bulk_create(rows)


def test_each_stop_for_dead_addresses_that_a_person_passes_over_doubles_what_it_bears(publisher):
    mailing = open_mailing()
    Mailing.objects.filter(pk=mailing.pk).update(state=Mailing.State.SENDING)
    needed = []
    for _ in range(3):
        began, dead = timezone.now() + HOUR, 0
        while not circuit_breaker.check(mailing.pk):
            make_sent(mailing, 1, every=2, began=began + dead * timedelta(seconds=2))
            dead += 1
        needed.append(dead)
        mailing.refresh_from_db()
        control.resume(mailing, by=publisher)
        # Nobody is here to be sent anything again.
        Delivery.objects.all().delete()
    assert needed == [16, 31, 61]


def test_reports_that_come_in_a_heap_stop_nothing_that_is_spread_thinly():
    mailing = open_mailing()
    Mailing.objects.filter(pk=mailing.pk).update(state=Mailing.State.SENDING)
    for row in make_sent(mailing, 60, every=33)[::33]:
        assert not circuit_breaker.returned(row)


def test_reports_stop_it_by_where_their_deliveries_stand_in_whatever_order_they_come():
    mailing = open_mailing()
    Mailing.objects.filter(pk=mailing.pk).update(state=Mailing.State.SENDING)
    rows = make_sent(mailing, 30, every=9)
    Delivery.objects.filter(refusal=Delivery.Refusal.GONE).update(state=Delivery.State.SENT, refusal="")
    stopped = []
    # Those in the middle come last: each of the others has too little beside it.
    for row in [*rows[:90:9], *rows[180::9], *rows[90:180:9]]:
        Delivery.objects.filter(pk=row.pk).update(state=Delivery.State.REFUSED, refusal=Delivery.Refusal.GONE)
        row.refresh_from_db()
        stopped.append(circuit_breaker.returned(row))
    assert stopped.count(True) == 1
    mailing.refresh_from_db()
    assert "mails in a row were refused for good" in mailing.reason
    assert mailing.tripped_from >= rows[0].settled_at


@pytest.mark.parametrize("size", [100, 3000])
def test_a_refusal_costs_as_many_queries_in_a_large_mailing(django_assert_max_num_queries, size):
    mailing = open_mailing()
    Mailing.objects.filter(pk=mailing.pk).update(state=Mailing.State.SENDING)
    make_sent(mailing, size // 50, every=50)
    with django_assert_max_num_queries(4):
        circuit_breaker.check(mailing.pk)


def test_complaints_stop_it(mail_server, monkeypatch):
    monkeypatch.setattr(claims, "BATCH", 5)
    make_people(10)
    mailing = open_mailing()
    sender = Sender("w", Never())
    sender.run_once()
    first, second, third = mailing.deliveries.filter(state=Delivery.State.SENT)[:3]
    # Nobody counts twice, and two are not enough.
    for row in (first, first, second, second):
        assert not circuit_breaker.complained(row.pk)
    assert circuit_breaker.complained(third.pk)
    assert told(mailing)[0] == Mailing.State.PAUSED
    assert not sender.run_once()
    sender.close()


def test_complaints_of_fewer_than_three_in_a_thousand_do_not_stop_it():
    mailing = open_mailing()
    Mailing.objects.filter(pk=mailing.pk).update(state=Mailing.State.SENDING)
    sent = [
        Delivery(mailing=mailing, state=Delivery.State.SENT, settled_at=timezone.now()) for _ in range(1001)
    ]
    Delivery.objects.bulk_create(sent)
    assert [circuit_breaker.complained(row.pk) for row in sent[:4]] == [False, False, False, True]
    assert told(mailing)[0] == Mailing.State.PAUSED
