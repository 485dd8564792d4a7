"""A person is erased while others write about them, on PostgreSQL, where all of that goes on at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from subscribers.delivery import condensing, repeated_refusals
from subscribers.delivery.judgement import Cause, Judgement
from subscribers.delivery.ledger import Ledger
from subscribers.delivery.verdicts import Answer, Stage, Verdict
from subscribers.models import BounceReport, Delivery, Mailing, Receivers, RepeatedRefusal, Subscriber
from subscribers.people import erasure, receivers
from tests.at_once import SomebodyElse
from tests.subscribers.making import make_begun, make_people

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


def meanwhile(monkeypatch, place, somebody):
    """Let somebody else do their work once erasing has come to a place."""
    words, there = erasure.PLACES[place]

    def go_on(person):
        somebody.until_they_wait_for_us()
        return there(person)

    monkeypatch.setitem(erasure.PLACES, place, (words, go_on))


def ended_long_ago(*rows):
    return make_begun(Mailing.State.SENT, rows, ended_at=timezone.now() - timedelta(days=91))


@pytest.mark.parametrize("place", ["reports", "deliveries", "subscription"])
def test_whoever_is_erased_while_a_mailing_is_condensed_is_in_no_set(monkeypatch, place):
    mailing = ended_long_ago(*[Delivery.State.SENT] * 3)
    first, other, _ = mailing.deliveries.order_by("pk")
    for source in "abc":
        BounceReport.objects.create(delivery=first, kind="other", source=source, digest=source, words="x")
    erased, kept = first.subscriber, other.subscriber
    condense = SomebodyElse(lambda: condensing.condense_old(timezone.now()))
    meanwhile(monkeypatch, place, condense)
    erasure.erase(erased)
    assert condense.outcome() == 3
    assert receivers.mailings_of(erased.pk) == []
    assert receivers.mailings_of(kept.pk) == [mailing.pk]
    assert not mailing.deliveries.exists()
    assert not BounceReport.objects.exists()


def test_whoever_is_erased_in_the_middle_of_condensing_is_in_no_set(monkeypatch):
    mailing = ended_long_ago(*[Delivery.State.SENT] * 3)
    person = mailing.deliveries.order_by("pk").first().subscriber
    erase = SomebodyElse(lambda: erasure.erase(person))
    add = receivers.add

    def go_on(*arguments):
        erase.until_they_wait_for_us()
        add(*arguments)

    monkeypatch.setattr(receivers, "add", go_on)
    assert condensing.condense_old(timezone.now()) == 3
    assert erase.outcome().places["deliveries"] == 1
    assert receivers.mailings_of(person.pk) == []
    assert len([each for part in Receivers.objects.all() for each in part.ids()]) == 2


def test_whoever_is_erased_while_their_last_refusal_is_settled_is_gone_all_the_same(monkeypatch):
    [person] = make_people(1)
    for weeks in (3, 2, 1):
        at = timezone.now() - timedelta(weeks=weeks)
        mailing = make_begun(Mailing.State.SENT, started_at=at, ended_at=at)
        refused = {"state": Delivery.State.REFUSED, "refusal": Delivery.Refusal.UNCLEAR, "settled_at": at}
        Delivery.objects.create(mailing=mailing, subscriber=person, **refused)
    mailing = make_begun()
    sending = {"state": Delivery.State.SENDING, "lease_id": 7}
    Delivery.objects.create(mailing=mailing, subscriber=person, **sending)
    answer = Answer(Verdict.REFUSED, Stage.RECIPIENT, "550", judged=Judgement(Cause.NO_MAILBOX))
    pk = mailing.deliveries.get().pk
    settle = SomebodyElse(lambda: Ledger(7).settle(pk, answer, person.address))
    meanwhile(monkeypatch, "deliveries", settle)
    erasure.erase(person)
    settle.outcome()
    assert not Subscriber.objects.filter(pk=person.pk).exists()
    row = mailing.deliveries.get()
    assert (row.state, row.subscriber_id) == (Delivery.State.REFUSED, None)
    assert not RepeatedRefusal.objects.exists()


def test_whoever_is_erased_while_it_is_decided_on_repeated_refusals_is_gone_all_the_same(monkeypatch):
    mailing = ended_long_ago({"state": Delivery.State.REFUSED, "refusal": Delivery.Refusal.UNCLEAR})
    row = mailing.deliveries.get()
    found = {"state": RepeatedRefusal.State.WAITING, "evidence": "x", "at": timezone.now()}
    RepeatedRefusal.objects.create(subscriber=row.subscriber, delivery=row, **found)
    decide = SomebodyElse(lambda: repeated_refusals.decide(timezone.now()))
    meanwhile(monkeypatch, "consents", decide)
    erasure.erase(row.subscriber)
    assert decide.outcome() == 0
    assert not RepeatedRefusal.objects.exists()
