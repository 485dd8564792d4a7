"""Who is refused in mailing after mailing, and what stands in the way of too many of them."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from subscribers.bounces import reports
from subscribers.delivery import repeated_refusals
from subscribers.mail import envelope
from subscribers.models import ConsentEvent, Delivery, Mailing, RepeatedRefusal, Subscriber, Suppression
from tests.subscribers.bounces.returned import delivery_report
from tests.subscribers.draining import drain
from tests.subscribers.making import make_people, make_tip, open_mailing
from tipsite.worker import clock as worker_clock

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)
UNEXPLAINED = "550 no"


@pytest.fixture
def week():
    """A function that lets a week pass."""
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as traveller:
        yield lambda days=7: traveller.shift(timedelta(days=days))


@pytest.fixture
def send(mail_server, week):
    """A function that mails a tip to everybody, a week after the last; ``replies`` are {address: reply}."""

    def send(replies, days=7):
        week(days)
        mail_server.script = lambda stage, who, number: replies.get(who) if stage == "rcpt" else None
        mailing = open_mailing()
        drain()
        mailing.refresh_from_db()
        return mailing

    return send


def refused(people, reply=UNEXPLAINED):
    return {person.address: reply for person in people}


def make_crowd(count):
    """Make so many people at one mail domain."""
    joined = timezone.now() - timedelta(days=1)
    addresses = [f"crowd{number}@host.example" for number in range(count)]
    return [Subscriber.objects.create(address=address, joined_at=joined) for address in addresses]


def suppressed():
    return set(Suppression.objects.filter(reason="bounced").values_list("address_hash", flat=True))


@pytest.mark.parametrize("reply", ["550 no", "550 5.0.0 no", "550 5.4.1 access denied", "554 host not found"])
def test_whoever_is_refused_in_three_mailings_in_a_row_is_mailed_no_more(send, mail_server, reply):
    person, *_ = make_people(10)
    for _ in range(2):
        send(refused([person], reply))
    assert not suppressed()
    third = send(refused([person], reply))
    assert suppressed() == {person.address_hash}
    evidence = Suppression.objects.get().evidence
    assert evidence.startswith("refused in 3 mailings in a row: ")
    assert evidence.count("55") == 3
    assert third.deliveries.get(subscriber=person).suppressed
    before = mail_server.asked[person.address]
    send({})
    assert mail_server.asked[person.address] == before


@pytest.mark.parametrize(
    "reply", ["552 5.2.2 full", "550 5.1.1 blacklisted", "552 5.3.4 too big", "550 5.6.0 content rejected"]
)
def test_what_passes_or_lies_with_the_sender_never_counts(send, reply):
    person, *_ = make_people(10)
    for _ in range(4):
        send(refused([person], reply))
    assert not suppressed()
    assert not RepeatedRefusal.objects.exists()


@pytest.mark.parametrize("between", ["", "552 5.2.2 full"])
def test_the_row_begins_anew_where_anything_else_came_between(send, between):
    person, *_ = make_people(10)
    for reply in (UNEXPLAINED, UNEXPLAINED, between, UNEXPLAINED, UNEXPLAINED):
        send(refused([person], reply) if reply else {})
    assert not suppressed()
    send(refused([person]))
    assert suppressed() == {person.address_hash}


def test_three_mailings_within_a_week_are_not_enough_and_two_weeks_are(send):
    person, *_ = make_people(10)
    for _ in range(4):
        send(refused([person]), days=3)
    assert not suppressed()
    for _ in range(2):
        send(refused([person]), days=3)
    assert suppressed() == {person.address_hash}


def test_reports_count_as_refusals_at_the_hand_over_do(send, settings):
    settings.BOUNCE_ADDRESS = "bounces@tips.example.org"
    person, *_ = make_people(10)
    for _ in range(3):
        delivery = send({}).deliveries.get(subscriber=person)
        sender = envelope.envelope_sender(envelope.make_token(delivery.pk))
        report = delivery_report(sender, "5.0.0", words=f"smtp; 550 rejected, {delivery.pk}")
        assert not reports.take(report).acted
        reports.take(report)
    assert not suppressed()
    worker_clock.tick(timezone.now())
    assert suppressed() == {person.address_hash}


def test_what_the_person_did_since_makes_the_row_count_no_more(send):
    person, *_ = make_people(10)
    for number in range(3):
        send(refused([person]))
        if number == 1:
            ConsentEvent.objects.create(subscriber=person, kind=ConsentEvent.Kind.MOVED)
    assert not suppressed()


def test_nobody_is_suppressed_where_more_than_one_in_a_hundred_would_be(send):
    people = make_people(250, domains=250)
    few, many = people[:2], people[:3]
    for _ in range(3):
        send(refused(few))
    assert suppressed() == {person.address_hash for person in few}
    # Of the third, the reports come hours later.
    found = Delivery.objects.filter(subscriber=people[2]).order_by("pk")
    found.update(state=Delivery.State.REFUSED, refusal=Delivery.Refusal.UNCLEAR)
    assert repeated_refusals.note(found.last())
    worker_clock.tick(timezone.now())
    assert not suppressed()
    assert set(RepeatedRefusal.objects.values_list("subscriber", "state")) == {
        (person.pk, RepeatedRefusal.State.ASKED) for person in many
    }
    assert not Delivery.objects.filter(suppressed=True).exists()


def test_nobody_is_suppressed_where_half_of_a_mail_domain_would_be(send):
    make_people(600, domains=100)
    crowd = make_crowd(6)
    for _ in range(3):
        send(refused(crowd[:3]))
    assert not suppressed()
    assert RepeatedRefusal.objects.filter(state=RepeatedRefusal.State.ASKED).count() == 3


def test_less_than_half_of_a_mail_domain_are_suppressed(send):
    make_people(600, domains=100)
    crowd = make_crowd(7)
    for _ in range(3):
        send(refused(crowd[:3]))
    assert len(suppressed()) == 3


def test_while_a_mailing_is_on_its_way_nothing_is_decided(send):
    person, *_ = make_people(10)
    for _ in range(2):
        send(refused([person]))
    last = send({})
    Delivery.objects.filter(mailing=last, subscriber=person).update(
        state=Delivery.State.REFUSED, refusal=Delivery.Refusal.UNCLEAR
    )
    assert repeated_refusals.note(last.deliveries.get(subscriber=person))
    other = open_mailing(tip=make_tip(), state=Mailing.State.PREPARED)
    Mailing.objects.filter(pk=other.pk).update(state=Mailing.State.SENDING)
    assert repeated_refusals.decide(timezone.now()) == 0
    Mailing.objects.filter(pk=other.pk).update(state=Mailing.State.SENT)
    assert repeated_refusals.decide(timezone.now()) == 1


def test_the_look_at_a_refusal_costs_the_same_after_many_mailings(send, django_assert_num_queries):
    person, *_ = make_people(3)
    for _ in range(2):
        last = send(refused([person]))
    delivery = last.deliveries.get(subscriber=person)
    with django_assert_num_queries(3):
        repeated_refusals.note(delivery)
